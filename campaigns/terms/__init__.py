"""What a sale is worth: immutable numbered versions, the rules that price a line, and their
explanation.
"""
