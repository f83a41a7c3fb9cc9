"""`jejaring demo`: build the world where there is none, and say how to sign in."""

import sqlite3
from datetime import timedelta
from typing import Any

from jejaring import main, world
from jejaring.db import connect, sql
from jejaring.db.migrate import migrate
from jejaring.demo import cast
from jejaring.demo.build import password, set_the_stage
from jejaring.demo.story import DAYS, Story
from jejaring.identity import keys
from jejaring.identity.models import ApiKey, Membership, Organisation
from jejaring.identity.rules import SCOPES
from jejaring.jobs.models import Beat
from jejaring.settings import Settings, settings
from referrals.clicks import recorder

MARK = "demo"
KEY_NAME = "demo"
OLD_KEYS_LAST = timedelta(days=1)
OLD_KEYS_KEPT = 20


class Refused(Exception):  # noqa: N818 — an answer, not a fault
    """The demo may not be built here; the text says why and what to do."""


async def run(*, really: bool = False, if_empty: bool = False) -> dict[str, Any] | None:
    """Build the demo world if it is not there; its sign-ins and fresh keys.

    It is built in an empty database only. With if_empty: None where there is something else, and
    an empty PostgreSQL needs no `really`. Raises Refused.
    """
    chosen = settings()
    await migrate(chosen)
    await connect.connect(chosen)
    try:
        some = await Organisation.all().exists()
        built = await Beat.filter(name=MARK).exists()
        if some and not built and if_empty:
            return None
        if some and not built:
            await _refuse_here()
        if not some and not chosen.is_sqlite and not (really or if_empty):
            raise Refused("this is PostgreSQL; say --really if it may hold the demo")
        if not some and not chosen.is_sqlite:
            await _build(chosen)
    finally:
        await keys.settle()
        await connect.disconnect()
    if not some and chosen.is_sqlite:
        await _build_beside(chosen)
    return await _shown(chosen)


async def _refuse_here() -> None:
    if await Organisation.filter(is_demo=True).exists():
        raise Refused("the demo world here is half-built; start with an empty database")
    raise Refused("this database holds organisations that are not of the demo")


async def _build(chosen: Settings) -> None:
    """The world, in the connected database."""
    app = main.build(chosen, own_database=False)
    await recorder.start(chosen)
    try:
        end = world.now()
        start = (end - timedelta(days=DAYS)).replace(hour=1, minute=0, second=0, microsecond=0)
        stage = await set_the_stage(start)
        story = Story(stage, app, dict(main.HANDLERS))
        story.plan(start + timedelta(hours=2), end)
        await story.play()
        for duty in main.DUTIES:
            await duty.run()
        await Beat.create(name=MARK, at=world.now())
    finally:
        await recorder.stop()


async def _build_beside(chosen: Settings) -> None:
    """On SQLite the world is built in a file beside and put in place whole: a demo that was
    interrupted leaves nothing behind, and a server that has the empty database open sees it all.
    """
    beside = chosen.sqlite_path.with_name(chosen.sqlite_path.name + ".demo")
    _remove(beside)
    temporary = chosen.model_copy(
        update={"database_url": f"sqlite:////{str(beside.resolve())[1:]}"}
    )
    await migrate(temporary)
    await connect.connect(temporary)
    try:
        # Nobody relies on this file before it is whole: no need to wait for the disk each time.
        await sql.rows("PRAGMA synchronous = OFF")
        await _build(temporary)
    finally:
        await connect.disconnect()
    source, target = sqlite3.connect(beside), sqlite3.connect(chosen.sqlite_path, timeout=10)
    source.backup(target)
    target.close()
    source.close()
    _remove(beside)


def _remove(path: Any) -> None:
    for ending in ("", "-wal", "-shm", ".migrate"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


async def _shown(chosen: Settings) -> dict[str, Any]:
    await connect.connect(chosen)
    try:
        found = {org.slug: org for org in await Organisation.filter(is_demo=True)}
        return {
            "base_url": chosen.base,
            "operator": {"email": cast.OPERATOR, "password": password(cast.OPERATOR)},
            "merchants": [
                {"slug": p.slug, "name": p.name, **await _way_in(found[p.slug]), "site": p.site}
                for p in cast.SHOPS
            ],
            "partners": [
                {"handle": p.handle, "name": p.name, **await _way_in(found[p.handle])}
                for p in cast.PARTNERS
            ],
        }
    finally:
        await keys.settle()
        await connect.disconnect()


async def _way_in(org: Organisation) -> dict[str, str]:
    """A new key with all scopes, and the owner's password; earlier keys end within a day."""
    email = f"{org.slug}@demo.example"
    now = world.now()
    earlier = ApiKey.filter(organisation_id=org.id, name=KEY_NAME, revoked_at=None)
    await earlier.filter(expires_at=None).update(expires_at=now + OLD_KEYS_LAST)
    surplus = await earlier.filter(expires_at__gt=now).order_by("-created_at").offset(OLD_KEYS_KEPT)
    await ApiKey.filter(id__in=[row.id for row in surplus]).update(revoked_at=now)
    owner = await Membership.filter(organisation_id=org.id, role="owner").first()
    made_by = owner.user_id if owner else "demo"
    _, secret = await keys.make(org.id, org.kind, KEY_NAME, SCOPES[org.kind], made_by)
    return {"api_key": secret, "email": email, "password": password(email)}


def in_words(world_: dict[str, Any]) -> str:
    """The sign-ins for a person at a terminal."""
    lines = [f"Open {world_['base_url']}", "", "Sign in at /signin:"]
    operator = world_["operator"]
    lines.append(f"  operator  {operator['email']:34} {operator['password']}")
    for who, key in (("shop", "merchants"), ("partner", "partners")):
        lines += [f"  {who:8}  {row['email']:34} {row['password']}" for row in world_[key]]
    return "\n".join(lines)
