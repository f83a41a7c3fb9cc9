"""Campaigns, and the products that they cover."""

from tortoise import fields
from tortoise.models import Model

from campaigns.catalog.models import Product
from jejaring.identity.models import Organisation


class Campaign(Model):
    """A promise of a merchant. `reserved` is what commissions have taken of the budget so far;
    `tier_rule` what moves its partners' tiers, from the month of `tier_rule_at` on.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    merchant_id: str
    name = fields.CharField(max_length=120)
    audience: list[str] = fields.JSONField(default=list)
    joining = fields.CharField(max_length=10)
    questions: list[str] = fields.JSONField(default=list)
    whole_shop = fields.BooleanField(default=True, db_default=True)
    budget = fields.BigIntField(null=True)
    reserved = fields.BigIntField(default=0, db_default=0)
    tier_rule: dict[str, object] | None = fields.JSONField(null=True)
    tier_rule_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=8)
    created_at = fields.DatetimeField()
    starts_at = fields.DatetimeField(null=True)
    ends_at = fields.DatetimeField(null=True)
    launched_at = fields.DatetimeField(null=True)
    paused_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.CharField(max_length=20, null=True)

    class Meta:
        app = "jejaring"
        table = "campaign"
        indexes = (("merchant_id", "created_at"), ("state", "ends_at"))


class CampaignProduct(Model):
    """A product that a campaign covers (none = the whole shop)."""

    id = fields.BigIntField(primary_key=True)
    campaign: fields.ForeignKeyRelation[Campaign] = fields.ForeignKeyField(
        "jejaring.Campaign", related_name=None, on_delete=fields.RESTRICT
    )
    campaign_id: str
    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField(
        "jejaring.Product", related_name=None, on_delete=fields.RESTRICT
    )
    product_id: str

    class Meta:
        app = "jejaring"
        table = "campaign_product"
        unique_together = (("campaign", "product"),)


class CampaignPause(Model):
    """A stretch of time in which a campaign did not count: `resumed_at` null while it lasts."""

    id = fields.BigIntField(primary_key=True)
    campaign: fields.ForeignKeyRelation[Campaign] = fields.ForeignKeyField(
        "jejaring.Campaign", related_name=None, on_delete=fields.RESTRICT
    )
    campaign_id: str
    paused_at = fields.DatetimeField()
    resumed_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "campaign_pause"
        indexes = (("campaign_id", "paused_at"),)
