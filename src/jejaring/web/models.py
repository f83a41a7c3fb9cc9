"""Replies kept for `Idempotency-Key`, so that a repeated POST gets the stored answer."""

from tortoise import fields
from tortoise.models import Model


class KeptReply(Model):
    """One POST of one organisation under one key; `status` is null while it is still running."""

    id = fields.BigIntField(primary_key=True)
    organisation_id = fields.CharField(max_length=32)
    method = fields.CharField(max_length=8)
    path = fields.CharField(max_length=300)
    key = fields.CharField(max_length=255)
    body_hash = fields.CharField(max_length=64)
    status = fields.IntField(null=True)
    reply = fields.TextField(null=True)
    content_type = fields.CharField(
        max_length=80, default="application/json", db_default="application/json"
    )
    started_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "kept_reply"
        unique_together = (("organisation_id", "method", "path", "key"),)
        indexes = (("started_at",),)
