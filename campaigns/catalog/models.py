"""Products and sites of a merchant."""

from tortoise import fields
from tortoise.models import Model

from jejaring.identity.models import Organisation


class Product(Model):
    """One thing for sale, unique by sku and by slug within its merchant."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    sku = fields.CharField(max_length=64)
    slug = fields.CharField(max_length=64)
    name = fields.CharField(max_length=160)
    price = fields.BigIntField()
    category = fields.CharField(max_length=60, default="", db_default="")
    description = fields.TextField(default="")
    image_url = fields.CharField(max_length=500, null=True)
    urls: dict[str, str] = fields.JSONField(default=dict)
    stock = fields.CharField(max_length=10, default="in_stock", db_default="in_stock")
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "product"
        unique_together = (("merchant", "sku"), ("merchant", "slug"))
        indexes = (("merchant_id", "created_at"),)


class Site(Model):
    """A host of the merchant; links lead to it only once it is verified."""

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    host = fields.CharField(max_length=253)
    token = fields.CharField(max_length=40)
    created_at = fields.DatetimeField()
    verified_at = fields.DatetimeField(null=True)
    verified_by = fields.CharField(max_length=64, null=True)

    class Meta:
        app = "jejaring"
        table = "site"
        unique_together = (("merchant", "host"),)


class Photo(Model):
    """Our small copy of a picture that a shop keeps elsewhere; `id` is the hash of its address."""

    id = fields.CharField(max_length=64, primary_key=True)
    jpeg = fields.BinaryField()
    used_at = fields.DatetimeField(db_index=True)

    class Meta:
        app = "jejaring"
        table = "photo"
