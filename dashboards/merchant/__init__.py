"""Pages of a shop: what waits, products, campaigns, partners, sales, payouts, books, settings."""
