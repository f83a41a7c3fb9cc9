"""A reseller's selling price: the margin is a row of its own, outside the budget."""

from typing import Any

import httpx2

from jejaring.ledger import audit as ledger_audit
from referrals.commissions import audit
from referrals.commissions.models import Commission
from tests.cast import Cast
from tests.referrals.shop import Stage, body, set_terms, set_up

ALL = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}


def terms(s: Stage, **more: Any) -> dict[str, Any]:
    price = {"product_id": s.product.id, "base": 80_000, "floor": 90_000, "ceiling": 120_000}
    return {"rules": [ALL], "selling_prices": [price | more]}


async def shop(http: httpx2.AsyncClient, cast: Cast, **more: Any) -> Stage:
    s = await set_up(http, cast, **more)
    await set_terms(s.campaign, terms(s))
    return s


def amounts(sale: dict[str, Any]) -> dict[str, int]:
    return {c["kind"]: c["amount"] for c in sale["commissions"]}


async def clean() -> None:
    assert [*await audit.audit(), *await ledger_audit.audit()] == []


async def test_what_is_above_the_base_price_is_the_resellers(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast, budget=20_000)
    sale = await s.sell(click_id=await s.click())
    assert amounts(sale) == {"percent": 16_000, "margin": 40_000}
    await s.campaign.refresh_from_db()
    assert s.campaign.reserved == 16_000
    text = next(c for c in sale["commissions"] if c["kind"] == "margin")["because"][0]["text"]
    assert text == "Selisih harga jual di atas harga dasar = Rp40.000."
    await clean()


async def test_discounts_come_off_the_margin_first(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    assert amounts(await s.sell(click_id=await s.click(), discount=10_000)) == {
        "percent": 16_000,
        "margin": 30_000,
    }
    assert amounts(await s.sell("INV-2", click_id=await s.click(), discount=60_000)) == {
        "percent": 14_000,
        "margin": 0,
    }


async def test_a_price_outside_the_range_has_no_margin_and_says_why(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast)
    items = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 130_000}]
    sale = await s.sell(click_id=await s.click(), items=items)
    row = next(c for c in sale["commissions"] if c["kind"] == "margin")
    assert (row["amount"], row["because"][0]["notes"]) == (0, ["price_outside"])
    assert amounts(sale)["percent"] == 8_000


async def test_the_margin_is_refunded_with_its_line(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    sale = await s.sell(click_id=await s.click(), state="delivered")
    wish = {"refund_id": "R", "reason": "x", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", wish)
    row = await Commission.get(kind="margin")
    assert (row.amount, row.reversed) == (40_000, 20_000)
    await clean()
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "cancelled"})
    row = await Commission.get(kind="margin")
    assert row.reversed == 40_000
    await clean()


async def test_an_order_raised_and_lowered_keeps_the_budget_right(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast, budget=1_000_000)
    click = await s.click()
    await s.sell(click_id=click)
    for quantity, margin in ((3, 60_000), (1, 20_000)):
        changed = body(click_id=click)
        changed["items"][0]["quantity"] = quantity
        reply = await s.send("PUT", "/v1/sales/website/INV-1", changed)
        assert reply.status_code == 200, reply.text
        rows = await Commission.filter(kind="margin")
        assert sum(row.amount - row.reversed for row in rows) == margin
        await clean()


async def test_only_a_reseller_has_a_selling_price(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    await type(s.rina).filter(id=s.rina.id).update(role="influencer")
    assert amounts(await s.sell(click_id=await s.click())) == {"percent": 20_000}


async def test_selling_prices_are_checked_and_said(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await set_up(http, cast)
    path = f"/v1/campaigns/{s.campaign.id}/terms"
    bad = terms(s, floor=70_000, ceiling=60_000)
    bad["selling_prices"].append(bad["selling_prices"][0] | {"product_id": "prd_x"})
    reply = await s.send("POST", path, bad)
    assert {e["pointer"] for e in reply.json()["errors"]} == {
        "/selling_prices/0/floor",
        "/selling_prices/0/ceiling",
        "/selling_prices/1/floor",
        "/selling_prices/1/ceiling",
    }
    twice = terms(s)
    twice["selling_prices"] *= 2
    reply = await s.send("POST", path, twice)
    assert [e["pointer"] for e in reply.json()["errors"]] == ["/selling_prices/1/product_id"]
    strange = terms(s, product_id="prd_nobody")
    reply = await s.send("POST", path, strange)
    assert [e["pointer"] for e in reply.json()["errors"]] == ["/selling_prices/0/product_id"]
    reply = await s.send("POST", path, terms(s))
    assert reply.status_code == 201, reply.text
    assert any("antara Rp90.000 dan Rp120.000" in told for told in reply.json()["explain"]["id"])
