"""Orders that somebody made up to get more than their due, or to bring the house down."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest_asyncio

from campaigns.lifecycle.models import CampaignPause
from jejaring import commands, world
from jejaring.ledger import statements
from jejaring.payouts import queries
from jejaring.settings import settings
from referrals.attribution.models import Credit
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from referrals.orders.models import Sale, SaleLine
from tests import make
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def put(s: Stage, order_id: str = "INV-1", **more: Any) -> dict[str, Any]:
    reply = await s.send("PUT", f"/v1/sales/website/{order_id}", body(order_id, **more))
    assert reply.status_code in (200, 201), reply.text
    found: dict[str, Any] = reply.json()
    return found


async def refund(s: Stage, sale: dict[str, Any], refund_id: str, **what: Any) -> httpx2.Response:
    sent = {"refund_id": refund_id, "reason": "rusak"} | what
    return await s.send("POST", f"/v1/sales/{sale['id']}/refunds", sent)


async def earned(s: Stage) -> int:
    """What Rina earned with Laras; the books are clean and add up."""
    assert await commands.differences(settings()) == []
    views, _ = await queries.balances(s.cast.laras.id, s.cast.rina.id)
    return views[0].earned if views else 0


def lines(count: int, price: int = 1_000) -> list[dict[str, Any]]:
    return [{"sku": f"SKU-{i}", "quantity": 2, "unit_price": price} for i in range(count)]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that go to the database meanwhile."""
    found: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage()[:60])

    log, listener = logging.getLogger("tortoise.db_client"), Listener()
    before = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(listener)
    try:
        yield found
    finally:
        log.removeHandler(listener)
        log.setLevel(before)


async def test_an_order_lowered_below_its_refunds_and_raised_again_is_what_it_was(
    s: Stage,
) -> None:
    at = world.now().isoformat()
    sale = await put(s, click_id=await s.click(), placed_at=at)
    await refund(s, sale, "R-1", amount=150_000)
    await refund(s, sale, "R-2", items=[{"line": 1, "quantity": 1}])
    assert (await SaleLine.get()).refunded == 200_000
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, placed_at=at, items=less)
    assert await earned(s) == 0
    more = [{"sku": "KEMEJA", "quantity": 4, "unit_price": 100_000}]
    await put(s, placed_at=at, items=more)
    line = await SaleLine.get()
    assert (line.base, line.refunded, line.returned) == (400_000, 200_000, 1)
    assert await earned(s) == 20_000


async def test_a_refund_after_another_rule_took_over_takes_its_part(s: Stage) -> None:
    big = {"name": "Besar", "when": {"min_order": 150_000}, "pay": {"kind": "percent"}}
    big["pay"] = {"kind": "percent", "rate_bp": 2000}
    await set_terms(s.campaign, {"rules": [big, percent()["rules"][0]]})
    at = world.now().isoformat()
    sale = await put(s, click_id=await s.click(), placed_at=at)
    await refund(s, sale, "R-1", amount=50_000)
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, placed_at=at, items=less)
    assert await earned(s) == 5_000
    await refund(s, sale, "R-2", amount=25_000)
    assert await earned(s) == 2_500


async def test_moving_an_order_s_day_does_not_open_another_month_s_limit(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 30_000})
    now = datetime(2026, 11, 20, 5, tzinfo=UTC)
    with world.at(now):
        click = await s.click(at=now - timedelta(days=25))
        october = (now - timedelta(days=24)).isoformat()
        await put(s, "INV-1", click_id=click, placed_at=october)
        await put(s, "INV-2", click_id=click, placed_at=now.isoformat())
        more = [{"sku": "KEMEJA", "quantity": 9, "unit_price": 100_000}]
        await put(s, "INV-1", click_id=click, placed_at=now.isoformat(), items=more)
        await put(s, "INV-2", click_id=click, placed_at=now.isoformat(), items=more)
    by_month: dict[str, int] = {}
    for row in await Commission.all():
        by_month[row.month] = by_month.get(row.month, 0) + row.amount - row.reversed
    assert by_month == {"2026-10": 30_000, "2026-11": 30_000}
    assert await earned(s) == 60_000


async def test_a_cancelled_order_reopened_does_not_pass_the_month_s_limit(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 20_000})
    now = world.now()
    click = await s.click()
    first = await put(s, "INV-1", click_id=click, placed_at=now.isoformat())
    await s.send("POST", f"/v1/sales/{first['id']}/state", {"state": "cancelled"})
    await put(s, "INV-2", click_id=click, placed_at=now.isoformat())
    newer = now.isoformat()
    await put(s, "INV-1", click_id=click, placed_at=now.isoformat(), updated_at=newer)
    assert (await Sale.get(order_id="INV-1")).state == "paid"
    assert await earned(s) == 20_000


