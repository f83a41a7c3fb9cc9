"""What brings a sale besides clicks and codes: chat references, creator names, bonds; and who buys
from themselves in disguise.
"""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.trail.models import AuditEntry
from referrals.attribution.models import Bond, CreatorName
from referrals.links.coupons import check_of
from referrals.links.rules import reference
from tests import make
from tests.cast import Cast, Member, call
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


def by(sale: Any) -> list[tuple[str, str]]:
    return [(c["partner"], c["by"]) for c in sale["credit"]]


def notes(sale: Any) -> list[str]:
    return [n["code"] for n in sale["notes"]]


# Chat references


async def referred(s: Stage) -> str:
    await make.coupon(s.rina, "RINA10")
    return reference("RINA10", check_of(s.cast.laras.id, "RINA10"))


async def test_a_reference_in_the_note_credits_its_partner(s: Stage) -> None:
    text = await referred(s)
    sale = await s.sell(note=f"Halo kak, mau pesan ya {text.lower().strip('[]')}")
    assert by(sale) == [("rina", "chat")]
    assert notes(sale) == []
    found = (await s.send("GET", f"/v1/sales/{sale['id']}")).json()
    assert [(t["by"], t["reason"]) for t in found["touches"]] == [("chat", "chat")]


async def test_a_chat_reference_beats_a_click_and_yields_to_a_code(s: Stage) -> None:
    text = await referred(s)
    dimas, link = await s.join(s.cast.dimas)
    sale = await s.sell(note=text, click_id=await s.click(link))
    assert by(sale) == [("rina", "chat")]
    await make.coupon(dimas, "DIMAS10")
    sale = await s.sell("INV-2", note=text, coupon="dimas10")
    assert by(sale) == [("dimas", "coupon")]
    rules = [
        {"name": "Chat", "when": {"channel": ["chat"]}, "pay": {"kind": "percent", "rate_bp": 500}}
    ]
    await set_terms(s.campaign, {"rules": rules})
    sale = await s.sell("INV-3", note=text)
    assert [c["amount"] for c in sale["commissions"]] == [10_000]


async def test_wrong_check_letters_are_ignored_with_a_note(s: Stage) -> None:
    text = await referred(s)
    wrong = text.replace(check_of(s.cast.laras.id, "RINA10"), "2222")
    sale = await s.sell(note=wrong)
    assert (by(sale), notes(sale)) == ([], ["reference_wrong"])
    assert "RINA10-2222" in sale["notes"][0]["text"]
    sale = await s.sell("INV-2", note="[#SIAPA-2345] untuk Budi")
    assert (by(sale), notes(sale)) == ([], ["reference_unknown"])
    sale = await s.sell("INV-3", note="Blok AB-2345, terima kasih")
    assert (by(sale), notes(sale)) == ([], [])


async def test_a_reference_of_another_shop_or_switched_off_is_none(s: Stage) -> None:
    await make.coupon(s.rina, "RINA10", disabled_at=world.now() - timedelta(days=1))
    campaign = await make.campaign(s.cast.bukit.org)
    theirs = await make.enrolment(campaign, s.cast.dimas.org)
    await make.coupon(theirs, "DIMAS10")
    off = reference("RINA10", check_of(s.cast.laras.id, "RINA10"))
    foreign = reference("DIMAS10", check_of(s.cast.bukit.id, "DIMAS10"))
    sale = await s.sell(note=f"{off} {foreign}")
    assert (by(sale), notes(sale)) == ([], ["reference_disabled", "reference_unknown"])


# Creator names


async def match(s: Stage, who: Member | None = None, **more: Any) -> httpx2.Response:
    given = {"source": "shopee", "name": "@Rina.Batik", "partner": "rina"} | more
    return await s.send("POST", "/v1/creators", given, who)


async def test_creator_names_are_the_shops_own(s: Stage) -> None:
    assert (await s.http.post("/v1/creators", json={})).status_code == 401
    made = await match(s)
    assert (made.status_code, made.json()["name"]) == (201, "rina.batik")
    theirs = await s.send("GET", "/v1/creators", who=s.cast.bukit)
    assert theirs.json()["data"] == []
    path = f"/v1/creators/{made.json()['id']}"
    assert (await s.send("DELETE", path, who=s.cast.bukit)).status_code == 404
    assert (await match(s, s.cast.bukit)).json()["errors"][0]["pointer"] == "/partner"
    assert (await match(s)).status_code == 200
    listed = (await s.send("GET", "/v1/creators")).json()["data"]
    assert [(c["source"], c["name"], c["partner"]) for c in listed] == [
        ("shopee", "rina.batik", "rina")
    ]
    assert (await s.send("DELETE", path)).status_code == 204
    assert await CreatorName.all().count() == 0
    told = await AuditEntry.filter(action__startswith="creator.").order_by("at")
    assert [row.action for row in told] == ["creator.matched", "creator.forgotten"]


