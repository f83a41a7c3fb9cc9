"""`python -m jejaring` is `jejaring`."""

from jejaring.cli import app

app()
