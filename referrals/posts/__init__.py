"""Posts that count: accepting one reserves budget and accrues its fee, once."""