async def test_a_marketplaces_name_credits_its_partner(s: Stage) -> None:
    await match(s)
    rule = {"name": "Pasar", "when": {"channel": ["marketplace"]}}
    pay = {"pay": {"kind": "percent", "rate_bp": 700}}
    await set_terms(s.campaign, {"rules": [rule | pay]})
    sale = await s.sell(source="shopee", creator=" RINA.batik")
    assert by(sale) == [("rina", "creator")]
    assert [c["amount"] for c in sale["commissions"]] == [14_000]
    for order, source, name in (("2", "tokopedia", "rina.batik"), ("3", "shopee", "budi")):
        sale = await s.sell(order, source=source, creator=name)
        assert (by(sale), notes(sale)) == ([], ["creator_unknown"])


async def test_a_name_can_be_moved_to_another_partner(s: Stage) -> None:
    await match(s)
    await s.join(s.cast.dimas)
    moved = await match(s, partner="dimas")
    assert (moved.status_code, moved.json()["partner"]) == (200, "dimas")
    assert by(await s.sell(source="shopee", creator="rina.batik")) == [("dimas", "creator")]


async def test_the_same_name_matched_twice_at_once_is_one(s: Stage) -> None:
    replies = await asyncio.gather(*(match(s) for _ in range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 201]
    assert await CreatorName.all().count() == 1


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"source": "website"}, "/source"),
        ({"name": " @ "}, "/name"),
        ({"partner": "nobody"}, "/partner"),
        ({"partner": "dimas"}, "/partner"),
    ],
)
async def test_a_match_that_makes_no_sense_is_refused(
    s: Stage, more: dict[str, Any], pointer: str
) -> None:
    reply = await match(s, **more)
    assert reply.status_code == 422
    assert [e["pointer"] for e in reply.json()["errors"]] == [pointer]


# Bonds

BUYER = {"phone": "0813-1111-2222", "email": "budi@example.com"}


async def bonded(s: Stage, days: int = 90, **more: Any) -> Any:
    """Rina's first completed order of Budi, under terms with a bond."""
    await set_terms(s.campaign, percent() | {"bond_days": days})
    return await s.sell(click_id=await s.click(), state="completed", buyer=BUYER, **more)


async def test_a_completed_order_binds_its_buyer_for_a_while(s: Stage) -> None:
    sale = await bonded(s)
    bond = await Bond.get()
    assert (bond.partner_id, bond.sale_id) == (s.cast.rina.id, sale["id"])
    for buyer in ({"phone": "+62 813 1111 2222"}, {"email": "BUDI@example.com"}):
        later = await s.sell(f"INV-{buyer}", buyer=buyer)
        assert by(later) == [("rina", "bond")]
        assert "pelanggan tetap rina" in later["credit"][0]["because"]
    assert by(await s.sell("INV-4", buyer={"phone": "081399998888"})) == []
    with world.at(world.now() + timedelta(days=91)):
        assert by(await s.sell("INV-5", buyer=BUYER)) == []


async def test_no_bond_before_completion_without_buyer_or_without_days(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"bond_days": 90})
    sale = await s.sell("A", click_id=await s.click(), state="delivered", buyer=BUYER)
    await s.sell("B", click_id=await s.click(), state="completed")
    await s.sell("C", state="completed", buyer=BUYER)
    assert await Bond.all().count() == 0
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "completed"})
    assert await Bond.all().count() == 1
    await set_terms(s.campaign, percent())
    other = {"phone": "081344445555"}
    await s.sell("D", click_id=await s.click(), state="completed", buyer=other)
    assert await Bond.all().count() == 1


