"""Pure values: money, periods, text, errors, paging. No clock, chance, database or network."""
