"""Audit entries and consents: rows are added, never changed."""

from tortoise import fields
from tortoise.models import Model


class AuditEntry(Model):
    """One act of one person or key: `method.revealed`, `campaign.launched`, …"""

    id = fields.CharField(max_length=32, primary_key=True)
    at = fields.DatetimeField()
    organisation_id = fields.CharField(max_length=32, null=True)
    actor = fields.CharField(max_length=64)
    action = fields.CharField(max_length=60)
    subject = fields.CharField(max_length=64)
    data: dict[str, object] = fields.JSONField(default=dict)

    class Meta:
        app = "jejaring"
        table = "audit_entry"
        indexes = (("organisation_id", "at"), ("subject", "at"))


class Consent(Model):
    """Which text a person agreed to, and when (UU PDP 27/2022 art. 20 and 22)."""

    id = fields.CharField(max_length=32, primary_key=True)
    at = fields.DatetimeField()
    user_id = fields.CharField(max_length=32)
    purpose = fields.CharField(max_length=40)
    text_version = fields.CharField(max_length=40)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "consent"
        indexes = (("user_id", "at"),)