async def test_a_batch_answers_each_even_twice_the_same_and_with_a_refund_that_waited(
    s: Stage,
) -> None:
    click = await s.click()
    early = {"source": "website", "order_id": "INV-5", "refund_id": "R-1", "reason": "batal"}
    assert (await s.send("POST", "/v1/refunds", early | {"amount": 50_000})).status_code == 202
    at = world.now().isoformat()
    sent = [body(f"INV-{i}", click_id=click, placed_at=at) for i in range(15)]
    again = [*sent, sent[5], sent[7], sent[7] | {"shipping": 1}, {"order_id": 1}]
    await set_terms(s.campaign, percent())
    reply = await s.send("POST", "/v1/sales/batch", {"sales": again})
    results = reply.json()["results"]
    assert [r["status"] for r in results] == [201] * 15 + [200, 200, 409, 422]
    assert all(r["sale"] for r in results[:17])
    for result in (results[5], results[15]):
        assert result["sale"]["commissions"][0]["reversed"] == 5_000
    assert await earned(s) == 15 * 20_000 - 5_000


async def test_five_hundred_lines_cost_a_fixed_number_of_statements(s: Stage) -> None:
    at = world.now().isoformat()
    counts = {}
    for size in (5, 500):
        order_id = f"INV-{size}"
        click = await s.click()
        whole = {"click_id": click, "placed_at": at, "items": lines(size)}
        with counted() as stored:
            sale = await put(s, order_id, **whole)
        with counted() as refunded:
            await refund(s, sale, "R-1", amount=size * 500)
        with counted() as raised:
            await put(s, order_id, **whole | {"items": lines(size, 3_000)})
        with counted() as delivered:
            await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "delivered"})
        with counted() as closed:
            await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "returned"})
        counts[size] = [len(n) for n in (stored, refunded, raised, delivered, closed)]
    assert await earned(s) == 0
    for few, many in zip(counts[5], counts[500], strict=True):
        assert many <= few + 6, counts


async def test_amounts_at_the_end_of_the_scale(s: Stage) -> None:
    most = 10**12
    items = [{"sku": "KEMEJA", "quantity": 1, "unit_price": most}]
    sale = await s.sell(click_id=await s.click(), items=items)
    assert sale["commissions"][0]["amount"] == most // 10
    assert (await refund(s, sale, "R-1", amount=most)).status_code == 201
    over = body("INV-2", items=[{"sku": "KEMEJA", "quantity": 2, "unit_price": most}])
    assert (await s.send("POST", "/v1/sales", over)).status_code == 422
    free = [{"sku": "KEMEJA", "quantity": 2, "unit_price": 50, "discount": 100}]
    none = await s.sell("INV-3", click_id=await s.click(), items=free)
    assert [c["amount"] for c in none["commissions"]] == [0]
    assert await earned(s) == 0


async def test_a_zero_rate_pays_zero_all_its_life(s: Stage) -> None:
    await set_terms(s.campaign, percent(0) | {"hold_days": 0})
    sale = await s.sell(click_id=await s.click(), state="delivered")
    assert [(c["amount"], c["state"]) for c in sale["commissions"]] == [(0, "payable")]
    assert (await refund(s, sale, "R-1", amount=1)).status_code == 201
    await put(s, click_id=None, items=lines(2), placed_at=sale["placed_at"])
    assert await earned(s) == 0


async def test_sales_that_no_promise_covers_earn_nothing(s: Stage) -> None:
    """Paused, ended, left, not begun; another shop's click and coupon."""
    now = world.now()
    click = await s.click(at=now - timedelta(hours=3))
    pause: dict[str, Any] = {
        "paused_at": now - timedelta(hours=2),
        "resumed_at": now - timedelta(hours=1),
    }
    await CampaignPause.create(campaign_id=s.campaign.id, **pause)
    halfway = (now - timedelta(minutes=90)).isoformat()
    paused = await s.sell("INV-1", click_id=click, placed_at=halfway)
    assert (paused["credit"], paused["notes"][0]["code"]) == ([], "not_live")
    foreign = await stage.set_up_rival(s)
    place = await make.enrolment(await make.campaign(s.cast.bukit.org), s.cast.rina.org)
    await make.coupon(place, "BUKIT10")
    other = await s.sell("INV-2", click_id=foreign, coupon="BUKIT10")
    assert other["credit"] == []
    assert [n["code"] for n in other["notes"]] == ["click_unknown", "coupon_unknown"]
    s.rina.ended_at = now - timedelta(minutes=30)
    await s.rina.save(update_fields=["ended_at"])
    left = await s.sell("INV-3", click_id=click)
    assert (left["credit"], left["notes"][0]["code"]) == ([], "enrolment_ended")
    before = (now - timedelta(minutes=45)).isoformat()
    stayed = await s.sell("INV-4", click_id=click, placed_at=before)
    assert [c["amount"] for c in stayed["commissions"]] == [20_000]
    s.campaign.ended_at = now - timedelta(minutes=40)
    await s.campaign.save(update_fields=["ended_at"])
    ended = (now - timedelta(minutes=35)).isoformat()
    over = await s.sell("INV-5", click_id=click, placed_at=ended)
    assert (over["credit"], over["notes"][0]["code"]) == ([], "not_live")
    late = (now - timedelta(minutes=50)).isoformat()
    assert (await s.sell("INV-6", click_id=click, placed_at=late))["credit"]
    assert await Credit.all().count() == 2
    assert await earned(s) == 40_000


