"""A partner in a campaign: asked for, approved, active, ended."""
