"""Tiers at accrual: the month's volume is read under the lock, and a line keeps its rate."""

from typing import Any

import httpx2

from jejaring import world
from referrals.commissions.models import Commission
from tests.cast import Cast
from tests.referrals.shop import body, set_terms, set_up

STEPS = [{"from": 0, "rate_bp": 500}, {"from": 300_000, "rate_bp": 1_000}]


def tiers(mode: str = "marginal", **more: Any) -> dict[str, Any]:
    pay = {"kind": "tiers", "mode": mode, "steps": STEPS}
    return {"rules": [{"name": "Bertingkat", "when": {}, "pay": pay} | more]}


async def test_the_second_order_of_the_month_reaches_the_next_step(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers())
    first = await s.sell("INV-1", click_id=await s.click())
    second = await s.sell("INV-2", click_id=await s.click())
    assert [c["amount"] for c in first["commissions"]] == [10_000]
    assert [c["amount"] for c in second["commissions"]] == [15_000]
    because = second["commissions"][0]["because"][0]
    assert "5% dari Rp100.000 + 10% dari Rp100.000 = Rp15.000" in because["text"]
    assert because["rate_bp"] is None


async def test_a_refund_lowers_the_month_for_later_orders_only(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers())
    first = await s.sell("INV-1", click_id=await s.click())
    second = await s.sell("INV-2", click_id=await s.click())
    path = f"/v1/sales/{first['id']}/refunds"
    await s.send("POST", path, {"refund_id": "R", "reason": "x", "amount": 200_000})
    third = await s.sell("INV-3", click_id=await s.click())
    kept = await Commission.get(id=second["commissions"][0]["id"])
    assert (kept.amount, kept.reversed) == (15_000, 0)
    assert [c["amount"] for c in third["commissions"]] == [15_000]


async def test_an_amended_line_keeps_its_place_in_the_month(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers())
    click = await s.click()
    await s.sell("INV-1", click_id=click)
    await s.sell("INV-2", click_id=await s.click())
    raised = body("INV-1", click_id=click)
    raised["items"][0]["quantity"] = 4
    reply = await s.send("PUT", "/v1/sales/website/INV-1", raised)
    assert reply.status_code == 200, reply.text
    found = [(c["amount"], c["reversed"]) for c in reply.json()["commissions"]]
    assert sorted(found) == [(10_000, 0), (15_000, 0)]


async def test_a_line_added_to_a_self_referral_comes_after_what_the_month_has_sold(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers())
    first, second = await s.click(), await s.click(own=True)
    items = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    await s.sell("INV-1", click_id=first, items=items)
    at = world.now().isoformat()
    own = body("INV-2", click_id=second, placed_at=at)
    await s.send("PUT", "/v1/sales/website/INV-2", own)
    own["items"].append({"sku": "TOPI", "quantity": 1, "unit_price": 100_000})
    closed = own | {"state": "cancelled"}
    reply = await s.send("PUT", "/v1/sales/website/INV-2", closed)
    assert [c["amount"] for c in reply.json()["commissions"]] == [20_000]
    again = own | {"updated_at": world.now().isoformat()}
    reply = await s.send("PUT", "/v1/sales/website/INV-2", again)
    assert sorted(c["amount"] for c in reply.json()["commissions"]) == [10_000, 20_000]


async def test_whole_tiers_are_estimates_until_the_month_is_over(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers("whole"))
    await s.sell("INV-1", click_id=await s.click())
    second = await s.sell("INV-2", click_id=await s.click())
    row = second["commissions"][0]
    assert row["amount"] == 0
    assert "perkiraan Rp20.000" in row["because"][0]["text"]
    assert await s.balance() is None


async def test_an_order_of_two_partners_fills_each_ones_month(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await set_terms(s.campaign, tiers())
    _, link = await s.join(cast.dimas)
    await s.sell("INV-1", click_id=await s.click())
    other = await s.sell("INV-2", click_id=await s.click(link))
    assert [c["amount"] for c in other["commissions"]] == [10_000]
