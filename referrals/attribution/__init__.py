"""Who gets the credit, line by line, by one pure function; what was considered is kept as data."""
