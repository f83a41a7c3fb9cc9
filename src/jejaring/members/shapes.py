"""Request and reply shapes of `/v1/me` and `/v1/keys`."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from jejaring.web.shapes import Code, Shape, When

KeyName = Annotated[str, Field(min_length=1, max_length=80)]


class KeyIn(Shape):
    """A key to be made: what it is for, what it may do, until when (null: until revoked)."""

    name: KeyName
    scopes: Annotated[list[Code], Field(min_length=1, max_length=20)]
    expires_at: When | None = None


class KeyOut(BaseModel):
    """A key without its secret; `hint` is how it begins."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyMade(KeyOut):
    """A new key with its secret, which is shown this once; null where the answer is replayed."""

    key: str | None


class OrganisationOut(BaseModel):
    """One's own organisation."""

    id: str
    kind: str
    slug: str
    name: str
    city: str
    about: str
    phone: str | None
    zone: str
    created_at: datetime
    vouched_at: datetime | None


class Me(BaseModel):
    """Who asks: the organisation and the key."""

    organisation: OrganisationOut
    key: KeyOut
