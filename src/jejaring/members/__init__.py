"""People and their organisations: signing up and in, invitations, teams, profiles."""
