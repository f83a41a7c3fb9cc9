"""Campaigns as cards: what a partner earns in a sentence, an example, the end, the budget left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.content import rules as posts
from campaigns.enrolments import show
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.shapes import CampaignOut
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from campaigns.terms import versions
from campaigns.terms.rules import Who
from jejaring import world


@dataclass(frozen=True)
class Offer:
    """A campaign for its card, by the terms in force; `sentences` and `example` in the reader's
    language. `coming` are the sentences of a version that is announced for `coming_at`.
    """

    id: str
    name: str
    shop: str
    city: str
    state: str
    joining: str
    audience: tuple[str, ...]
    sentences: list[str]
    example: str
    ends_at: datetime | None
    left: int | None
    number: int
    coming: tuple[str, ...] = ()
    coming_at: datetime | None = None


async def page(
    lang: str, zone: str, but: Collection[str], limit: int, cursor: str | None = None
) -> tuple[list[Offer], str | None]:
    """Live campaigns that take partners, without those in `but`, newest first."""
    rows, following = await lifecycle.offers(limit, cursor, but=but)
    return await of(rows, lang, zone), following


async def of(rows: Sequence[Campaign], lang: str, zone: str) -> list[Offer]:
    """Campaigns, fetched with their merchants, as cards in the order given."""
    if not rows:
        return []
    whole = await show.campaigns(rows, zone)
    return [_offer(row, one, lang) for row, one in zip(rows, whole, strict=True)]


def _offer(row: Campaign, one: CampaignOut, lang: str) -> Offer:
    coming = one.announced[0] if one.announced else None
    return Offer(
        id=row.id,
        name=row.name,
        shop=row.merchant.name,
        city=row.merchant.city,
        state=one.state,
        joining=one.joining,
        audience=tuple(one.audience),
        sentences=getattr(one.explain, lang),
        example=getattr(one.example, lang)[0],
        ends_at=one.ends_at,
        left=None if one.budget is None else max(one.budget - one.reserved, 0),
        number=one.terms.number,
        coming=tuple(getattr(coming.explain, lang)) if coming else (),
        coming_at=coming.effective_at if coming else None,
    )


async def post_fees(handle: str, places: Sequence[Enrolment]) -> dict[str, int]:
    """What a post pays the partner now at each of these places, in rupiah, by campaign; campaigns
    that pay for none are absent.
    """
    now = world.now()
    terms = await versions.at([place.campaign_id for place in places], now)
    found = {}
    for place in places:
        if place.campaign_id in terms:
            who = Who(place.role, handle, place.tier)
            paid = posts.paying(terms[place.campaign_id][1], who, now)
            if paid:
                found[place.campaign_id] = sum(rule.amount or 0 for _, rule in paid)
    return found
