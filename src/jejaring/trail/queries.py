"""Read the trail: one organisation's or one thing's entries, newest first."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from jejaring.kit import paging
from jejaring.trail.models import AuditEntry


@dataclass(frozen=True)
class TrailPage:
    """Entries and where the next page starts (None on the last)."""

    entries: list[AuditEntry]
    next_cursor: str | None


def _before(cursor: str | None) -> Q:
    if cursor is None:
        return Q()
    last = paging.decode(cursor)
    return Q(at__lt=last.at) | Q(at=last.at, id__lt=last.id)


async def page(
    organisation_id: str | None,
    *,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> TrailPage:
    """One organisation's entries (None: everybody's, for the operator), filtered.

    `action` is a whole name (`key.made`) or a family (`key.`). Invalid for a foreign cursor.
    """
    wanted = AuditEntry.filter(_before(cursor))
    if organisation_id is not None:
        wanted = wanted.filter(organisation_id=organisation_id)
    if action is not None:
        matches = Q(action__startswith=action) if action.endswith(".") else Q(action=action)
        wanted = wanted.filter(matches)
    if subject is not None:
        wanted = wanted.filter(subject=subject)
    if since is not None:
        wanted = wanted.filter(at__gte=since)
    found = await wanted.order_by("-at", "-id").limit(limit + 1)
    entries, more = paging.cut(found, limit)
    tail = paging.encode(paging.Cursor(entries[-1].at, entries[-1].id)) if more else None
    return TrailPage(entries, tail)
