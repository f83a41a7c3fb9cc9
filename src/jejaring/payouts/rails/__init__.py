"""How money leaves: one file per rail, and the tables of banks and wallets they know."""
