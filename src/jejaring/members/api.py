"""JSON routes: who am I, and an organisation's keys."""

from typing import Any

from jejaring.identity import guards, keys
from jejaring.identity.models import ApiKey
from jejaring.identity.rules import Caller
from jejaring.members import organisations
from jejaring.members.shapes import KeyIn, KeyMade, KeyOut, Me, OrganisationOut
from jejaring.web.api import Endpoint, delete, get, post
from jejaring.web.shapes import PageOf, PageQuery


def _fields(row: ApiKey) -> dict[str, Any]:
    return {name: getattr(row, name) for name in KeyOut.model_fields}


async def me(caller: Caller) -> Me:
    """Who asks: the key's organisation and the key itself."""
    organisation = await organisations.get(caller.organisation_id)
    fields = {name: getattr(organisation, name) for name in OrganisationOut.model_fields}
    row = await keys.get(caller.organisation_id, caller.actor)
    return Me(organisation=OrganisationOut(**fields), key=KeyOut(**_fields(row)))


async def make_key(caller: Caller, body: KeyIn) -> KeyMade:
    """Make a key; the secret is in this answer and nowhere else.

    A key never carries more scopes than the one that made it, never `keys`, and ends no later.
    """
    row, secret = await keys.grant(caller, body.name, frozenset(body.scopes), body.expires_at)
    return KeyMade(**_fields(row), key=secret)


async def list_keys(caller: Caller, query: PageQuery) -> PageOf[KeyOut]:
    """The organisation's keys, newest first, revoked and expired ones too."""
    page = await keys.page(caller.organisation_id, query.limit, query.cursor)
    return PageOf(data=[KeyOut(**_fields(row)) for row in page.keys], next_cursor=page.next_cursor)


async def revoke_key(caller: Caller, id: str) -> None:  # noqa: A002 — the name in the path
    """Revoke a key: no process takes it any more within a second."""
    await keys.revoke(caller.organisation_id, id, caller.actor)


ENDPOINTS: list[Endpoint] = [
    get("/v1/me", me, guards.both(None)),
    post("/v1/keys", make_key, guards.both("keys"), shown_once=("key",)),
    get("/v1/keys", list_keys, guards.both("keys")),
    delete("/v1/keys/{id}", revoke_key, guards.both("keys"), status=204),
]
