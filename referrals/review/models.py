"""Cases with their evidence and the commissions that they are about; appeals; what a shop's
signals do.
"""

from tortoise import fields
from tortoise.models import Model

from jejaring.identity.models import Organisation
from referrals.commissions.models import Commission


class ReviewCase(Model):
    """Something odd, once per merchant, signal and subject; it grows while it is open."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    signal = fields.CharField(max_length=16)
    subject = fields.CharField(max_length=140)
    partner_id = fields.CharField(max_length=32, null=True)
    evidence: dict[str, object] = fields.JSONField(default=dict)
    opened_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=64, null=True)
    outcome = fields.CharField(max_length=10, null=True)

    class Meta:
        app = "jejaring"
        table = "review_case"
        unique_together = (("merchant", "signal", "subject"),)
        indexes = (("merchant_id", "closed_at", "opened_at"), ("closed_at", "opened_at"))


class CasePart(Model):
    """A commission that a case is about."""

    id = fields.BigIntField(primary_key=True)
    case: fields.ForeignKeyRelation[ReviewCase] = fields.ForeignKeyField(
        "jejaring.ReviewCase", related_name=None, on_delete=fields.RESTRICT
    )
    case_id: str
    commission: fields.ForeignKeyRelation[Commission] = fields.ForeignKeyField(
        "jejaring.Commission", related_name=None, on_delete=fields.RESTRICT
    )
    commission_id: str

    class Meta:
        app = "jejaring"
        table = "review_part"
        unique_together = (("case", "commission"),)
        indexes = (("commission_id",),)


class SignalRule(Model):
    """What a signal does at a merchant, where it is not the default: `flag` or `hold`."""

    id = fields.BigIntField(primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    signal = fields.CharField(max_length=16)
    does = fields.CharField(max_length=4)

    class Meta:
        app = "jejaring"
        table = "signal_rule"
        unique_together = (("merchant", "signal"),)


class ReviewMark(Model):
    """Up to which event the signals have been looked for."""

    name = fields.CharField(max_length=20, primary_key=True)
    position = fields.BigIntField(default=0, db_default=0)

    class Meta:
        app = "jejaring"
        table = "review_mark"


class Appeal(Model):
    """What a partner says against a hold or a rejection: open, then won or lost."""

    id = fields.CharField(max_length=32, primary_key=True)
    commission: fields.ForeignKeyRelation[Commission] = fields.ForeignKeyField(
        "jejaring.Commission", related_name=None, on_delete=fields.RESTRICT
    )
    commission_id: str
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    number = fields.IntField()
    against = fields.CharField(max_length=10)
    text = fields.CharField(max_length=1000)
    state = fields.CharField(max_length=4)
    answer = fields.CharField(max_length=500, default="", db_default="")
    opened_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    answered_by = fields.CharField(max_length=64, null=True)

    class Meta:
        app = "jejaring"
        table = "appeal"
        unique_together = (("commission", "number"),)
        indexes = (("merchant_id", "state", "opened_at"),)
