"""Who asks, for which organisation: users, organisations, memberships, sessions, keys,
invitations.
"""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class User(Model):
    """A person who signs in by e-mail or phone."""

    id = fields.CharField(max_length=32, primary_key=True)
    email = fields.CharField(max_length=254, null=True, unique=True)
    phone = fields.CharField(max_length=20, null=True, unique=True)
    name = fields.CharField(max_length=120)
    password_hash = fields.CharField(max_length=200, null=True)
    language = fields.CharField(max_length=2, default="id", db_default="id")
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "app_user"


class Organisation(Model):
    """A merchant, a partner (a person or an agency), or the operator; `slug` is also the handle."""

    id = fields.CharField(max_length=32, primary_key=True)
    kind = fields.CharField(max_length=10)
    slug = fields.CharField(max_length=60, unique=True)
    name = fields.CharField(max_length=120)
    city = fields.CharField(max_length=80, default="", db_default="")
    about = fields.CharField(max_length=500, default="", db_default="")
    phone = fields.CharField(max_length=20, null=True)
    zone = fields.CharField(max_length=40, default="Asia/Jakarta", db_default="Asia/Jakarta")
    is_demo = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField()
    vouched_at = fields.DatetimeField(null=True)
    vouched_by = fields.CharField(max_length=32, null=True)
    suspended_at = fields.DatetimeField(null=True)
    payout_minimum = fields.BigIntField(default=10_000, db_default=10_000)
    payout_limit = fields.BigIntField(null=True)

    class Meta:
        app = "jejaring"
        table = "organisation"
        indexes = (("kind", "created_at"),)


class Membership(Model):
    """A user's role in an organisation: owner, manager, finance, viewer."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "jejaring.User", related_name=None, on_delete=fields.RESTRICT
    )
    user_id: str
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    organisation_id: str
    role = fields.CharField(max_length=10)
    created_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "membership"
        unique_together = (("user", "organisation"),)


class Session(Model):
    """A signed-in browser; the cookie carries the token, we keep its hash."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "jejaring.User", related_name=None, on_delete=fields.RESTRICT
    )
    user_id: str
    organisation_id = fields.CharField(max_length=32, null=True)
    form_token = fields.CharField(max_length=32)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        app = "jejaring"
        table = "session"
        indexes = (("expires_at",), ("user_id",))


class ApiKey(Model):
    """A machine's key for one organisation; shown once, stored as a hash."""

    id = fields.CharField(max_length=32, primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "jejaring.Organisation", related_name=None, on_delete=fields.RESTRICT
    )
    organisation_id: str
    name = fields.CharField(max_length=80)
    key_hash = fields.CharField(max_length=64, unique=True)
    hint = fields.CharField(max_length=12)
    scopes: list[str] = fields.JSONField(default=list)
    created_by = fields.CharField(max_length=32)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "api_key"
        indexes = (("organisation_id", "created_at"),)


class Invitation(Model):
    """A one-time code: to open a shop, to become a partner, or to join a team or a campaign."""

    id = fields.CharField(max_length=32, primary_key=True)
    code_hash = fields.CharField(max_length=64, unique=True)
    kind = fields.CharField(max_length=10)
    organisation_id = fields.CharField(max_length=32, null=True)
    campaign_id = fields.CharField(max_length=32, null=True)
    role = fields.CharField(max_length=10, default="owner", db_default="owner")
    note = fields.CharField(max_length=120, default="", db_default="")
    created_by = fields.CharField(max_length=32)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    used_by = fields.CharField(max_length=32, null=True)

    class Meta:
        app = "jejaring"
        table = "invitation"
        indexes = (("organisation_id", "created_at"),)


class OneTimeLink(Model):
    """A link that sets a password once: the first operator's, or a forgotten password's."""

    id = fields.CharField(max_length=32, primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "jejaring.User", related_name=None, on_delete=fields.RESTRICT
    )
    user_id: str
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "jejaring"
        table = "one_time_link"
