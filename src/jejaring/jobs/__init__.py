"""Work that outlives the request: rows committed with the data, run by a poller, retried, never
lost.
"""
