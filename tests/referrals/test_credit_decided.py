"""A person decides who is credited: the money follows, the reason is read, nothing is silent."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest_asyncio

from campaigns.enrolments.models import Enrolment
from dashboards.figures import audit as figures_audit
from dashboards.figures import rollup
from jejaring import world
from jejaring.hooks.models import Event
from jejaring.ledger import audit as ledger_audit
from jejaring.trail.models import AuditEntry
from referrals.attribution import audit as attribution_audit
from referrals.attribution.models import Credit, Touch
from referrals.commissions import audit
from referrals.commissions.models import Commission
from tests import make
from tests.cast import Cast, Member, call
from tests.referrals import shop as stage
from tests.referrals.changing import put
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def decide(
    s: Stage, sale: Any, place: Enrolment | None, reason: str = "Dimas yang mengantar pembelinya"
) -> httpx2.Response:
    wanted = {"enrolment_id": place.id if place else None, "reason": reason}
    return await s.send("POST", f"/v1/sales/{sale['id']}/credit", wanted)


async def clean() -> None:
    await rollup.run()
    assert await audit.audit() == []
    assert await attribution_audit.audit() == []
    assert await ledger_audit.audit() == []
    assert await figures_audit.audit() == []


async def owed(s: Stage, who: Member) -> tuple[int, int]:
    """pending, payable."""
    row = await s.balance(who)
    return (row.pending, row.payable) if row else (0, 0)


async def test_a_stranger_is_refused_and_the_rival_sees_nothing(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    path, wanted = f"/v1/sales/{sale['id']}/credit", {"enrolment_id": None, "reason": "salah"}
    assert (await s.http.post(path, json=wanted)).status_code == 401
    assert (await call(s.http, s.cast.bukit, "POST", path, wanted)).status_code == 404
    assert (await call(s.http, s.cast.rina, "POST", path, wanted)).status_code == 403


async def test_the_order_goes_to_another_with_its_money_and_its_reason(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    theirs, _ = await s.join(s.cast.dimas)
    reply = await decide(s, sale, theirs)
    assert reply.status_code == 200, reply.text
    found = reply.json()
    assert [(c["partner"], c["by"], c["share_bp"]) for c in found["credit"]] == [
        ("dimas", "manual", 10_000)
    ]
    assert "Dimas yang mengantar" in found["credit"][0]["because"]
    assert {(t["by"], t["won"], t["reason"]) for t in found["touches"]} == {
        ("manual", True, "manual"),
        ("click", False, "lost_to_manual"),
    }
    assert [(d["enrolment_id"], d["before"]) for d in found["decisions"]] == [
        (theirs.id, [s.rina.id])
    ]
    assert sorted((c["state"], c["reason_code"]) for c in found["commissions"]) == [
        ("pending", None),
        ("rejected", "recredited"),
    ]
    assert (await owed(s, s.cast.rina), await owed(s, s.cast.dimas)) == ((0, 0), (20_000, 0))
    mine = (await call(s.http, s.cast.rina, "GET", "/v1/commissions")).json()["data"]
    assert "Dimas yang mengantar" in mine[0]["reason"]
    assert await Event.filter(name="credit.decided", organisation_id=s.cast.laras.id).exists()
    assert await Event.filter(name="commission.reversed", organisation_id=s.cast.rina.id).exists()
    entry = await AuditEntry.get(action="credit.decided")
    assert entry.data["reason"] == "Dimas yang mengantar pembelinya"
    await clean()


async def test_there_and_back_again_and_to_nobody(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    theirs, _ = await s.join(s.cast.dimas)
    for place, money in ((theirs, (0, 20_000)), (s.rina, (20_000, 0)), (None, (0, 0))):
        reply = await decide(s, sale, place)
        assert reply.status_code == 200, reply.text
        pending = (await owed(s, s.cast.rina))[0], (await owed(s, s.cast.dimas))[0]
        assert pending == money
        await clean()
    assert reply.json()["credit"] == []
    assert len(reply.json()["decisions"]) == 3
    assert not any(t["won"] for t in reply.json()["touches"])
    listed = (await s.send("GET", f"/v1/sales?campaign_id={s.campaign.id}")).json()
    assert listed["data"] == []


async def test_what_is_so_already_changes_nothing(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    found = (await decide(s, sale, s.rina)).json()
    assert found["decisions"] == []
    assert await Commission.all().count() == 1


async def test_refunds_hold_for_the_new_partner_and_upserts_keep_the_decision(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click(), state="delivered")
    back = {"refund_id": "R-1", "reason": "retur", "amount": 50_000}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", back)
    theirs, _ = await s.join(s.cast.dimas)
    await decide(s, sale, theirs)
    assert await owed(s, s.cast.dimas) == (15_000, 0)
    await clean()
    await make.product(s.cast.laras.org, sku="SARUNG")
    items = [
        {"sku": "KEMEJA", "quantity": 2, "unit_price": 100_000},
        {"sku": "SARUNG", "quantity": 1, "unit_price": 70_000},
    ]
    sent = body(items=items, state="delivered")
    assert (await s.send("PUT", "/v1/sales/website/INV-1", sent)).status_code == 200
    assert await owed(s, s.cast.rina) == (0, 0)
    assert await owed(s, s.cast.dimas) == (22_000, 0)
    await clean()
    await decide(s, sale, None)
    items.append({"sku": "LAIN", "quantity": 1, "unit_price": 10_000})
    await s.send("PUT", "/v1/sales/website/INV-1", body(items=items, state="delivered"))
    assert await owed(s, s.cast.dimas) == (0, 0)
    assert await Credit.filter(ended_by=None).count() == 0
    await clean()


async def test_an_order_keeps_its_month_whoever_it_is_given_to(s: Stage) -> None:
    now = world.now()
    theirs, _ = await s.join(s.cast.dimas)
    sale = await s.sell(click_id=await s.click(), placed_at=now.isoformat())
    (first,) = await Commission.all()
    # Another month, in which both were partners already.
    earlier = (now - timedelta(days=31)).isoformat()
    await put(s, placed_at=earlier)
    await decide(s, sale, theirs)
    await put(s, placed_at=earlier, items=[{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}])
    rows = await Commission.filter(partner_id=s.cast.dimas.org.id)
    assert sorted(row.amount for row in rows) == [10_000, 20_000]
    assert {row.month for row in rows} == {first.month}
    await clean()


async def test_payable_money_moves_and_money_in_a_payout_does_not(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    sale = await s.sell(click_id=await s.click(), state="delivered")
    theirs, _ = await s.join(s.cast.dimas)
    assert await owed(s, s.cast.rina) == (0, 20_000)
    await decide(s, sale, theirs)
    assert (await owed(s, s.cast.rina), await owed(s, s.cast.dimas)) == ((0, 0), (0, 20_000))
    await clean()
    method = {
        "kind": "bank",
        "provider": "bca",
        "account_number": "1234567890",
        "account_name": "Dimas",
    }
    await call(s.http, s.cast.dimas, "PUT", "/v1/payout-method", method)
    run = (await s.send("POST", "/v1/payout-runs", {})).json()
    assert (await s.send("POST", f"/v1/payout-runs/{run['id']}/approve")).status_code == 200
    reply = await decide(s, sale, s.rina)
    assert (reply.status_code, reply.json()["code"]) == (409, "commission_in_payout")
    assert "pencairan" in reply.json()["detail"]
    assert await Credit.filter(ended_by=None, enrolment_id=theirs.id).count() == 1
    await clean()


async def test_a_budget_is_freed_before_it_is_taken(s: Stage) -> None:
    await type(s.campaign).filter(id=s.campaign.id).update(budget=20_000)
    sale = await s.sell(click_id=await s.click())
    theirs, _ = await s.join(s.cast.dimas)
    await decide(s, sale, theirs)
    assert await owed(s, s.cast.dimas) == (20_000, 0)
    await clean()


async def test_a_closed_order_can_change_hands_and_earns_once_it_is_reopened(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "cancelled"})
    theirs, _ = await s.join(s.cast.dimas)
    await decide(s, sale, theirs)
    await clean()
    sent = body(updated_at=world.now().isoformat())
    assert (await s.send("PUT", "/v1/sales/website/INV-1", sent)).status_code == 200
    assert (await owed(s, s.cast.rina), await owed(s, s.cast.dimas)) == ((0, 0), (20_000, 0))
    await clean()


async def test_only_what_the_partners_campaign_covers_changes(s: Stage) -> None:
    other = await make.product(s.cast.laras.org, sku="SARUNG")
    narrow = await make.campaign(
        s.cast.laras.org, other, created_at=s.campaign.created_at, launched_at=s.campaign.created_at
    )
    theirs, _ = await s.join(s.cast.dimas, narrow)
    items = [
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000},
        {"sku": "SARUNG", "quantity": 1, "unit_price": 50_000},
    ]
    sale = await s.sell(click_id=await s.click(), items=items)
    found = (await decide(s, sale, theirs)).json()
    assert [[c["partner"] for c in line["credit"]] for line in found["items"]] == [
        ["rina"],
        ["dimas"],
    ]
    touch = await Touch.get(by="click")
    assert touch.won
    assert (await owed(s, s.cast.rina), await owed(s, s.cast.dimas)) == ((10_000, 0), (5_000, 0))
    await clean()


async def test_what_cannot_be_is_refused_and_nothing_moves(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    product = await make.product(s.cast.laras.org, sku="SARUNG")
    began = s.campaign.created_at
    narrow = await make.campaign(s.cast.laras.org, product, created_at=began, launched_at=began)
    late = await make.campaign(s.cast.laras.org)
    ended = await make.enrolment(
        s.campaign, s.cast.dimas.org, approved_at=began, ended_at=began, state="ended"
    )
    rival = await make.enrolment(await make.campaign(s.cast.bukit.org), s.cast.dimas.org)
    foreign = await decide(s, sale, rival)
    assert foreign.json()["errors"][0]["pointer"] == "/enrolment_id"
    for campaign, code in ((narrow, "not_covered"), (late, "not_live")):
        place, _ = await s.join(s.cast.dimas, campaign)
        reply = await decide(s, sale, place)
        assert (reply.status_code, reply.json()["code"]) == (409, f"cannot_credit_{code}")
    reply = await decide(s, sale, ended)
    assert reply.json()["code"] == "cannot_credit_enrolment_ended"
    assert (await decide(s, sale, s.rina, " ")).status_code == 422
    missing = await s.send("POST", f"/v1/sales/{sale['id']}/credit", {"reason": "salah orang"})
    assert missing.json()["errors"][0]["pointer"] == "/enrolment_id"
    assert await owed(s, s.cast.rina) == (20_000, 0)
    await clean()


async def test_two_who_decide_at_once_take_turns(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    theirs, _ = await s.join(s.cast.dimas)
    replies = await asyncio.gather(
        *(decide(s, sale, place, f"alasan {i}") for i, place in enumerate([theirs, None] * 3))
    )
    assert {reply.status_code for reply in replies} == {200}
    pending = (await owed(s, s.cast.rina))[0], (await owed(s, s.cast.dimas))[0]
    assert pending in ((0, 20_000), (0, 0))
    await clean()


async def test_a_decision_and_a_payout_at_once_never_pay_both(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    theirs, _ = await s.join(s.cast.dimas)
    method = {"kind": "bank", "provider": "bca", "account_name": "X"}
    for i, who in enumerate((s.cast.rina, s.cast.dimas)):
        sent = method | {"account_number": f"123456789{i}"}
        await call(s.http, who, "PUT", "/v1/payout-method", sent)
    for i in range(3):
        sale = await s.sell(f"INV-{i}", click_id=await s.click(), state="delivered")
        run = (await s.send("POST", "/v1/payout-runs", {})).json()
        approved, decided = await asyncio.gather(
            s.send("POST", f"/v1/payout-runs/{run['id']}/approve"), decide(s, sale, theirs)
        )
        assert {approved.status_code, decided.status_code} == {200, 409}
        await clean()


async def test_the_check_names_credit_that_does_not_add_up(s: Stage) -> None:
    await s.sell(click_id=await s.click())
    await Credit.all().update(share_bp=9_000)
    assert [d.what for d in await attribution_audit.audit()] == ["shares"]
    await Credit.all().update(share_bp=10_000, ended_by="dec_none")
    assert [d.what for d in await attribution_audit.audit()] == ["uncredited"]
