"""The doors a sale comes through; behind them all, one pipeline: `record.py`."""
