"""Statements of what is owed and paid: read from the books, as CSV, on paper."""
