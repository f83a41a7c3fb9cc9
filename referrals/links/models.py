"""Links, coupons, and the log that tells other processes that a link changed."""

from tortoise import fields
from tortoise.models import Model

from campaigns.catalog.models import Product
from campaigns.enrolments.models import Enrolment


class Link(Model):
    """A short code; `product_key` is the product's id, or '' so that uniqueness holds."""

    id = fields.CharField(max_length=32, primary_key=True)
    code = fields.CharField(max_length=16, unique=True)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    campaign_id = fields.CharField(max_length=32)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    product: fields.ForeignKeyNullableRelation[Product] = fields.ForeignKeyField(
        "jejaring.Product", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    product_id: str | None
    product_key = fields.CharField(max_length=32, default="", db_default="")
    label = fields.CharField(max_length=60, default="", db_default="")
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "link"
        unique_together = (("enrolment", "product_key", "label"),)
        indexes = (("partner_id", "created_at"), ("merchant_id", "created_at"), ("campaign_id",))


class Coupon(Model):
    """A code that a buyer types; unique per merchant, compared folded (upper case, no spaces)."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    code = fields.CharField(max_length=40)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "coupon"
        unique_together = (("merchant_id", "code"),)
        indexes = (("enrolment_id",),)


class LinkChange(Model):
    """Written in the transaction that pauses, ends or edits; each process reads past its last seq.

    `scope` is `campaign`, `enrolment`, `link`, `merchant` or `product`, and `subject` its id.
    """

    seq = fields.BigIntField(primary_key=True)
    scope = fields.CharField(max_length=10)
    subject = fields.CharField(max_length=32)
    at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "link_change"
