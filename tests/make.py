"""Plain factories: stored rows with sensible values, each overridable by keyword."""

from typing import Any

from jejaring import world
from jejaring.identity import keys
from jejaring.identity.models import ApiKey, Membership, Organisation, User
from jejaring.identity.rules import SCOPES


async def organisation(kind: str = "merchant", **values: Any) -> Organisation:
    """A merchant, partner or operator; a merchant is vouched for."""
    given: dict[str, Any] = {
        "id": world.new_id("org"),
        "kind": kind,
        "slug": f"{kind}-{world.token(6).lower()}",
        "name": kind.title(),
        "created_at": world.now(),
        "vouched_at": world.now() if kind == "merchant" else None,
    }
    return await Organisation.create(**(given | values))


async def user(**values: Any) -> User:
    """A person; no password unless given."""
    given: dict[str, Any] = {
        "id": world.new_id("usr"),
        "name": "Somebody",
        "email": f"{world.token(8).lower()}@example.com",
        "created_at": world.now(),
    }
    return await User.create(**(given | values))


async def membership(user: User, org: Organisation, role: str = "owner") -> Membership:
    """The user's role in the organisation."""
    return await Membership.create(
        id=world.new_id("mem"), user=user, organisation=org, role=role, created_at=world.now()
    )


async def key(org: Organisation, scopes: frozenset[str] | None = None) -> str:
    """A key's secret; all scopes of its side unless given."""
    secret = f"jjk_{world.token(32)}"
    await ApiKey.create(
        id=world.new_id("key"),
        organisation=org,
        name="test",
        key_hash=keys.hash_of(secret),
        hint=secret[:8],
        scopes=sorted(SCOPES[org.kind] if scopes is None else scopes),
        created_by="test",
        created_at=world.now(),
    )
    return secret
