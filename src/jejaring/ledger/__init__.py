"""Double entry, append-only, zero-sum, per merchant. `post.py` is the only writer; the database
refuses changes.
"""
