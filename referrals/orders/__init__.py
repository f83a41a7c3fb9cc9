"""What was sold: orders, their lines, refunds. A fact is recorded once and never deleted."""
