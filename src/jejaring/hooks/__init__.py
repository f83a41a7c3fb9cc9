"""Telling other machines: the closed list of events, and their rows, written with the data they
tell of.
"""
