"""Sales, their lines, and refunds."""

from tortoise import fields
from tortoise.models import Model

from campaigns.catalog.models import Product
from jejaring.identity.models import Organisation


class Sale(Model):
    """An order, unique per merchant, source and order id. Amounts in whole rupiah."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    source = fields.CharField(max_length=16)
    order_id = fields.CharField(max_length=80)
    state = fields.CharField(max_length=10)
    placed_at = fields.DatetimeField()
    received_at = fields.DatetimeField()
    paid_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    source_updated_at = fields.DatetimeField(null=True)
    items_total = fields.BigIntField()
    discount = fields.BigIntField()
    shipping = fields.BigIntField()
    base = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    click_id = fields.CharField(max_length=64, null=True)
    coupon = fields.CharField(max_length=64, null=True)
    note = fields.CharField(max_length=500, null=True)
    creator = fields.CharField(max_length=100, null=True)
    buyer_phone = fields.CharField(max_length=64, null=True)
    buyer_email = fields.CharField(max_length=64, null=True)
    new_buyer = fields.BooleanField(null=True)
    content_hash = fields.CharField(max_length=64)
    version = fields.IntField(default=1, db_default=1)
    notes: list[dict[str, object]] = fields.JSONField(default=list)

    class Meta:
        app = "jejaring"
        table = "sale"
        unique_together = (("merchant", "source", "order_id"),)
        indexes = (
            ("merchant_id", "placed_at"),
            ("merchant_id", "received_at", "id"),
            ("merchant_id", "buyer_phone"),
            ("merchant_id", "buyer_email"),
            ("merchant_id", "click_id"),
        )


class SaleLine(Model):
    """One item of an order; `base` is net of its discounts; `refunded` of base, `returned` of
    quantity.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT
    )
    sale_id: str
    position = fields.IntField()
    sku = fields.CharField(max_length=64)
    product: fields.ForeignKeyNullableRelation[Product] = fields.ForeignKeyField(
        "jejaring.Product", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    product_id: str | None
    quantity = fields.IntField()
    unit_price = fields.BigIntField()
    discount = fields.BigIntField()
    base = fields.BigIntField()
    refunded = fields.BigIntField(default=0, db_default=0)
    returned = fields.IntField(default=0, db_default=0)

    class Meta:
        app = "jejaring"
        table = "sale_line"
        unique_together = (("sale", "position"),)


class Refund(Model):
    """Money given back on an order: by a refund, or taken by a lost dispute (`kind`).

    It may wait (state `waiting`) for an order not yet known; a dispute that was won is `undone`.
    `spread` is what it took by line; `asked` what its units are worth, where less was left.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    source = fields.CharField(max_length=16)
    order_id = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=8, default="refund", db_default="refund")
    refund_id = fields.CharField(max_length=80)
    sale: fields.ForeignKeyNullableRelation[Sale] = fields.ForeignKeyField(
        "jejaring.Sale", related_name=None, on_delete=fields.RESTRICT, null=True
    )
    sale_id: str | None
    state = fields.CharField(max_length=8)
    reason = fields.CharField(max_length=200)
    amount = fields.BigIntField(null=True)
    items: list[dict[str, int]] = fields.JSONField(default=list)
    spread: dict[str, int] = fields.JSONField(default=dict)
    asked: dict[str, int] = fields.JSONField(default=dict)
    content_hash = fields.CharField(max_length=64)
    received_at = fields.DatetimeField()
    applied_at = fields.DatetimeField(null=True)
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "refund"
        unique_together = (("merchant_id", "source", "order_id", "refund_id", "kind"),)
        indexes = (("sale_id",),)
