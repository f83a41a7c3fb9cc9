"""Events as rows: published in the transaction that caused them."""

from tortoise import fields
from tortoise.models import Model


class Event(Model):
    """Something that happened to an organisation, in the past tense: `sale.recorded`."""

    id = fields.BigIntField(primary_key=True)
    event_id = fields.CharField(max_length=32, unique=True)
    organisation_id = fields.CharField(max_length=32)
    name = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=64)
    data: dict[str, object] = fields.JSONField(default=dict)
    at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "event"
        indexes = (("organisation_id", "id"),)
