"""What is owed: accrued, reversed, released; each row explains itself."""
