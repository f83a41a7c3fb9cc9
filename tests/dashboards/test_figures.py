"""Figures over the real database: counted once, never lost, each side sees its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx2
import pytest

from dashboards.figures import audit, queries, rollup
from dashboards.figures.models import DailyFigure, RollupMark
from jejaring import world
from jejaring.hooks.publish import publish
from jejaring.settings import settings
from referrals.clicks.models import Click
from tests.cast import Cast, call

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)


async def click(cast: Cast, kind: str = "person", via: str = "click", **more: Any) -> Click:
    given: dict[str, Any] = {
        "id": world.token(22), "at": NOON, "link_id": "lnk_1", "enrolment_id": "enr_1",
        "campaign_id": "cmp_1", "merchant_id": cast.laras.id, "partner_id": cast.rina.id,
        "product_id": None, "kind": kind, "via": via,
    }  # fmt: skip
    return await Click.create(**(given | more))


async def told(cast: Cast, name: str = "sale.recorded", **delta: Any) -> None:
    figure = {
        "placed_at": NOON.isoformat(), "campaign_id": "cmp_1", "partner_id": cast.rina.id,
        "link_id": "lnk_1", "product_id": "", "channel": "coupon",
        "sales": 1, "sales_amount": 130_000, "commission": 13_000,
    }  # fmt: skip
    await publish(name, cast.laras.id, "sal_1", figures=[figure | delta])


async def laras(cast: Cast, group: str = "day") -> queries.Stats:
    return await queries.stats("merchant", cast.laras.id, group, DAY, DAY)


async def test_a_stranger_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/v1/stats")).status_code == 401


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    await click(cast)
    await rollup.run()
    reply = await call(http, cast.bukit, "GET", "/v1/stats?from=2026-11-24&to=2026-11-24")
    assert reply.json()["data"] == []
    assert reply.json()["totals"]["people"] == 0


async def test_both_sides_see_the_same_click(http: httpx2.AsyncClient, cast: Cast) -> None:
    await click(cast)
    await click(cast, via="scan", repeat=True)
    await click(cast, kind="preview")
    await rollup.run()
    for member in (cast.laras, cast.rina):
        reply = await call(
            http, member, "GET", "/v1/stats?group=link&from=2026-11-24&to=2026-11-24"
        )
        [row] = reply.json()["data"]
        assert (row["key"], row["people"], row["scans"], row["visits"], row["previews"]) == (
            "lnk_1", 2, 1, 1, 1,
        )  # fmt: skip


async def test_partners_are_named_by_handle(http: httpx2.AsyncClient, cast: Cast) -> None:
    await click(cast)
    await rollup.run()
    found = await call(
        http, cast.laras, "GET", "/v1/stats?group=partner&from=2026-11-24&to=2026-11-24"
    )
    assert [r["key"] for r in found.json()["data"]] == ["rina"]


async def test_most_people_come_first_and_totals_count_what_is_not_shown(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    for link, times in (("lnk_1", 1), ("lnk_2", 3), ("lnk_3", 2)):
        for _ in range(times):
            await click(cast, link_id=link)
    await rollup.run()
    path = "/v1/stats?group=link&from=2026-11-24&to=2026-11-24&limit=2"
    found = (await call(http, cast.laras, "GET", path)).json()
    assert [r["key"] for r in found["data"]] == ["lnk_2", "lnk_3"]
    assert found["totals"]["people"] == 6


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("group=hour", "/group"),
        ("from=24/11/2026", "/from"),
        ("from=2026-11-25&to=2026-11-24", "/from"),
        ("limit=0", "/limit"),
        ("surprise=1", "/surprise"),
    ],
)
async def test_a_wrong_question_is_told_where(
    http: httpx2.AsyncClient, cast: Cast, query: str, pointer: str
) -> None:
    reply = await call(http, cast.laras, "GET", f"/v1/stats?{query}")
    assert reply.status_code == 422
    [error] = reply.json()["errors"]
    assert error["pointer"] == pointer
    assert not error["detail"].startswith("problem.")


async def test_the_default_is_the_last_thirty_days(http: httpx2.AsyncClient, cast: Cast) -> None:
    await click(cast, at=NOON - timedelta(days=29))
    await click(cast, at=NOON - timedelta(days=30))
    await rollup.run()
    with world.at(NOON):
        reply = await call(http, cast.laras, "GET", "/v1/stats")
    assert reply.json()["totals"]["people"] == 1


async def test_nothing_is_counted_twice(cast: Cast) -> None:
    await click(cast)
    await told(cast)
    await rollup.run()
    await rollup.run()
    totals = (await laras(cast)).totals
    assert (totals.people, totals.sales, totals.sales_amount) == (1, 1, 130_000)
    await click(cast)
    await rollup.run()
    assert (await laras(cast)).totals.people == 2


async def test_a_refund_takes_back_from_the_day_of_the_order(cast: Cast) -> None:
    await told(cast)
    with world.at(NOON + timedelta(days=9)):
        await told(cast, "refund.applied", sales=0, sales_amount=-130_000, commission=-13_000)
    await rollup.run()
    totals = (await laras(cast)).totals
    assert (totals.sales, totals.sales_amount, totals.commission) == (1, 0, 0)


async def test_other_events_are_passed_over(cast: Cast) -> None:
    await publish("campaign.launched", cast.laras.id, "cmp_1")
    await told(cast)
    await rollup.run()
    assert (await laras(cast)).totals.sales == 1


async def test_batches_are_read_to_the_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "BATCH", 3)
    monkeypatch.setattr(rollup, "ROWS_A_STATEMENT", 2)
    for number in range(10):
        await click(cast, link_id=f"lnk_{number}")
    await rollup.run()
    assert (await laras(cast)).totals.people == 10


async def test_two_workers_at_once_count_each_click_once(cast: Cast) -> None:
    for _ in range(20):
        await click(cast)
    await asyncio.gather(*(rollup.step(rollup.CLICKS) for _ in range(4)))
    await rollup.run()
    assert (await laras(cast)).totals.people == 20


async def test_days_without_clicks_are_zero_in_a_chart(cast: Cast) -> None:
    await click(cast)
    await click(cast, link_id="lnk_2")
    await rollup.run()
    days = [DAY - timedelta(days=1), DAY]
    shown = await queries.by_day("partner", cast.rina.id, days)
    assert [(f.key, f.people) for f in shown] == [("2026-11-23", 0), ("2026-11-24", 2)]
    one = await queries.by_day("partner", cast.rina.id, days, link_id="lnk_2")
    assert [f.people for f in one] == [0, 1]
    assert await queries.by_day("partner", cast.rina.id, []) == []


async def test_the_operator_sees_the_sum_of_all_shops(cast: Cast) -> None:
    await click(cast)
    await click(cast, merchant_id=cast.bukit.id)
    await rollup.run()
    assert (await queries.totals("operator", cast.sari.id, DAY, DAY)).people == 2


async def test_the_check_finds_nothing_then_names_what_was_changed(cast: Cast) -> None:
    assert await audit.audit() == []
    await click(cast)
    await told(cast, commission=0)
    await rollup.run()
    assert await audit.audit() == []
    await DailyFigure.all().update(people=7, sales_amount=1)
    found = {(d.what, d.subject, d.expected, d.found) for d in await audit.audit()}
    assert ("people", cast.laras.id, 1, 14) in found
    assert ("sales_amount", cast.laras.id, 130_000, 2) in found


@asynccontextmanager
async def other_session() -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings().database_url.replace("asyncpg://", "postgres://"))
    try:
        yield connection
    finally:
        await connection.close()


_LATE = (
    "INSERT INTO click (id, at, link_id, enrolment_id, campaign_id, merchant_id, partner_id, kind, "
    "via) VALUES ($1, $2, 'lnk_late', 'e', 'c', $3, $4, 'person', 'click')"
)


@pytest.mark.only_on("postgres")  # SQLite has one writer at a time
async def test_a_transaction_held_open_is_counted_when_it_commits(cast: Cast) -> None:
    async with other_session() as late:
        held = late.transaction()
        await held.start()
        await late.execute(_LATE, world.token(22), NOON, cast.laras.id, cast.rina.id)
        await click(cast)
        await rollup.run()
        assert (await laras(cast)).totals.people == 1
        await rollup.run()
        assert len((await RollupMark.get(name="clicks")).holes) == 1
        assert await audit.audit() == []
        await held.commit()
    await click(cast)
    await rollup.run()
    await rollup.run()
    assert (await laras(cast)).totals.people == 3
    assert (await RollupMark.get(name="clicks")).holes == []


@pytest.mark.only_on("postgres")  # SQLite has one writer at a time
async def test_a_transaction_that_rolls_back_leaves_no_hole_behind(cast: Cast) -> None:
    async with other_session() as late:
        held = late.transaction()
        await held.start()
        await late.execute(_LATE, world.token(22), NOON, cast.laras.id, cast.rina.id)
        await click(cast)
        await rollup.run()
        await held.rollback()
    await rollup.run()
    assert (await RollupMark.get(name="clicks")).holes == []
    assert (await laras(cast)).totals.people == 1
