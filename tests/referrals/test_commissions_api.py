"""Commissions in a list: one's own side only, filtered by what is shown."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest_asyncio

from jejaring import world
from jejaring.ledger import audit as ledger_audit
from jejaring.payouts import items
from referrals.commissions import audit
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import release_due
from tests.cast import Cast, Member
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def listed(s: Stage, who: Member, query: str = "") -> list[dict[str, Any]]:
    reply = await s.send("GET", f"/v1/commissions?{query}", who=who)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


async def test_a_stranger_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/v1/commissions")).status_code == 401


async def test_each_side_sees_its_own_and_the_rival_nothing(s: Stage) -> None:
    await s.sell(click_id=await s.click())
    for who in (s.cast.laras, s.cast.rina):
        (row,) = await listed(s, who)
        assert (row["merchant"], row["partner"]) == ("batik-laras", "rina")
        assert (row["order_id"], row["amount"], row["state"]) == ("INV-1", 20_000, "pending")
        assert row["because"][0]["text"] == "Semua: 10% dari Rp200.000 = Rp20.000."
    for other in (s.cast.bukit, s.cast.dimas):
        assert await listed(s, other) == []


async def test_filters_by_state_campaign_enrolment_and_time(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    await s.sell("INV-1", click_id=await s.click())
    await s.sell("INV-2", click_id=await s.click(), state="delivered")
    gone = await s.sell("INV-3", click_id=await s.click())
    await s.send("POST", f"/v1/sales/{gone['id']}/state", {"state": "returned"})
    await s.sell("INV-4", click_id=await s.click(own=True))
    who = s.cast.rina
    for state, orders in {
        "pending": ["INV-1"],
        "payable": ["INV-2"],
        "reversed": ["INV-3"],
        "rejected": ["INV-4"],
        "held": [],
        "in_payout": [],
        "paid": [],
    }.items():
        rows = await listed(s, who, f"state={state}")
        assert [(r["order_id"], r["state"]) for r in rows] == [(o, state) for o in orders]
    assert (await listed(s, who, "state=rejected"))[0]["reason"].startswith("Pembelian sendiri")
    assert len(await listed(s, who, f"campaign_id={s.campaign.id}")) == 4
    assert await listed(s, who, "enrolment_id=enr_nobody") == []
    today = (world.now() + timedelta(hours=7)).date()
    assert len(await listed(s, who, f"from={today}&to={today}")) == 4
    assert await listed(s, who, f"from={today + timedelta(days=1)}") == []
    assert (await s.send("GET", "/v1/commissions?state=x", who=who)).status_code == 422


async def test_pages_hold_every_row_once(s: Stage) -> None:
    for i in range(5):
        await s.sell(f"INV-{i}", click_id=await s.click())
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        reply = (await s.send("GET", f"/v1/commissions?limit=2&state=pending{cursor}")).json()
        seen += [row["order_id"] for row in reply["data"]]
        cursor = f"&cursor={reply['next_cursor']}"
    assert reply["next_cursor"] is None
    assert seen == [f"INV-{i}" for i in (4, 3, 2, 1, 0)]


async def paid_out(s: Stage) -> str:
    """A payout run approved; the payout's id."""
    method = {
        "kind": "bank",
        "provider": "bca",
        "account_number": "1234564821",
        "account_name": "Rina Wulandari",
    }
    reply = await s.send("PUT", "/v1/payout-method", method, s.cast.rina)
    assert reply.status_code == 200, reply.text
    run = (await s.send("POST", "/v1/payout-runs", {})).json()
    reply = await s.send("POST", f"/v1/payout-runs/{run['id']}/approve")
    assert reply.status_code == 200, reply.text
    return str(reply.json()["payouts"][0]["id"])


async def test_a_refund_after_payout_leaves_the_partner_owing(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    sale = await s.sell(click_id=await s.click(), state="delivered")
    payout = await paid_out(s)
    assert [r["state"] for r in await listed(s, s.cast.rina, "state=in_payout")] == ["in_payout"]
    settled = await s.send(
        "POST", f"/v1/payouts/{payout}/settle", {"outcome": "paid", "reference": "BCA-1"}
    )
    assert settled.status_code == 200
    refund = {"refund_id": "R-1", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", refund)
    row = (await listed(s, s.cast.rina))[0]
    assert (row["state"], row["reversed"]) == ("paid", 10_000)
    balance = await s.balance()
    assert balance is not None
    assert (balance.payable, balance.owed_back) == (0, 10_000)
    assert (await Reversal.get()).from_owed == 10_000
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []


async def test_an_order_reopened_after_payout_settles_what_is_owed_first(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    now = world.now()
    click = await s.click()
    sent = body(click_id=click, state="delivered", placed_at=now.isoformat())
    sale = (await s.send("POST", "/v1/sales", sent)).json()
    await paid_out(s)
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "returned"})
    balance = await s.balance()
    assert balance is not None
    assert balance.owed_back == 20_000
    path = "/v1/sales/website/INV-1"
    reply = await s.send("PUT", path, sent | {"updated_at": now.isoformat()})
    assert reply.json()["commissions"][0]["reversed"] == 0
    balance = await s.balance()
    assert balance is not None
    assert (balance.owed_back, balance.payable, balance.in_payout) == (0, 0, 20_000)
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []


async def test_releases_come_in_batches_and_once(s: Stage) -> None:
    sales = [body(f"INV-{i}", click_id=await s.click(), state="delivered") for i in range(205)]
    await s.send("POST", "/v1/sales/batch", {"sales": sales})
    with world.at(world.now() + timedelta(days=8)):
        assert await release_due() == 205
        assert await release_due() == 0
    ids = [row.id for row in await Commission.all()]
    assert set((await items.standing(ids)).values()) == {"payable"}
    assert await audit.audit() == []


async def test_the_audit_names_what_differs(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    await s.sell("INV-1", click_id=await s.click())
    await s.sell("INV-2", click_id=await s.click(), state="delivered")
    await Commission.filter(state="pending").update(reversed=1)
    await Commission.filter(state="payable").update(key="accrue:lost", reversed=2)
    found = {(d.what, d.expected, d.found) for d in await audit.audit()}
    assert ("pending", 19_999, 20_000) in found
    assert {what for what, _, _ in found} == {"pending", "reversed", "items", "entry", "reserved"}
