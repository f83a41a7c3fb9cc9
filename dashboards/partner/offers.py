"""Campaigns as cards: what a partner earns in a sentence, an example, the end, the budget left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.enrolments import show
from campaigns.enrolments.shapes import CampaignOut, worked
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from campaigns.terms import versions
from campaigns.terms.models import TermsVersion
from campaigns.terms.rules import read
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
    offers = [_offer(row, one, lang) for row, one in zip(rows, whole, strict=True)]
    return await _in_force(offers, {one.id: one for one in whole}, lang, zone)


def _offer(row: Campaign, one: CampaignOut, lang: str) -> Offer:
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
    )


async def _in_force(
    offers: list[Offer], whole: dict[str, CampaignOut], lang: str, zone: str
) -> list[Offer]:
    """The offers by the version in force, where the latest one is only announced."""
    now = await versions.at([offer.id for offer in offers], world.now())
    early = {o.id: now[o.id][0] for o in offers if o.id in now and now[o.id][0] != o.number}
    if not early:
        return offers
    rows = await TermsVersion.filter(campaign_id__in=list(early))
    rows = [row for row in rows if early[row.campaign_id] == row.number]
    told = {one.campaign_id: one for one in await show.terms_versions(rows, zone)}
    examples = {r.campaign_id: worked(read(r.body), show.EXAMPLE_PRICE, zone) for r in rows}
    return [
        replace(
            offer,
            sentences=getattr(told[offer.id].explain, lang),
            example=getattr(examples[offer.id], lang)[0],
            number=told[offer.id].number,
            coming=tuple(offer.sentences),
            coming_at=whole[offer.id].terms.effective_at,
        )
        if offer.id in told
        else offer
        for offer in offers
    ]
