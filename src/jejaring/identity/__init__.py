"""Who asks, and for which organisation: users, teams, sessions, API keys, and the guards of every
route.
"""
