"""Jejaring, the foundation: machinery and money. It would serve another product unchanged."""
