"""Where batches of clicks go: one file per database."""
