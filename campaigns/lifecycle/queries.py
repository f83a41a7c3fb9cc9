"""Campaigns as they are read: one, a page of them, and the facts that credit needs."""

from collections.abc import Collection

from campaigns.lifecycle.models import Campaign, CampaignPause, CampaignProduct
from campaigns.lifecycle.rules import CampaignFacts, Dates, Span, spans
from jejaring.kit.errors import NotFound


async def get(merchant_id: str, campaign_id: str) -> Campaign:
    """The merchant's campaign; NotFound for another's."""
    row = await Campaign.get_or_none(id=campaign_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return row


async def products(campaign_ids: Collection[str]) -> dict[str, list[str]]:
    """The product ids of each campaign that names some."""
    rows = (
        await CampaignProduct.filter(campaign_id__in=list(campaign_ids))
        .order_by("id")
        .values_list("campaign_id", "product_id")
    )
    found: dict[str, list[str]] = {}
    for campaign_id, product_id in rows:
        found.setdefault(campaign_id, []).append(product_id)
    return found


async def facts(campaign_ids: Collection[str]) -> dict[str, CampaignFacts]:
    """When each campaign counted and what it covers; three queries however many there are."""
    wanted = list(campaign_ids)
    rows = await Campaign.filter(id__in=wanted)
    covered = await products(wanted)
    pauses: dict[str, list[Span]] = {}
    for pause in await CampaignPause.filter(campaign_id__in=wanted):
        pauses.setdefault(pause.campaign_id, []).append((pause.paused_at, pause.resumed_at))
    return {
        row.id: CampaignFacts(
            id=row.id,
            merchant_id=row.merchant_id,
            spans=spans(dates_of(row), pauses.get(row.id, [])),
            products=None if row.whole_shop else frozenset(covered.get(row.id, [])),
        )
        for row in rows
    }


def dates_of(row: Campaign) -> Dates:
    """The dates of a stored campaign."""
    return Dates(row.launched_at, row.starts_at, row.ends_at, row.ended_at)
