"""Commissions and their reversals. `amount` never changes; `reversed` grows."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from jejaring.identity.models import Organisation
from referrals.orders.models import Sale, SaleLine


class Commission(Model):
    """One row per line, credited enrolment and rule; whether it is in a payout is read from its
    item. `parent_id`: the recruit's commission of which this is the recruiter's share.
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
    parent_id = fields.CharField(max_length=32, null=True)
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
    times_rejected = fields.IntField(default=0, db_default=0)
    reason_code = fields.CharField(max_length=40, null=True)
    decided_at = fields.DatetimeField(null=True)
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
            ("parent_id",),
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


class TrueUp(Model):
    """A month of one partner under one rule (tiers, bonus): opened by its first sale, settled once
    when it is over. `next_at`: when to look at it (again). Amounts in rupiah, null until `done_at`.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    campaign_id = fields.CharField(max_length=32)
    rule = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=12)
    month = fields.CharField(max_length=7)
    over_at = fields.DatetimeField()
    next_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    volume = fields.BigIntField(null=True)
    sales = fields.IntField(null=True)
    expected = fields.BigIntField(null=True)
    earned = fields.BigIntField(null=True)
    posted = fields.BigIntField(null=True)

    class Meta:
        app = "jejaring"
        table = "true_up"
        unique_together = (("enrolment", "rule", "month"),)
        indexes = (("done_at", "next_at"), ("partner_id", "done_at"))
