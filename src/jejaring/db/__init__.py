"""The database behind one door: connect, `transact`, migrations, raw SQL in both dialects.

Nobody else imports Tortoise's connections or transactions: docs/decisions/0002 says which
defects of Tortoise 1.1.9 this room absorbs.
"""
