"""Touches that were considered for a sale, the credit that was given, and what people decided."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from jejaring.identity.models import Organisation
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
    """A share of a line for one enrolment, in basis points, with its reason and terms version.

    `decision_id`: the person's decision that gave it; `ended_by`: the one that took it away (null:
    it counts).
    """

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
    decision_id = fields.CharField(max_length=32, null=True)
    ended_by = fields.CharField(max_length=32, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "credit"
        unique_together = (("line", "enrolment", "touch_id"),)
        indexes = (("sale_id",), ("enrolment_id", "created_at"))


class Decision(Model):
    """A person's word on who is credited for an order (enrolment null: nobody), and why. `before`:
    the enrolments that were credited until then.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT
    )
    sale_id: str
    enrolment: fields.ForeignKeyNullableRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    enrolment_id: str | None
    reason = fields.CharField(max_length=300)
    actor = fields.CharField(max_length=64)
    before: list[str] = fields.JSONField(default=list)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "decision"
        indexes = (("sale_id", "created_at"),)


class CreatorName(Model):
    """What a marketplace calls a partner of a merchant; `name` is folded (`rules.fold_creator`)."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    source = fields.CharField(max_length=16)
    name = fields.CharField(max_length=100)
    partner_id = fields.CharField(max_length=32)
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "creator_name"
        unique_together = (("merchant", "source", "name"),)
        indexes = (("merchant_id", "created_at", "id"),)


class Bond(Model):
    """A buyer (keyed hashes of phone and e-mail) who stays with a partner for a while: from
    `made_at` until `until`, or `ended_at` where it moved on (`ended_by`: the order that moved it).
    `since` is when the buyer's first credited order at this merchant was placed.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    buyer_phone = fields.CharField(max_length=64, null=True)
    buyer_email = fields.CharField(max_length=64, null=True)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    partner_id = fields.CharField(max_length=32)
    campaign_id = fields.CharField(max_length=32)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT
    )
    sale_id: str
    since = fields.DatetimeField()
    made_at = fields.DatetimeField()
    until = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=32, null=True)

    class Meta:
        app = "jejaring"
        table = "bond"
        indexes = (("merchant_id", "buyer_phone"), ("merchant_id", "buyer_email"), ("sale_id",))
