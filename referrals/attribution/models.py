"""Touches that were considered for a sale, and the credit that was given."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from referrals.orders.models import Sale, SaleLine


class Touch(Model):
    """One touch considered for a sale, copied (clicks are pruned), and why it lost, if it did."""

    id = fields.BigIntField(primary_key=True)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT
    )
    sale_id: str
    touch_id = fields.CharField(max_length=64)
    by = fields.CharField(max_length=8)
    at = fields.DatetimeField()
    enrolment_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    campaign_id = fields.CharField(max_length=32)
    product_id = fields.CharField(max_length=32, null=True)
    won = fields.BooleanField()
    reason = fields.CharField(max_length=40)

    class Meta:
        app = "jejaring"
        table = "touch"
        unique_together = (("sale", "touch_id", "enrolment_id"),)
        indexes = (("touch_id",),)


class Credit(Model):
    """A share of a line for one enrolment, in basis points, with its reason and terms version."""

    id = fields.CharField(max_length=32, primary_key=True)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT
    )
    sale_id: str
    line: fields.ForeignKeyRelation[SaleLine] = fields.ForeignKeyField(
        "jejaring.SaleLine", related_name=None, on_delete=fields.RESTRICT
    )
    line_id: str
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    partner_id = fields.CharField(max_length=32)
    campaign_id = fields.CharField(max_length=32)
    share_bp = fields.IntField()
    by = fields.CharField(max_length=8)
    touch_id = fields.CharField(max_length=64)
    touch_at = fields.DatetimeField()
    item = fields.CharField(max_length=8)
    terms_number = fields.IntField()
    because: dict[str, object] = fields.JSONField(default=dict)
    self_referral = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "credit"
        unique_together = (("line", "enrolment", "touch_id"),)
        indexes = (("sale_id",), ("enrolment_id", "created_at"))
