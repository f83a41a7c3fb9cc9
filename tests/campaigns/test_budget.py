"""The budget: given out under a lock, never twice; it ends a campaign, and a top-up revives it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2

from campaigns.lifecycle import budget, queries
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.models import Event
from tests import make
from tests.cast import Cast, call

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


async def take(campaign: Campaign, wanted: int) -> int:
    return await transact(lambda: budget.reserve(campaign.id, wanted))


async def test_a_campaign_without_a_budget_gives_everything(cast: Cast) -> None:
    one = await make.campaign(cast.laras.org)
    assert await take(one, 10**9) == 10**9
    assert (await Campaign.get(id=one.id)).reserved == 10**9


async def test_the_last_commission_gets_what_is_left_and_ends_the_campaign(cast: Cast) -> None:
    one = await make.campaign(cast.laras.org, budget=100)
    assert await take(one, 0) == 0
    assert await take(one, 70) == 70
    assert await take(one, 70) == 30
    row = await Campaign.get(id=one.id)
    assert (row.reserved, row.state, row.end_reason) == (100, "ended", "budget")
    assert await take(one, 1) == 0
    assert await Event.filter(name="campaign.ended", subject=one.id).count() == 1


async def test_money_freed_revives_nothing_and_serves_late_sales(cast: Cast) -> None:
    one = await make.campaign(cast.laras.org, budget=100)
    await take(one, 100)
    await transact(lambda: budget.free(one.id, 40))
    await transact(lambda: budget.free(one.id, 0))
    row = await Campaign.get(id=one.id)
    assert (row.reserved, row.state) == (60, "ended")
    assert await take(one, 50) == 40


async def test_many_at_once_never_give_more_than_there_is(cast: Cast) -> None:
    one = await make.campaign(cast.laras.org, budget=100)
    grants = await asyncio.gather(*(take(one, 30) for _ in range(6)))
    assert sorted(grants) == [0, 0, 10, 30, 30, 30]
    assert (await Campaign.get(id=one.id)).reserved == 100


async def test_a_top_up_revives_and_the_time_between_does_not_count(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    with world.at(NOW):
        one = await make.campaign(cast.laras.org, budget=100)
    path = f"/v1/campaigns/{one.id}"
    with world.at(NOW + timedelta(days=1)):
        await take(one, 100)
        renamed = await call(http, cast.laras, "PATCH", path, {"name": "x", "budget": 100})
        assert renamed.json()["state"] == "ended"
    with world.at(NOW + timedelta(days=2)):
        reply = await call(http, cast.laras, "PATCH", path, {"budget": 150})
    assert (reply.json()["state"], reply.json()["end_reason"]) == ("live", None)
    assert (await queries.facts([one.id]))[one.id].spans == (
        (NOW, NOW + timedelta(days=1)),
        (NOW + timedelta(days=2), None),
    )
    assert await Event.filter(name="campaign.resumed", subject=one.id).count() == 1
    assert await take(one, 80) == 50


async def test_a_paused_campaign_that_is_topped_up_stays_paused(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    one = await make.campaign(cast.laras.org, budget=100)
    path = f"/v1/campaigns/{one.id}"
    await call(http, cast.laras, "POST", f"{path}/pause")
    await take(one, 100)
    assert (await call(http, cast.laras, "GET", path)).json()["state"] == "ended"
    reply = await call(http, cast.laras, "PATCH", path, {"budget": None})
    assert reply.json()["state"] == "paused"
    reply = await call(http, cast.laras, "POST", f"{path}/launch")
    assert reply.json()["state"] == "live"


async def test_a_top_up_after_the_last_day_revives_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    end = NOW + timedelta(days=2)
    with world.at(NOW):
        one = await make.campaign(cast.laras.org, budget=100, ends_at=end)
        await take(one, 100)
    path = f"/v1/campaigns/{one.id}"
    with world.at(end):
        reply = await call(http, cast.laras, "PATCH", path, {"budget": 200})
        assert (reply.status_code, reply.json()["code"]) == (409, "campaign_ended")
        longer = {"budget": 200, "ends_at": (end + timedelta(days=1)).isoformat()}
        reply = await call(http, cast.laras, "PATCH", path, longer)
        assert reply.json()["state"] == "live"


async def test_a_spent_budget_keeps_a_campaign_from_resuming(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    one = await make.campaign(cast.laras.org, budget=100, state="draft", launched_at=None)
    await Campaign.filter(id=one.id).update(reserved=100)
    reply = await call(http, cast.laras, "POST", f"/v1/campaigns/{one.id}/launch")
    assert (reply.status_code, reply.json()["code"]) == (409, "budget_spent")
