"""Proofs: random histories beside a model of the written rules, deaths at every commit."""
