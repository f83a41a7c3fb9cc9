"""Money out and the books of a shop."""
