"""Proofs: what must hold whatever happens, tried at every point where it could break."""
