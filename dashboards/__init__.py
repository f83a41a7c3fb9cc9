"""What people see: pages for strangers, merchants, partners, operators, and the figures behind
them.
"""
