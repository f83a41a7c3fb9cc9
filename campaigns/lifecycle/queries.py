"""Campaigns as they are read: one, a page of them, and the facts that credit needs."""

from collections.abc import Collection
from datetime import datetime

from tortoise.expressions import Q

from campaigns.lifecycle.models import Campaign, CampaignPause, CampaignProduct
from campaigns.lifecycle.rules import CampaignFacts, Dates, Span, spans, state_now
from jejaring import world
from jejaring.db.listing import newest
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


def _in_state(state: str, now: datetime) -> Q:
    """Campaigns that count as being in the state, whether or not the job that ends them ran."""
    over = Q(state__in=["live", "paused"], ends_at__lte=now)
    if state == "ended":
        return Q(state="ended") | over
    return Q(state=state) & (Q(ends_at__isnull=True) | Q(ends_at__gt=now) | Q(state="draft"))


async def page(
    merchant_id: str, state: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Campaign], str | None]:
    """The merchant's campaigns, newest first."""
    wanted = Campaign.filter(merchant_id=merchant_id)
    if state is not None:
        wanted = wanted.filter(_in_state(state, world.now()))
    return await newest(wanted, limit, cursor)


async def public(campaign_id: str) -> Campaign:
    """A campaign that anybody may look at, with its merchant: launched at some time, of a shop that
    is not suspended. NotFound otherwise.
    """
    row = await Campaign.get_or_none(id=campaign_id).select_related("merchant")
    if row is None or row.state == "draft" or row.merchant.suspended_at is not None:
        raise NotFound
    return row


async def offers(
    limit: int = 50,
    cursor: str | None = None,
    merchant_id: str | None = None,
    but: Collection[str] = (),
) -> tuple[list[Campaign], str | None]:
    """Live campaigns that a partner may join or ask to join, with their merchants, newest first;
    `but` the ids of those that are left out.
    """
    wanted = Campaign.filter(
        _in_state("live", world.now()),
        joining__in=["open", "approval"],
        merchant__suspended_at__isnull=True,
    ).select_related("merchant")
    if merchant_id is not None:
        wanted = wanted.filter(merchant_id=merchant_id)
    if but:
        wanted = wanted.exclude(id__in=list(but))
    return await newest(wanted, limit, cursor)


def state_of(row: Campaign) -> str:
    """The state as it counts now."""
    return state_now(row.state, row.ends_at, world.now())
