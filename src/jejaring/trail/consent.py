"""Consent as evidence (UU 27/2022): which text somebody agreed to, when, and its withdrawal."""

from collections.abc import Iterable

from jejaring import world
from jejaring.trail.models import Consent

# The texts in force; a changed text gets a new version and is asked for again.
TEXT_VERSIONS = {"terms": "2026-11", "privacy": "2026-11"}


async def give(user_id: str, purposes: Iterable[str] = tuple(TEXT_VERSIONS)) -> None:
    """The user agrees to the texts now in force, in the caller's transaction. KeyError for a
    purpose without a text.
    """
    now = world.now()
    rows = [
        Consent(
            id=world.new_id("cns"),
            at=now,
            user_id=user_id,
            purpose=purpose,
            text_version=TEXT_VERSIONS[purpose],
        )
        for purpose in purposes
    ]
    await Consent.bulk_create(rows)


async def withdraw(user_id: str, purpose: str) -> int:
    """The user takes a consent back; how many rows stood until now."""
    standing = Consent.filter(user_id=user_id, purpose=purpose, withdrawn_at=None)
    return await standing.update(withdrawn_at=world.now())


async def of(user_id: str) -> list[Consent]:
    """Everything that the user ever agreed to, oldest first (a person gives a handful in all)."""
    return await Consent.filter(user_id=user_id).order_by("at", "id").limit(200)


async def missing(user_id: str) -> list[str]:
    """The purposes whose text in force the user has not agreed to."""
    given = Consent.filter(user_id=user_id, withdrawn_at=None)
    held = set(await given.limit(200).values_list("purpose", "text_version"))
    return [p for p, version in TEXT_VERSIONS.items() if (p, version) not in held]
