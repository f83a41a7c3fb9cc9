"""The hot path: a code in, a stored click, a redirect out."""
