"""Orders sent again with other content: raised, lowered, re-priced, reopened."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.hooks.models import Event
from referrals.attribution.models import Credit
from referrals.commissions import audit
from referrals.commissions import jobs as commissions_jobs
from referrals.commissions.models import Commission, Reversal
from referrals.intake import jobs as intake_jobs
from referrals.orders.models import Sale, SaleLine
from tests import make
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.changing import move, parts, put, refund
from tests.referrals.shop import Stage, body, percent, set_terms

ONCE = {"kind": "per_order", "amount": 10_001}


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


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


async def test_a_short_budget_goes_to_the_earlier_lines_of_a_raised_order(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await stage.set_up(http, cast, budget=70_000)
    skus = ["KEMEJA", "TOPI", "SELENDANG", "TAS", "KAIN"]
    small = [{"sku": sku, "quantity": 1, "unit_price": 100_000} for sku in skus]
    large = [item | {"quantity": 2} for item in small]
    at = world.now().isoformat()
    await put(s, click_id=await s.click(), placed_at=at, items=small)
    reply = await put(s, placed_at=at, items=large)
    raised = [c for c in reply.json()["commissions"][5:] if c["amount"]]
    assert [(c["line"], c["amount"]) for c in raised] == [(1, 10_000), (2, 10_000)]
    assert await parts(s) == (70_000, 0, 0, 70_000)


@pytest.mark.parametrize("by_hand", [False, True])
async def test_lines_added_to_the_order_that_spent_the_budget_keep_its_credit(
    http: httpx2.AsyncClient, cast: Cast, by_hand: bool
) -> None:
    """Placed at the very moment at which the campaign ended; what is freed goes to the new line."""
    s = await stage.set_up(http, cast, budget=20_000)
    click = await s.click()
    at = world.now() + timedelta(seconds=1)
    with world.at(at):
        told = {"placed_at": at.isoformat()}
        sale = (await put(s, **told, click_id=None if by_hand else click)).json()
        if by_hand:
            sent = {"enrolment_id": s.rina.id, "reason": "lewat telepon"}
            assert (await s.send("POST", f"/v1/sales/{sale['id']}/credit", sent)).is_success
        await s.campaign.refresh_from_db()
        assert (s.campaign.state, s.campaign.ended_at) == ("ended", at)
        items = [{"sku": sku, "quantity": 1, "unit_price": 80_000} for sku in ("KEMEJA", "TOPI")]
        shown = (await put(s, **told, items=items)).json()
    earned = [(c["line"], c["amount"] - c["reversed"]) for c in shown["commissions"]]
    assert earned == [(1, 8_000), (2, 8_000)]


async def test_once_per_order_is_whole_though_a_line_was_dropped_and_the_rest_is_free(
    s: Stage,
) -> None:
    await set_terms(s.campaign, {"rules": [{"name": "Sekali", "when": {}, "pay": ONCE}]})
    gift = {"sku": "KEMEJA", "quantity": 1, "unit_price": 0}
    at = world.now().isoformat()
    three = [gift, gift | {"sku": "TOPI"}, gift | {"sku": "TAS"}]
    await put(s, click_id=await s.click(), placed_at=at, items=three)
    await put(s, placed_at=at, items=three[:2])
    assert await parts(s) == (10_001, 0, 0, 10_001)


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


async def test_whom_a_later_message_names_changes_nothing_and_that_is_said(s: Stage) -> None:
    await make.coupon(s.rina, "RINA10")
    first = await s.sell("INV-1", note="Bungkus kado")
    assert (first["credit"], first["notes"]) == ([], [])
    for more in ({"note": "Bungkus kado, ya"}, {"coupon": "rina10"}, {"click_id": await s.click()}):
        sent = {"placed_at": first["placed_at"], "note": "Bungkus kado"} | more
        shown = (await put(s, "INV-1", **sent)).json()
        assert shown["credit"] == []
        kept = [note["code"] for note in shown["notes"]]
        assert kept == ([] if more.get("note") else ["credit_kept"])
    assert "ubah kreditnya" in shown["notes"][0]["text"]


async def test_why_somebody_is_credited_stays_what_it_was(s: Stage) -> None:
    """A later message that says no code, or another, does not change the reason."""
    await make.coupon(s.rina, "RINA10")
    items = [{"sku": sku, "quantity": 1, "unit_price": 100_000} for sku in ("KEMEJA", "TOPI")]
    first = await s.sell("INV-1", coupon="rina 10", items=items[:1])
    because = "Kode RINA10 milik rina dipakai pada pesanan ini."
    assert [c["because"] for c in first["credit"]] == [because]
    for coupon in (None, "LAIN10"):
        sent = {"placed_at": first["placed_at"], "items": items, "coupon": coupon}
        shown = (await put(s, "INV-1", **sent)).json()
        detail = (await s.send("GET", f"/v1/sales/{shown['id']}")).json()
        told = [c["because"] for line in detail["items"] for c in line["credit"]]
        assert told == [because, because]
        assert [c["because"] for c in shown["credit"]] == [because]
