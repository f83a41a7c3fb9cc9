"""Append-only record of who did what, and of consent. Text keys only: it outlives what it names."""
