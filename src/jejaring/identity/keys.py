"""API keys: made (shown once), looked up, listed, revoked within a second in every process."""

import hashlib
import time

from jejaring import world
from jejaring.identity.models import ApiKey
from jejaring.identity.rules import Caller

CACHE_SECONDS = 0.5
_cache: dict[str, tuple[float, Caller | None]] = {}


def hash_of(secret: str) -> str:
    """SHA-256 of a key: it has 128 random bits, so no salt and no slow hash are needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def lookup(secret: str) -> Caller | None:
    """The caller of a key, or None for one that is unknown, revoked or expired.

    Answers are remembered for half a second, so that a revocation counts everywhere within one.
    """
    digest = hash_of(secret)
    known = _cache.get(digest)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    caller = await _load(digest)
    if len(_cache) > 10_000:
        _cache.clear()
    _cache[digest] = (time.monotonic() + CACHE_SECONDS, caller)
    return caller


async def _load(digest: str) -> Caller | None:
    row = await ApiKey.get_or_none(key_hash=digest).select_related("organisation")
    now = world.now()
    if row is None or row.revoked_at is not None or row.organisation.suspended_at is not None:
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
        scopes=frozenset(row.scopes),
    )
