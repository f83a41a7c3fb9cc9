"""Clicks: written by the recorder's own statements, pruned later; nothing has a foreign key to
them.
"""

from tortoise import fields
from tortoise.models import Model


class Click(Model):
    """One hit on a link. `seq` orders arrivals for the figures; `id` is what the outside sees.

    Each index costs the redirect some 5 µs. `visitor` begins with the time of the first visit, so
    that new visitors are added at the end of the index however large it grows.
    """

    seq = fields.BigIntField(primary_key=True)
    id = fields.CharField(max_length=24, unique=True)
    at = fields.DatetimeField()
    link_id = fields.CharField(max_length=32)
    enrolment_id = fields.CharField(max_length=32)
    campaign_id = fields.CharField(max_length=32)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    product_id = fields.CharField(max_length=32, null=True)
    kind = fields.CharField(max_length=8)
    via = fields.CharField(max_length=5)
    repeat = fields.BooleanField(default=False, db_default=False)
    own = fields.BooleanField(default=False, db_default=False)
    visitor = fields.CharField(max_length=24, null=True)
    visitor_hash = fields.CharField(max_length=32, null=True)
    referrer = fields.CharField(max_length=100, null=True)
    device = fields.CharField(max_length=10, null=True)

    class Meta:
        app = "jejaring"
        table = "click"
        indexes = (("visitor",),)
