"""Money out: what is payable, runs, approvals, files for the bank, outcomes."""
