"""Goodwill as it is read, each side its own."""

from tortoise.expressions import Q

from campaigns.goodwill.models import Goodwill
from jejaring.db.listing import newest
from jejaring.identity.rules import Caller


async def page(
    caller: Caller, limit: int = 50, cursor: str | None = None, other: str | None = None
) -> tuple[list[Goodwill], str | None]:
    """What the merchant gave, or the partner got, newest first; with one other side, if given. A
    partner sees nothing of what waits, or ended waiting, for a second person.
    """
    org = caller.organisation_id
    wanted = Goodwill.filter(merchant_id=org)
    if caller.kind == "partner":
        wanted = Goodwill.filter(partner_id=org, decided_at__isnull=False)
    if other is not None:
        wanted = wanted.filter(Q(merchant_id=other) | Q(partner_id=other))
    return await newest(wanted, limit, cursor)