async def test_an_amount_per_order_is_paid_once_to_each_of_two_campaigns_partners(
    s: Stage,
) -> None:
    hat = await make.product(s.cast.laras.org, sku="TOPI", category="topi")
    began = s.campaign.created_at
    rule = {"name": "Pesanan", "when": {}, "pay": {"kind": "per_order", "amount": 7_001}}
    one = await make.campaign(s.cast.laras.org, s.product, created_at=began, launched_at=began)
    two = await make.campaign(s.cast.laras.org, hat, created_at=began, launched_at=began)
    for campaign in (one, two):
        await set_terms(campaign, {"rules": [rule]})
    _, link = await s.join(s.cast.rina, one)
    dimas, _ = await s.join(s.cast.dimas, two)
    await make.coupon(dimas, "TOPI")
    items = [
        {"sku": sku, "quantity": 1, "unit_price": 10_000}
        for sku in ("KEMEJA", "TOPI", "KEMEJA", "TOPI", "KEMEJA")
    ]
    sale = await s.sell(click_id=await s.click(link), coupon="TOPI", items=items)
    amounts = [(c["line"], c["amount"]) for c in sale["commissions"]]
    assert amounts == [(1, 2_334), (2, 3_501), (3, 2_334), (4, 3_500), (5, 2_333)]
    await refund(s, sale, "R-1", amount=25_000)
    assert await earned(s) == 3_500


async def test_a_sale_at_the_last_whole_second_before_a_rule_ends(s: Stage) -> None:
    """A whole second stands for its end, for rules as for clicks, campaigns and coupons."""
    second = world.now().replace(microsecond=0) - timedelta(minutes=1)
    early = {"name": "Awal", "when": {"until": (second + timedelta(seconds=1)).isoformat()}}
    late = {"name": "Akhir", "when": {"from": (second + timedelta(milliseconds=300)).isoformat()}}
    pay = {"kind": "percent", "rate_bp": 100}
    await set_terms(s.campaign, {"rules": [late | {"pay": pay}, early | {"pay": pay}]})
    click = await s.click(at=second + timedelta(milliseconds=500))
    for number, (at, name) in enumerate(
        [(second, "Akhir"), (second - timedelta(seconds=1), None), (second, "Akhir")]
    ):
        sale = await s.sell(f"INV-{number}", click_id=click, placed_at=at.isoformat())
        rules = [c["because"][0]["rule"] for c in sale["commissions"]]
        assert rules == ([name] if name else [])


async def test_the_hold_is_over_on_the_second(s: Stage) -> None:
    await s.sell(click_id=await s.click(), state="delivered")
    due = (await Commission.get()).release_at
    assert due is not None
    with world.at(due - timedelta(microseconds=1)):
        assert await release_due() == 0
    with world.at(due):
        assert await release_due() == 1
    assert await earned(s) == 20_000


async def test_entries_tell_whose_order_they_are(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    sale = await put(s, click_id=await s.click(), state="delivered")
    await refund(s, sale, "R-1", amount=50_000)
    more = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    await put(s, placed_at=sale["placed_at"], state="delivered", items=more)
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "returned"})
    at = world.now().isoformat()
    await put(s, placed_at=sale["placed_at"], state="delivered", items=more, updated_at=at)
    now = world.now()
    within = (now - timedelta(days=1), now + timedelta(days=1))
    moved = await statements.movements(s.cast.laras.id, s.cast.rina.id, within, limit=100)
    kinds = {m.event for m in moved}
    assert kinds == {"accrue", "release", "reverse", "amend", "reinstate"}
    assert {m.memo.get("order_id") for m in moved} == {"INV-1"}
    listed = await s.send("GET", "/v1/statement", who=s.cast.rina)
    assert all("INV-1" in str(row) for row in listed.json()["data"][0]["movements"])
