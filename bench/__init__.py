"""How fast it is, each figure beside its anchor, measured in the same run: `python -m bench`."""
