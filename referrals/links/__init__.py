"""Short links, coupons and QR codes: one obvious way to be found, per enrolment, product and
label.
"""
