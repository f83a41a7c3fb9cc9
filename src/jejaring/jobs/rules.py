"""How long a failed job waits, and when it is given up."""

from datetime import timedelta

MAX_ATTEMPTS = 12


def retry_after(attempts: int) -> timedelta:
    """2, 4, 8, … seconds after the 1st, 2nd, 3rd, … failure, at most an hour."""
    return timedelta(seconds=min(2 ** max(attempts, 1), 3600))
