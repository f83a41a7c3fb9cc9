"""Enrolments: one per campaign and partner."""

from tortoise import fields
from tortoise.models import Model

from campaigns.lifecycle.models import Campaign
from jejaring.identity.models import Organisation


class Enrolment(Model):
    """A partner's place in a campaign, in one role, under the terms they accepted. `tiers` is how
    the tier moved, oldest first, with reasons; while `tier_held_at` is set no rule moves it.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    campaign: fields.ForeignKeyRelation[Campaign] = fields.ForeignKeyField(
        "jejaring.Campaign", related_name=None, on_delete=fields.RESTRICT
    )
    campaign_id: str
    merchant_id = fields.CharField(max_length=32)
    partner: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    partner_id: str
    role = fields.CharField(max_length=12)
    tier = fields.CharField(max_length=8, default="bronze", db_default="bronze")
    tiers: list[dict[str, object]] = fields.JSONField(default=list)
    tier_held_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=10)
    terms_accepted = fields.IntField()
    answers: dict[str, str] = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()
    approved_at = fields.DatetimeField(null=True)
    approved_by = fields.CharField(max_length=64, null=True)
    rejected_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    reason_code = fields.CharField(max_length=40, null=True)

    class Meta:
        app = "jejaring"
        table = "enrolment"
        unique_together = (("campaign", "partner"),)
        indexes = (("merchant_id", "created_at"), ("partner_id", "created_at"))
