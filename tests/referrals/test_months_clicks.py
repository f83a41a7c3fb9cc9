"""Clicks of a day: once per link and visitor, held to the day's limit, made the day after."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from jejaring import world
from jejaring.jobs import worker
from jejaring.jobs.models import Job
from jejaring.ledger import audit as ledger_audit
from referrals.clicks import queries
from referrals.commissions import audit
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from referrals.months import click_fee
from referrals.months.click_fee import TOPIC
from referrals.months.jobs import HANDLERS
from tests import make
from tests.cast import Cast, call
from tests.referrals.shop import Stage, set_terms, set_up

DAY = date(2026, 10, 5)
NOON = datetime(2026, 10, 5, 5, tzinfo=UTC)
NEXT = datetime(2026, 10, 6, 1, tzinfo=UTC)


def terms(**more: Any) -> dict[str, Any]:
    pay = {"kind": "per_click", "amount": 200, "max_per_day": 10_000}
    return {"rules": [{"name": "Klik", "when": {}, "pay": pay} | more]}


async def october(http: httpx2.AsyncClient, cast: Cast, body: dict[str, Any], **more: Any) -> Stage:
    with world.at(NOON - timedelta(days=1)):
        s = await set_up(http, cast, **more)
        await set_terms(s.campaign, body)
    return s


async def visits(s: Stage, count: int, **more: Any) -> None:
    for n in range(count):
        await s.click(at=NOON + timedelta(seconds=n), **more)


async def accrue(at: datetime = NEXT) -> int:
    with world.at(at):
        return await click_fee.accrue_day("Asia/Jakarta", DAY)


async def test_each_visitor_of_a_link_is_paid_once_a_day(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, terms())
    await visits(s, 3)
    await visits(s, 2, visitor="the-same-person-again")
    other = await make.link(s.rina, label="dua")
    await s.click(other, at=NOON, visitor="the-same-person-again")
    await s.click(at=NOON + timedelta(days=1))
    await s.click(at=NOON - timedelta(hours=13))
    assert await accrue() == 1
    assert await accrue() == 0
    row = await Commission.get()
    assert (row.amount, row.state, row.key) == (
        1_000,
        "pending",
        f"accrue:click-2026-10-05:{s.rina.id}:Klik",
    )
    assert row.release_at == NEXT + timedelta(days=7)
    text = (await call(http, cast.rina, "GET", "/v1/commissions")).json()["data"][0]["because"][0]
    assert text["text"] == "Klik: 5 klik pada 2026-10-05, Rp200 per klik = Rp1.000."
    with world.at(NEXT + timedelta(days=7)):
        assert await release_due() == 1
    stands = await s.balance()
    assert stands is not None
    assert stands.payable == 1_000
    assert [*await audit.audit(), *await ledger_audit.audit()] == []


async def test_robots_previews_and_ones_own_clicks_are_not_paid(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, terms())
    for kind in ("bot", "preview", "prefetch"):
        await s.click(at=NOON, kind=kind, visitor=None)
    await s.click(at=NOON, own=True)
    assert await accrue() == 0
    assert not await Commission.exists()


async def test_a_cookie_that_never_came_back_is_worth_a_fifth_at_most(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, terms())
    for n in range(15):
        click_id, visitor = world.click_ids(NOON + timedelta(seconds=n))
        await s.click(id=click_id, visitor=visitor, at=NOON + timedelta(seconds=n))
    await s.click(visitor=None, at=NOON)
    await s.click(visitor=visitor, at=NOON + timedelta(minutes=1))
    assert await accrue() == 1
    row = await Commission.get()
    assert (row.amount, row.because["clicks"], row.because["proved"]) == (2_200, 16, 1)
    assert row.because["notes"] == ["no_cookie"]


async def test_conditions_limits_and_the_budget_hold(http: httpx2.AsyncClient, cast: Cast) -> None:
    when = {"channel": ["scan"], "role": ["reseller"]}
    body = terms(when=when, max_per_partner_month=500) | {"max_per_partner_month": 10_000}
    s = await october(http, cast, body, budget=450)
    await visits(s, 2)
    await visits(s, 3, via="scan")
    assert await accrue() == 1
    row = await Commission.get()
    assert (row.amount, row.because["notes"]) == (450, ["month_cap", "budget_spent"])
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.end_reason) == (450, "budget")


async def test_a_paused_campaign_and_one_of_another_zone_pay_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, terms())
    await visits(s, 2)
    with world.at(NEXT):
        assert await click_fee.accrue_day("Asia/Jayapura", DAY) == 0
    await type(s.campaign).filter(id=s.campaign.id).update(ended_at=NOON - timedelta(hours=1))
    assert await accrue() == 0


async def test_days_that_are_over_are_planned_once_and_worked_off(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, terms())
    await visits(s, 1)
    with world.at(NEXT):
        await click_fee.plan()
        await click_fee.plan()
        assert await Job.filter(topic=TOPIC).count() == 21
        await worker.drain(HANDLERS)
    assert (await Commission.get()).amount == 200


async def test_clicks_of_a_span_are_found_in_a_large_table(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = await october(http, cast, terms())
    for hours in range(-30, 60, 3):
        await s.click(at=NOON + timedelta(hours=hours))
    monkeypatch.setattr(queries, "_SMALL", 0)
    low, high = await queries.between(NOON, NOON + timedelta(hours=6))
    assert high - low <= 4
    found = await queries.of_campaign(s.campaign.id, NOON, NOON + timedelta(hours=6), (low, high))
    assert len(found) == 2
