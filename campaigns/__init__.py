"""What is promised: the catalogue, terms, campaigns, and who joined. Slow, edited by people."""
