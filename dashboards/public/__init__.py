"""Pages for strangers: landing, shop and product, join, sign in and up, privacy, API reference."""