async def test_a_bond_yields_to_a_fresh_touch_and_moves_once_that_is_completed(s: Stage) -> None:
    await bonded(s)
    _, link = await s.join(s.cast.dimas)
    sale = await s.sell("INV-2", click_id=await s.click(link), buyer=BUYER)
    assert by(sale) == [("dimas", "click")]
    assert by(await s.sell("INV-3", buyer=BUYER)) == [("rina", "bond")]
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "completed"})
    assert by(await s.sell("INV-4", buyer=BUYER, state="completed")) == [("dimas", "bond")]
    rows = await Bond.all().order_by("made_at", "id")
    assert [(b.partner_id, b.ended_by) for b in rows] == [
        (s.cast.rina.id, sale["id"]),
        (s.cast.dimas.id, None),
    ]
    assert rows[1].since == rows[0].since
    sent = body("INV-1", state="completed", buyer=BUYER, shipping=5_000)
    await s.send("PUT", "/v1/sales/website/INV-1", sent)
    assert await Bond.filter(ended_at=None).count() == 1


async def test_a_bond_outlasts_the_window_and_pays_recurring(s: Stage) -> None:
    rules = [
        {
            "name": "Langganan",
            "when": {},
            "pay": {"kind": "recurring", "rate_bp": 300, "months": 3},
        },
        {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}},
    ]
    await set_terms(s.campaign, {"rules": rules, "bond_days": 365})
    await s.sell(click_id=await s.click(), state="completed", buyer=BUYER)
    for days, rule in ((60, "Langganan"), (120, "Semua")):
        with world.at(world.now() + timedelta(days=days)):
            sale = await s.sell(f"INV-{days}", buyer=BUYER)
            assert [c["because"][0]["rule"] for c in sale["commissions"]] == [rule]


async def test_a_returned_order_binds_nobody(s: Stage) -> None:
    sale = await bonded(s)
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "returned"})
    assert (await Bond.get()).ended_at is not None
    assert by(await s.sell("INV-2", buyer=BUYER)) == []


async def test_a_decision_takes_the_bond_with_it(s: Stage) -> None:
    sale = await bonded(s)
    dimas, _ = await s.join(s.cast.dimas)
    wanted = {"enrolment_id": dimas.id, "reason": "Dimas yang membawa"}
    await s.send("POST", f"/v1/sales/{sale['id']}/credit", wanted)
    assert by(await s.sell("INV-2", buyer=BUYER)) == [("dimas", "bond")]
    nobody = {"enrolment_id": None, "reason": "pembeli datang sendiri"}
    await s.send("POST", f"/v1/sales/{sale['id']}/credit", nobody)
    assert by(await s.sell("INV-3", buyer=BUYER)) == []


async def test_many_orders_of_one_buyer_at_once_leave_one_bond(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"bond_days": 30})
    sales = [
        body(f"INV-{i}", state="completed", buyer=BUYER, click_id=await s.click()) for i in range(5)
    ]
    reply = await s.send("POST", "/v1/sales/batch", {"sales": sales})
    assert {r["status"] for r in reply.json()["results"]} == {201}
    assert await Bond.filter(ended_at=None).count() == 1


# Disguises


async def paid_to(s: Stage, who: Member, provider: str, number: str) -> None:
    given = {"kind": "bank", "provider": provider, "account_number": number, "account_name": "X"}
    if provider == "dana":
        given["kind"] = "ewallet"
    reply = await call(s.http, who, "PUT", "/v1/payout-method", given)
    assert reply.status_code == 200, reply.text


async def state_of(s: Stage, order_id: str, **buyer: str) -> str:
    sale = await s.sell(order_id, click_id=await s.click(), buyer=buyer)
    found: str = sale["commissions"][0]["state"]
    return found


async def test_another_partner_who_is_paid_to_the_same_account_is_the_same(s: Stage) -> None:
    s.cast.dimas.user.phone, s.cast.dimas.user.email = "+6281555555555", "di.mas+toko@gmail.com"
    await s.cast.dimas.user.save(update_fields=["phone", "email"])
    assert await state_of(s, "A", phone="0815 5555 5555") == "pending"
    await paid_to(s, s.cast.rina, "bca", "1234567890")
    await paid_to(s, s.cast.dimas, "bca", "123-456-7890")
    assert await state_of(s, "B", phone="0815 5555 5555") == "rejected"
    assert await state_of(s, "C", email="Dimas@googlemail.com") == "rejected"
    assert await state_of(s, "D", phone="0816 6666 6666") == "pending"


async def test_the_wallets_number_is_the_partners_phone(s: Stage) -> None:
    assert await state_of(s, "A", phone="+62 812 7777 7777") == "pending"
    await paid_to(s, s.cast.rina, "dana", "081277777777")
    assert await state_of(s, "B", phone="+62 812 7777 7777") == "rejected"
