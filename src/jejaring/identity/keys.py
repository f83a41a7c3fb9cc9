"""API keys: made (shown once), looked up, listed, revoked within a second in every process."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.exceptions import OperationalError
from tortoise.expressions import Q

from jejaring import world
from jejaring.db.listing import newest
from jejaring.db.transact import transact
from jejaring.identity.models import ApiKey
from jejaring.identity.rules import SCOPES, Caller, grantable
from jejaring.identity.sealing import digest
from jejaring.kit.errors import BadField, Conflict, Forbidden, Invalid, NotFound
from jejaring.logs import Log
from jejaring.trail.write import note

log = Log(__name__)
PREFIX = "jjk_"
SECRET_LETTERS = 32  # 186 bits
CACHE_SECONDS = 0.5
CACHE_KEYS = 10_000
USED_EVERY = timedelta(minutes=1)
MAX_LIVE = 200
_cache: dict[str, tuple[float, Caller | None]] = {}
_touching: set["asyncio.Task[None]"] = set()


@dataclass(frozen=True)
class KeyPage:
    """Keys, newest first, and where the next page starts (None on the last)."""

    keys: list[ApiKey]
    next_cursor: str | None


def hash_of(secret: str) -> str:
    """SHA-256 of a key: it has 186 random bits, so no salt and no slow hash are needed."""
    return digest(secret)


async def lookup(secret: str) -> Caller | None:
    """The caller of a key, or None for one that is unknown, revoked, expired or suspended.

    Answers are remembered for half a second from *before* they were read, so that a revocation
    counts everywhere within one. Unknown keys are not remembered: guesses must not push real ones
    out.
    """
    if not secret.startswith(PREFIX) or len(secret) > 64:
        return None
    hashed, began = hash_of(secret), time.monotonic()
    known = _cache.get(hashed)
    if known is not None and known[0] > began:
        return known[1]
    row = await ApiKey.get_or_none(key_hash=hashed).select_related("organisation")
    if row is None:
        return None
    caller = _caller(row)
    if len(_cache) >= CACHE_KEYS:
        _cache.clear()
    _cache[hashed] = (began + CACHE_SECONDS, caller)
    if caller is not None:
        _note_use(row)
    return caller


def _caller(row: ApiKey) -> Caller | None:
    now = world.now()
    if row.revoked_at is not None or row.organisation.suspended_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    return Caller(
        organisation_id=row.organisation_id,
        kind=row.organisation.kind,
        slug=row.organisation.slug,
        name=row.organisation.name,
        zone=row.organisation.zone,
        actor=row.id,
        scopes=frozenset(row.scopes) & SCOPES.get(row.organisation.kind, frozenset()),
    )


def _note_use(row: ApiKey) -> None:
    """Write down that the key was used, at most once a minute, beside the request."""
    now = world.now()
    if row.last_used_at is not None and now - row.last_used_at < USED_EVERY:
        return
    task = asyncio.create_task(_touch(row.id, now))
    _touching.add(task)
    task.add_done_callback(_touching.discard)


async def _touch(key_id: str, now: datetime) -> None:
    unseen = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    try:
        await ApiKey.filter(unseen, id=key_id).update(last_used_at=now)
    except OperationalError as exc:
        log.warning("last use of a key not written", key=key_id, error=str(exc))


async def settle() -> None:
    """Wait for the last uses to be written: before the connections close."""
    if _touching:
        await asyncio.wait(_touching, timeout=5)


def forget() -> None:
    """Ask the database again for every key, at once in this process."""
    _cache.clear()


async def make(
    organisation_id: str,
    kind: str,
    name: str,
    scopes: frozenset[str],
    created_by: str,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key and its secret (`jjk_…`), which is shown this once. Who may give which scopes is
    `grant`'s question. Invalid with every bad field, Conflict `too_many_keys`.
    """
    bad = [
        BadField("/scopes", "scope_unknown", {"scope": scope})
        for scope in sorted(scopes - SCOPES.get(kind, frozenset()))
    ]
    if not name.strip() or len(name.strip()) > 80:
        bad.append(BadField("/name", "key_name_unfit", {"max": 80}))
    if not scopes:
        bad.append(BadField("/scopes", "scopes_needed"))
    if expires_at is not None and expires_at <= world.now():
        bad.append(BadField("/expires_at", "expiry_past"))
    if bad:
        raise Invalid(fields=bad)
    live = ApiKey.filter(organisation_id=organisation_id, revoked_at=None)
    if await live.filter(Q(expires_at=None) | Q(expires_at__gt=world.now())).count() >= MAX_LIVE:
        raise Conflict("too_many_keys", max=MAX_LIVE)
    secret = PREFIX + world.token(SECRET_LETTERS)

    async def store() -> ApiKey:
        made = await ApiKey.create(
            id=world.new_id("key"),
            organisation_id=organisation_id,
            name=name.strip(),
            key_hash=hash_of(secret),
            hint=secret[:8],
            scopes=sorted(scopes),
            created_by=created_by,
            created_at=world.now(),
            expires_at=expires_at,
        )
        org, given = organisation_id, sorted(scopes)
        await note("key.made", made.id, actor=created_by, organisation_id=org, scopes=given)
        return made

    return await transact(store), secret


async def grant(
    caller: Caller, name: str, scopes: frozenset[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key with scopes that this caller may give (`rules.grantable`); one made with a key ends no
    later than that key. Forbidden `scope_not_yours`; raises also as `make`.
    """
    over = (scopes & SCOPES.get(caller.kind, frozenset())) - grantable(
        caller.kind, caller.role, caller.scopes
    )
    if over:
        raise Forbidden("scope_not_yours", scopes=sorted(over))
    if caller.role is None:
        parent = await ApiKey.get_or_none(id=caller.actor)
        end = parent.expires_at if parent is not None else world.now()
        if end is not None:
            expires_at = end if expires_at is None else min(expires_at, end)
    return await make(
        caller.organisation_id, caller.kind, name, scopes, caller.actor, expires_at=expires_at
    )


async def revoke(organisation_id: str, key_id: str, actor: str) -> None:
    """End a key: here at once, in every process within a second. Again: nothing. NotFound."""

    async def store() -> None:
        mine = ApiKey.filter(id=key_id, organisation_id=organisation_id)
        if not await mine.exists():
            raise NotFound
        if await mine.filter(revoked_at=None).update(revoked_at=world.now()):
            await note("key.revoked", key_id, actor=actor, organisation_id=organisation_id)

    await transact(store)
    forget()


async def page(organisation_id: str, limit: int = 50, cursor: str | None = None) -> KeyPage:
    """An organisation's keys, newest first, ended ones too; secrets are not among them."""
    wanted = ApiKey.filter(organisation_id=organisation_id)
    return KeyPage(*await newest(wanted, limit, cursor))


async def get(organisation_id: str, key_id: str) -> ApiKey:
    """One key of an organisation. NotFound."""
    found = await ApiKey.get_or_none(id=key_id, organisation_id=organisation_id)
    if found is None:
        raise NotFound
    return found
