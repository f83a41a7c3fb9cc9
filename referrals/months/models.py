"""Months of partners whose tier a rule moves."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment


class TierMonth(Model):
    """A month of one partner, settled once when it is over. `next_at`: when to look at it (again).
    `amount` (rupiah), `orders` and `tier` are what it came to, null until `done_at`.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    month = fields.CharField(max_length=7)
    over_at = fields.DatetimeField()
    next_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    amount = fields.BigIntField(null=True)
    orders = fields.IntField(null=True)
    tier = fields.CharField(max_length=8, null=True)

    class Meta:
        app = "jejaring"
        table = "tier_month"
        unique_together = (("enrolment", "month"),)
        indexes = (("done_at", "next_at"),)
