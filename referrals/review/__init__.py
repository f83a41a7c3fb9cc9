"""What looks odd, what is held or rejected and why, and what partners say against it."""
