"""Campaigns as they are read: one, a page of them, and the facts that credit needs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from campaigns.lifecycle.models import Campaign, CampaignProduct
from campaigns.lifecycle.rules import CampaignFacts, Dates, Span, spans, state_now
from jejaring import world
from jejaring.db import bulk
from jejaring.db.listing import newest
from jejaring.kit.errors import NotFound

_FACTS = "id, merchant_id, whole_shop, launched_at, starts_at, ends_at, ended_at"
_PAUSE = "paused_at, resumed_at"


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
    """When each campaign counted and what it covers; read together, for it is asked per sale."""
    if not campaign_ids:
        return {}
    one, ids = bulk.within("id", campaign_ids)
    of_one, _ = bulk.within("campaign_id", campaign_ids)
    rows, covered, paused = await bulk.read(
        (f"SELECT {_FACTS} FROM campaign WHERE {one}", ids),  # noqa: S608
        (f"SELECT campaign_id, product_id FROM campaign_product WHERE {of_one}", ids),  # noqa: S608
        (f"SELECT campaign_id, {_PAUSE} FROM campaign_pause WHERE {of_one}", ids),  # noqa: S608
    )
    pauses: dict[str, list[Span]] = {}
    for pause in paused:
        span = (bulk.instant(pause["paused_at"]), bulk.maybe_instant(pause["resumed_at"]))
        pauses.setdefault(pause["campaign_id"], []).append(span)
    found: dict[str, set[str]] = {}
    for row in covered:
        found.setdefault(row["campaign_id"], set()).add(row["product_id"])
    return {
        row["id"]: CampaignFacts(
            id=row["id"],
            merchant_id=row["merchant_id"],
            spans=spans(_dates(row), pauses.get(row["id"], [])),
            products=None if row["whole_shop"] else frozenset(found.get(row["id"], ())),
        )
        for row in rows
    }


def _dates(row: Mapping[str, Any]) -> Dates:
    names = ("launched_at", "starts_at", "ends_at", "ended_at")
    return Dates(*[bulk.maybe_instant(row[name]) for name in names])


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
