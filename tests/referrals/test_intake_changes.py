"""What happens to an order afterwards: states, refunds, upserts, and the money that follows."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.hooks.models import Event
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import release_due
from referrals.intake.refund import apply_left_over
from referrals.orders.models import Refund, SaleLine
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.changing import move, parts, refund
from tests.referrals.shop import Stage, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def test_partial_refunds_reverse_exactly_all_in_the_end(s: Stage) -> None:
    items = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 33_333}]
    sale = await s.sell(click_id=await s.click(), items=items)
    assert sale["commissions"][0]["amount"] == 10_000
    reversed_so_far = []
    for i in range(3):
        reply = await refund(s, sale, f"R-{i}", items=[{"line": 1, "quantity": 1}])
        assert reply.status_code == 201
        reversed_so_far.append(reply.json()["sale"]["commissions"][0]["reversed"])
    assert reversed_so_far == [3_333, 6_667, 10_000]
    assert reply.json()["sale"]["commissions"][0]["state"] == "reversed"
    assert await parts(s) == (0, 0, 0, 0)


async def test_a_refund_over_the_base_takes_the_shipping_last(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click(), shipping=15_000)
    reply = (await refund(s, sale, "R-1", amount=215_000)).json()
    assert reply["lines"] == [{"line": 1, "amount": 200_000}]
    assert reply["over_base"] == 15_000
    assert await parts(s) == (0, 0, 0, 0)
    more = (await refund(s, sale, "R-2", amount=1)).json()
    assert (more["state"], more["lines"], more["over_base"]) == ("applied", [], 1)


async def test_the_same_refund_again_is_200_and_other_content_409(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    first = await refund(s, sale, "R-1", amount=50_000)
    again = await refund(s, sale, "R-1", amount=50_000)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = await refund(s, sale, "R-1", amount=60_000)
    assert (other.status_code, other.json()["code"]) == (409, "refund_exists")
    assert (await parts(s))[0] == 15_000


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/amount"),
        ({"amount": 1, "items": [{"line": 1, "quantity": 1}]}, "/amount"),
        ({"items": [{"line": 9, "quantity": 1}]}, "/items/0/line"),
        ({"items": [{"line": 1, "quantity": 3}]}, "/items/0/quantity"),
        ({"items": [{"line": 1, "quantity": 2}, {"line": 1, "quantity": 1}]}, "/items/1/quantity"),
        ({"amount": 0}, "/amount"),
        ({"amount": -5}, "/amount"),
    ],
)
async def test_a_bad_refund_is_named_and_leaves_no_trace(
    s: Stage, given: dict[str, Any], pointer: str
) -> None:
    sale = await s.sell(click_id=await s.click())
    reply = await refund(s, sale, "R-1", **given)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer
    assert await Refund.all().count() == 0
    assert (await parts(s))[0] == 20_000


async def test_a_refund_that_came_before_its_order_waits_for_it(s: Stage) -> None:
    early = {"source": "website", "order_id": "INV-1", "refund_id": "R-1", "reason": "batal"}
    first = await s.send("POST", "/v1/refunds", early | {"amount": 50_000})
    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    again = await s.send("POST", "/v1/refunds", early | {"amount": 50_000})
    assert again.status_code == 200
    sale = await s.sell(click_id=await s.click())
    assert sale["commissions"][0]["reversed"] == 5_000
    whole = (await s.send("GET", f"/v1/sales/{sale['id']}")).json()
    assert whole["refunds"][0]["state"] == "applied"
    assert (await parts(s))[0] == 15_000


async def test_a_waiting_refund_that_does_not_fit_is_kept_and_said(s: Stage) -> None:
    early = {"source": "website", "order_id": "INV-1", "refund_id": "R-1", "reason": "batal"}
    await s.send("POST", "/v1/refunds", early | {"items": [{"line": 7, "quantity": 1}]})
    sale = await s.sell(click_id=await s.click())
    assert [n["code"] for n in sale["notes"]] == ["refund_refused"]
    assert (await Refund.get()).state == "refused"
    assert (await parts(s))[0] == 20_000


async def test_a_refund_left_over_by_a_race_is_applied_later(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    await refund(s, sale, "R-1", amount=1_000)
    await Refund.all().update(refund_id="R-0", state="waiting", sale_id=None, applied_at=None)
    await SaleLine.all().update(refunded=0)
    assert await apply_left_over() == 1
    assert (await Refund.get()).state == "applied"


async def test_cancelling_takes_back_all_that_is_left(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    await refund(s, sale, "R-1", amount=50_000)
    reply = await move(s, sale, "cancelled")
    assert reply.status_code == 200
    assert reply.json()["state"] == "cancelled"
    assert reply.json()["commissions"][0]["reversed"] == 20_000
    assert await parts(s) == (0, 0, 0, 0)
    assert [r.reason for r in await Reversal.all().order_by("created_at", "id")] == [
        "refund",
        "order_cancelled",
    ]
    late = await refund(s, sale, "R-2", items=[{"line": 1, "quantity": 1}])
    # Reopened, the order would be worth what this refund left of it.
    took = [{"line": 1, "amount": 100_000}]
    assert (late.status_code, late.json()["lines"]) == (201, took)
    assert await parts(s) == (0, 0, 0, 0)


async def test_states_only_move_forward(s: Stage) -> None:
    sale = await s.sell(state="delivered")
    back = await move(s, sale, "paid")
    assert (back.status_code, back.json()["code"]) == (409, "state_forbids")
    assert (await move(s, sale, "delivered")).status_code == 200
    assert (await move(s, sale, "returned")).status_code == 200
    assert (await move(s, sale, "completed")).status_code == 409
    ahead = await move(s, sale, "returned", at=(world.now() + timedelta(hours=1)).isoformat())
    assert ahead.json()["errors"][0]["pointer"] == "/at"
    assert (await move(s, sale, "hilang")).status_code == 422


async def test_the_hold_runs_from_delivery_and_the_clock_releases(s: Stage) -> None:
    start = world.now()
    sale = await s.sell(click_id=await s.click(), state="placed")
    assert sale["commissions"][0]["release_at"] is None
    moved = await move(s, sale, "delivered", at=start.isoformat())
    due = start + timedelta(days=7)
    assert moved.json()["commissions"][0]["release_at"].startswith(due.isoformat()[:19])
    with world.at(due - timedelta(minutes=1)):
        assert await release_due() == 0
    with world.at(due + timedelta(seconds=1)):
        assert await release_due() == 1
        assert await release_due() == 0
    assert await parts(s) == (0, 20_000, 0, 20_000)
    told = await Event.get(name="commission.released")
    assert told.organisation_id == s.cast.rina.id


async def test_a_delivery_long_ago_releases_in_the_same_request(s: Stage) -> None:
    placed = world.now() - timedelta(days=20)
    click = await s.click(at=placed - timedelta(hours=1))
    sale = await s.sell(click_id=click, placed_at=placed.isoformat(), state="paid")
    assert sale["commissions"][0]["state"] == "pending"
    at = (placed + timedelta(days=2)).isoformat()
    moved = await move(s, sale, "delivered", at=at)
    assert moved.json()["commissions"][0]["state"] == "payable"
    assert await parts(s) == (0, 20_000, 0, 20_000)


@pytest.mark.parametrize(("source", "days"), [("website", 21), ("shopee", None)])
async def test_a_paid_order_counts_as_delivered_later_but_not_a_marketplace_s(
    s: Stage, source: str, days: int | None
) -> None:
    await s.sell(click_id=await s.click(), source=source)
    row = await Commission.get()
    if days is None:
        assert row.release_at is None
    else:
        assert row.release_at is not None
        wait = row.release_at - row.created_at
        assert timedelta(days=days - 1) < wait <= timedelta(days=days)


async def test_a_refund_after_release_takes_from_payable(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    sale = await s.sell(click_id=await s.click(), state="completed")
    assert await parts(s) == (0, 20_000, 0, 20_000)
    await refund(s, sale, "R-1", items=[{"line": 1, "quantity": 1}])
    assert await parts(s) == (0, 10_000, 0, 10_000)
    told = await Event.get(name="refund.applied")
    figures: Any = told.data["figures"]
    assert [(f["sales"], f["sales_amount"], f["commission"]) for f in figures] == [
        (0, -100_000, -10_000)
    ]
