"""Whom a partner brought in: the link to bring others, who came, and what their sales gave."""
