"""Terms as immutable numbered versions, and what is being written of the next one; the campaign is
a text key, for it sits above.
"""

from tortoise import fields
from tortoise.models import Model


class TermsVersion(Model):
    """Version `number` of a campaign's terms, in force from `effective_at`."""

    id = fields.CharField(max_length=32, primary_key=True)
    campaign_id = fields.CharField(max_length=32)
    number = fields.IntField()
    body: dict[str, object] = fields.JSONField(default=dict)
    effective_at = fields.DatetimeField()
    created_at = fields.DatetimeField()
    created_by = fields.CharField(max_length=64)

    class Meta:
        app = "jejaring"
        table = "terms_version"
        unique_together = (("campaign_id", "number"),)
        indexes = (("campaign_id", "effective_at"),)


class TermsDraft(Model):
    """What the shop has typed of a campaign's next terms, sound or not, since version `based_on`;
    `before` is what stood there before the last large change, for undoing it.
    """

    campaign_id = fields.CharField(max_length=32, primary_key=True)
    typed: dict[str, object] = fields.JSONField(default=dict)
    before: dict[str, object] | None = fields.JSONField(null=True)
    based_on = fields.IntField()
    saved_at = fields.DatetimeField()
    saved_by = fields.CharField(max_length=64)

    class Meta:
        app = "jejaring"
        table = "terms_draft"
