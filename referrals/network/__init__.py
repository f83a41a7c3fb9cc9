"""Who recruited whom: recorded once, at a partner's first join with a merchant."""
