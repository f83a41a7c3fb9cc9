"""What happened: links, clicks, orders, credit, commissions. Fast, append-mostly."""
