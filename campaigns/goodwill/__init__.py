"""Goodwill: money that a merchant gives a partner by hand, outside all terms, with a reason."""
