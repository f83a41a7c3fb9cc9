"""What was given by hand."""

from tortoise import fields
from tortoise.models import Model


class Goodwill(Model):
    """An amount for a partner, with the reason that both sides see. `waiting` for a second person
    (above the merchant's limit) it moves nothing; `withdrawn`, whether it waited (`decided_at`
    null) or was done, it moves nothing any more.
    """

    id = fields.CharField(max_length=32, primary_key=True)
    merchant_id = fields.CharField(max_length=32)
    partner_id = fields.CharField(max_length=32)
    reference = fields.CharField(max_length=80)
    amount = fields.BigIntField()
    reason = fields.CharField(max_length=200)
    state = fields.CharField(max_length=9)
    created_at = fields.DatetimeField()
    asked_by = fields.CharField(max_length=64)
    decided_by = fields.CharField(max_length=64, null=True)
    decided_at = fields.DatetimeField(null=True)
    withdrawn_by = fields.CharField(max_length=64, null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_why = fields.CharField(max_length=200, null=True)

    class Meta:
        app = "jejaring"
        table = "goodwill"
        unique_together = (("merchant_id", "reference"),)
        indexes = (("merchant_id", "created_at"), ("partner_id", "created_at"))
