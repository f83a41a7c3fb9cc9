"""Settings of a shop: profile, sites, team, keys."""
