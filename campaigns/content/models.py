"""Submissions: posts that partners sent in as proof."""

from tortoise import fields
from tortoise.models import Model

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign


class Submission(Model):
    """A post sent in for a campaign: waiting → accepted, or refused. `post_key` names the post,
    whoever sends it; null once refused, so that it may be sent again.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    campaign: fields.ForeignKeyRelation[Campaign] = fields.ForeignKeyField(
        "jejaring.Campaign", related_name=None, on_delete=fields.RESTRICT
    )
    campaign_id: str
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "jejaring.Enrolment", related_name=None, on_delete=fields.RESTRICT
    )
    enrolment_id: str
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    platform = fields.CharField(max_length=10)
    url = fields.CharField(max_length=500)
    post_key = fields.CharField(max_length=90, null=True)
    note = fields.CharField(max_length=500, default="", db_default="")
    state = fields.CharField(max_length=8)
    created_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.CharField(max_length=64, null=True)
    reason_code = fields.CharField(max_length=40, null=True)
    terms_number = fields.IntField(null=True)

    class Meta:
        app = "jejaring"
        table = "submission"
        unique_together = (("campaign", "post_key"),)
        indexes = (
            ("merchant_id", "state", "created_at"),
            ("partner_id", "created_at"),
            ("enrolment_id", "created_at"),
        )
