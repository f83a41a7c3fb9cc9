"""Pages of the operator: shops, partners, money out, books, trail, system; no buyer, no account."""
