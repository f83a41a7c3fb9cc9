"""Commissions and their reversals. `amount` never changes; `reversed` grows."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from jejaring.identity.models import Organisation
from referrals.orders.models import Sale, SaleLine


class Commission(Model):
    """One row per line, credited enrolment and rule; whether it is in a payout is read from its
    item.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    partner_id = fields.CharField(max_length=32)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    campaign_id = fields.CharField(max_length=32)
    sale: fields.ForeignKeyNullableRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    sale_id: str | None
    line: fields.ForeignKeyNullableRelation[SaleLine] = fields.ForeignKeyField(
        "jejaring.SaleLine", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    line_id: str | None
    key = fields.CharField(max_length=140)
    kind = fields.CharField(max_length=12)
    rule = fields.CharField(max_length=80)
    rule_index = fields.IntField()
    terms_number = fields.IntField()
    base = fields.BigIntField()
    rate_bp = fields.IntField(null=True)
    share_bp = fields.IntField()
    amount = fields.BigIntField()
    reversed = fields.BigIntField(default=0, db_default=0)
    state = fields.CharField(max_length=10)
    month = fields.CharField(max_length=7)
    release_at = fields.DatetimeField(null=True)
    released_at = fields.DatetimeField(null=True)
    times_held = fields.IntField(default=0, db_default=0)
    reason_code = fields.CharField(max_length=40, null=True)
    because: dict[str, object] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "commission"
        unique_together = (("merchant", "key"),)
        indexes = (
            ("sale_id",),
            ("state", "release_at"),
            ("enrolment_id", "month"),
            ("merchant_id", "created_at", "id"),
            ("partner_id", "created_at", "id"),
        )


class Reversal(Model):
    """A part of a commission taken back, with its key and reason."""

    id = fields.CharField(max_length=32, primary_key=True)
    commission: fields.ForeignKeyRelation[Commission] = fields.ForeignKeyField(
        "jejaring.Commission", related_name=None, on_delete=fields.RESTRICT
    )
    commission_id: str
    key = fields.CharField(max_length=140)
    reason = fields.CharField(max_length=40)
    amount = fields.BigIntField()
    from_owed = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "reversal"
        unique_together = (("commission", "key"),)
