"""What happens to an order afterwards: states, refunds, upserts, and the money that follows."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.hooks.models import Event
from jejaring.ledger import audit as ledger_audit
from referrals.attribution.models import Credit
from referrals.commissions import audit
from referrals.commissions import jobs as commissions_jobs
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import release_due
from referrals.intake import jobs as intake_jobs
from referrals.intake.refund import apply_left_over
from referrals.orders.models import Refund, Sale, SaleLine
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def refund(s: Stage, sale: dict[str, Any], refund_id: str, **more: Any) -> httpx2.Response:
    given = {"refund_id": refund_id, "reason": "kekecilan"} | more
    return await s.send("POST", f"/v1/sales/{sale['id']}/refunds", given)


async def move(s: Stage, sale: dict[str, Any], state: str, **more: Any) -> httpx2.Response:
    return await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": state} | more)


async def put(s: Stage, order_id: str = "INV-1", **more: Any) -> httpx2.Response:
    sent = body(order_id, **more)
    return await s.send("PUT", f"/v1/sales/{sent['source']}/{order_id}", sent)


async def parts(s: Stage) -> tuple[int, int, int, int]:
    """pending, payable, owed_back, earned of Rina with Laras; and the books are clean."""
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []
    row = await s.balance()
    assert row is not None
    earned = row.pending + row.held + row.payable + row.in_payout - row.owed_back
    return row.pending, row.payable, row.owed_back, earned


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


async def test_a_raised_order_earns_a_further_commission_with_its_own_hold(s: Stage) -> None:
    at = world.now()
    await put(s, click_id=await s.click(), placed_at=at.isoformat())
    more = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    reply = await put(s, placed_at=at.isoformat(), items=more)
    assert reply.status_code == 200
    first, second = reply.json()["commissions"]
    assert (first["amount"], second["amount"]) == (20_000, 10_000)
    row = await Commission.get(id=second["id"])
    assert row.key == f"amend:{first['id']}:2"
    assert await parts(s) == (30_000, 0, 0, 30_000)
    # The same body again: nothing.
    again = await put(s, placed_at=at.isoformat(), items=more)
    assert again.json()["commissions"] == reply.json()["commissions"]
    sale = await Sale.get()
    await refund(s, {"id": sale.id}, "R-1", items=[{"line": 1, "quantity": 1}])
    assert await parts(s) == (20_000, 0, 0, 20_000)


async def test_a_lowered_order_is_reversed_as_order_changed(s: Stage) -> None:
    at = world.now().isoformat()
    sale = (await put(s, click_id=await s.click(), placed_at=at)).json()
    await refund(s, sale, "R-1", amount=50_000)
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    reply = await put(s, placed_at=at, items=less)
    (commission,) = reply.json()["commissions"]
    # 10 % of 100.000, of which 50.000 is refunded.
    assert (commission["amount"], commission["reversed"]) == (20_000, 15_000)
    reasons = [r.reason for r in await Reversal.all().order_by("created_at", "id")]
    assert reasons == ["refund", "order_changed"]
    assert await parts(s) == (5_000, 0, 0, 5_000)


async def test_an_upsert_matches_lines_adds_and_drops_them(s: Stage) -> None:
    at = world.now().isoformat()
    two = [
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000},
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 50_000},
    ]
    sale = (await put(s, click_id=await s.click(), placed_at=at, items=two)).json()
    new = [{"sku": "TOPI", "quantity": 1, "unit_price": 40_000}, two[0]]
    reply = await put(s, placed_at=at, items=new)
    assert reply.status_code == 200
    lines = await SaleLine.filter(sale_id=sale["id"]).order_by("position")
    assert [(x.position, x.sku, x.quantity, x.base) for x in lines] == [
        (1, "KEMEJA", 1, 100_000),
        (2, "KEMEJA", 0, 0),
        (3, "TOPI", 1, 40_000),
    ]
    assert await Credit.filter(line_id=lines[2].id).count() == 1
    assert await parts(s) == (14_000, 0, 0, 14_000)
    assert reply.json()["base"] == 140_000


async def test_re_pricing_may_move_a_line_to_another_rule(s: Stage) -> None:
    big = {"name": "Besar", "when": {"min_order": 150_000}, "pay": {"kind": "percent"}}
    big["pay"] = {"kind": "percent", "rate_bp": 2000}
    terms = {"rules": [big, percent()["rules"][0]]}
    await set_terms(s.campaign, terms)
    at = world.now().isoformat()
    await put(s, click_id=await s.click(), placed_at=at)
    assert (await parts(s))[0] == 40_000
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, placed_at=at, items=less)
    assert (await parts(s))[0] == 10_000
    await put(s, placed_at=at)
    assert (await parts(s))[0] == 40_000
    assert await Commission.all().count() == 3


async def test_an_older_message_changes_nothing(s: Stage) -> None:
    now = world.now()
    await put(s, updated_at=now.isoformat(), placed_at=now.isoformat())
    old = (now - timedelta(minutes=5)).isoformat()
    reply = await put(s, updated_at=old, placed_at=now.isoformat(), state="cancelled")
    assert (reply.status_code, reply.json()["state"]) == (200, "paid")


async def test_without_updated_at_an_upsert_only_moves_forward(s: Stage) -> None:
    now = world.now().isoformat()
    await put(s, placed_at=now, state="delivered")
    reply = await put(s, placed_at=now, state="paid", note="baru")
    assert (reply.status_code, reply.json()["state"]) == (200, "delivered")
    assert (await Sale.get()).note == "baru"
    assert (await put(s, placed_at=now, state="cancelled")).json()["state"] == "cancelled"
    assert (await put(s, placed_at=now, state="delivered")).json()["state"] == "cancelled"


async def test_a_newer_message_reopens_a_cancelled_order(s: Stage) -> None:
    now = world.now()
    at = (now - timedelta(days=1)).isoformat()
    click = await s.click(at=now - timedelta(days=2))
    sale = (await put(s, click_id=click, placed_at=at)).json()
    await refund(s, sale, "R-1", amount=50_000)
    await move(s, sale, "cancelled")
    assert await parts(s) == (0, 0, 0, 0)
    reply = await put(s, click_id=click, placed_at=at, updated_at=now.isoformat())
    assert reply.json()["state"] == "paid"
    (commission,) = reply.json()["commissions"]
    assert (commission["amount"], commission["reversed"]) == (20_000, 5_000)
    assert await parts(s) == (15_000, 0, 0, 15_000)
    changed = await Event.filter(name="sale.changed").order_by("id")
    last: Any = changed[-1].data["figures"]
    assert [(f["sales"], f["sales_amount"], f["commission"]) for f in last] == [
        (1, 150_000, 15_000)
    ]


async def test_an_order_first_seen_cancelled_earns_once_it_is_opened(s: Stage) -> None:
    now = world.now()
    click = await s.click()
    await s.sell(click_id=click, state="cancelled", placed_at=now.isoformat())
    reply = await put(s, click_id=click, placed_at=now.isoformat(), updated_at=now.isoformat())
    assert [c["amount"] for c in reply.json()["commissions"]] == [20_000]
    assert await parts(s) == (20_000, 0, 0, 20_000)


async def test_a_self_referral_stays_rejected_through_upserts(s: Stage) -> None:
    at = world.now().isoformat()
    await put(s, click_id=await s.click(own=True), placed_at=at)
    more = [
        {"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000},
        {"sku": "TOPI", "quantity": 1, "unit_price": 10_000},
    ]
    reply = await put(s, placed_at=at, items=more)
    assert [c["state"] for c in reply.json()["commissions"]] == ["rejected", "rejected"]
    assert await s.balance() is None
    assert await audit.audit() == []


async def test_the_budget_is_freed_by_reversals_and_taken_again(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await stage.set_up(http, cast, budget=30_000)
    at = world.now().isoformat()
    sale = (await put(s, click_id=await s.click(), placed_at=at)).json()
    await refund(s, sale, "R-1", amount=100_000)
    await s.campaign.refresh_from_db()
    assert s.campaign.reserved == 10_000
    more = [{"sku": "KEMEJA", "quantity": 9, "unit_price": 100_000}]
    reply = await put(s, placed_at=at, items=more)
    await s.campaign.refresh_from_db()
    assert s.campaign.reserved == 30_000
    assert reply.json()["commissions"][1]["because"][0]["notes"] == ["budget_spent"]
    assert (await parts(s))[0] == 30_000


async def test_amounts_over_several_lines_and_a_cap_per_order(s: Stage) -> None:
    await set_terms(s.campaign, percent(max_per_order=10_000))
    items = [
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000},
        {"sku": "TOPI", "quantity": 1, "unit_price": 200_000},
    ]
    sale = await s.sell(click_id=await s.click(), items=items)
    assert [c["amount"] for c in sale["commissions"]] == [3_333, 6_667]
    assert sale["commissions"][0]["because"][0]["notes"] == ["max_per_order"]


async def test_the_same_again_with_a_later_time_only_moves_the_time(s: Stage) -> None:
    now = world.now()
    at = (now - timedelta(hours=1)).isoformat()
    await put(s, placed_at=at, updated_at=(now - timedelta(minutes=2)).isoformat())
    reply = await put(s, placed_at=at, updated_at=(now - timedelta(minutes=1)).isoformat())
    assert reply.status_code == 200
    sale = await Sale.get()
    assert sale.version == 1
    assert sale.source_updated_at == now - timedelta(minutes=1)


async def test_a_bad_upsert_is_named_and_changes_nothing(s: Stage) -> None:
    for _ in range(2):
        reply = await put(s, discount=10**9)
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/discount"
        await s.send("POST", "/v1/sales", body())
    assert (await Sale.get()).discount == 0


async def test_refunds_of_one_order_at_once_take_their_turns(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    replies = await asyncio.gather(
        *[refund(s, sale, f"R-{i % 4}", amount=60_000) for i in range(8)]
    )
    assert sorted(r.status_code for r in replies) == [200] * 4 + [201] * 4
    assert (await SaleLine.get()).refunded == 200_000
    assert await parts(s) == (0, 0, 0, 0)


async def test_a_line_without_a_price_earns_until_it_is_returned_whole(s: Stage) -> None:
    await set_terms(
        s.campaign,
        {"rules": [{"name": "Hadiah", "when": {}, "pay": {"kind": "per_item", "amount": 1_000}}]},
    )
    items = [{"sku": "KEMEJA", "quantity": 2, "unit_price": 0}]
    sale = await s.sell(click_id=await s.click(), items=items)
    await refund(s, sale, "R-1", items=[{"line": 1, "quantity": 1}])
    assert (await parts(s))[0] == 2_000
    await refund(s, sale, "R-2", items=[{"line": 1, "quantity": 1}])
    assert (await parts(s))[0] == 0


async def test_the_duties_of_the_rooms_run(s: Stage) -> None:
    await s.sell(click_id=await s.click(), state="delivered")
    with world.at(world.now() + timedelta(days=8)):
        for duty in (*commissions_jobs.DUTIES, *intake_jobs.DUTIES):
            await duty.run()
    assert await parts(s) == (0, 20_000, 0, 20_000)
