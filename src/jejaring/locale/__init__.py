"""Catalogues: `id/` and `en/`, one .po per room; read by web/language.py."""
