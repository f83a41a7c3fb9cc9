"""Tiers that a campaign's rule moves: once a month, on what was sold and stayed sold."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import TierRule, tier_for
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.hooks.models import Event
from jejaring.trail.models import AuditEntry
from referrals.commissions import audit as commissions_audit
from referrals.commissions.models import Commission
from referrals.months import tiers
from referrals.months.models import TierMonth
from referrals.review import decide
from tests.cast import Cast, call, sign_in
from tests.referrals.shop import Stage, set_terms, set_up

RULE = {"by": "amount", "silver": 300_000, "gold": 1_000_000}
BEGAN = datetime(2026, 9, 20, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 10, 5, tzinfo=UTC)
# 1 November at the shop, and when all that was delivered on 10 October is final.
NOVEMBER = datetime(2026, 10, 31, 17, tzinfo=UTC)
LATER = NOVEMBER + timedelta(days=5)
GOLD = {
    "rules": [
        {"name": "Emas", "when": {"tier": ["gold"]}, "pay": {"kind": "percent", "rate_bp": 2000}},
        {"name": "Lain", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}},
    ]
}


@pytest.mark.parametrize(
    ("by", "amount", "orders", "tier"),
    [
        ("amount", 0, 0, "bronze"),
        ("amount", 299_999, 99, "bronze"),
        ("amount", 300_000, 0, "silver"),
        ("amount", 999_999, 0, "silver"),
        ("amount", 1_000_000, 1, "gold"),
        ("orders", 10**12, 4, "bronze"),
        ("orders", 0, 5, "silver"),
        ("orders", 0, 20, "gold"),
    ],
)
def test_the_tier_of_a_month(by: str, amount: int, orders: int, tier: str) -> None:
    limits = (300_000, 1_000_000) if by == "amount" else (5, 20)
    assert tier_for(TierRule(by, *limits), amount, orders) == tier


async def moving(http: httpx2.AsyncClient, cast: Cast, **rule: Any) -> Stage:
    """Rina is in Laras's campaign since September; gold pays double."""
    with world.at(BEGAN):
        s = await set_up(http, cast)
        await set_terms(s.campaign, GOLD)
        path = f"/v1/campaigns/{s.campaign.id}"
        reply = await s.send("PATCH", path, {"tier_rule": RULE | rule})
        assert reply.status_code == 200, reply.text
    return s


async def sold(
    s: Stage, order_id: str, quantity: int, at: datetime = OCTOBER, state: str = "delivered"
) -> dict[str, Any]:
    """A sale through Rina's link, recorded as it was placed."""
    with world.at(at):
        items = [{"sku": "KEMEJA", "quantity": quantity, "unit_price": 100_000}]
        return await s.sell(order_id, click_id=await s.click(), items=items, state=state)


async def run(at: datetime = LATER) -> int:
    with world.at(at):
        await tiers.plan()
        return await tiers.settle_due()


async def tier(s: Stage) -> str:
    found: str = (await Enrolment.get(id=s.rina.id)).tier
    return found


async def test_a_stranger_and_the_rival_set_no_rule(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await moving(http, cast)
    path = f"/v1/campaigns/{s.campaign.id}"
    assert (await http.patch(path, json={"tier_rule": None})).status_code == 401
    assert (await call(http, cast.bukit, "PATCH", path, {"tier_rule": None})).status_code == 404
    assert (await call(http, cast.rina, "PATCH", path, {"tier_rule": None})).status_code == 403


async def test_a_month_moves_the_tier_and_both_sides_read_why(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 3)
    await sold(s, "INV-2", 4)
    assert await run() == 1
    assert await tier(s) == "silver"
    assert await run() == 0
    for member in (cast.laras, cast.rina):
        (shown,) = (await call(http, member, "GET", "/v1/enrolments")).json()["data"]
        (move,) = shown["tiers"]
        assert (move["tier"], move["by"], move["month"]) == ("silver", "rule", "2026-10")
        assert (move["amount"], move["orders"]) == (700_000, 2)
    assert await Event.filter(name="enrolment.tier_changed").count() == 2
    noted = await AuditEntry.filter(action="enrolment.tier_changed").get()
    assert (noted.data["before"], noted.data["after"]) == ("bronze", "silver")


async def test_a_month_without_sales_moves_down(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 10)
    await run()
    assert await tier(s) == "gold"
    assert await run(LATER + timedelta(days=30)) == 1
    assert await tier(s) == "bronze"


async def test_orders_are_counted_where_the_rule_says_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast, by="orders", silver=2, gold=3)
    await sold(s, "INV-1", 1)
    await sold(s, "INV-2", 1)
    await run()
    assert await tier(s) == "silver"


async def test_only_sales_placed_afterwards_have_the_new_tier(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    first = await sold(s, "INV-1", 10)
    await run()
    with world.at(LATER + timedelta(days=1)):
        late = await s.sell("INV-2", click_id=await s.click(at=OCTOBER - timedelta(hours=1)),
                            placed_at=OCTOBER.isoformat())  # fmt: skip
    after = await sold(s, "INV-3", 2, LATER + timedelta(days=1))
    rates = [one["commissions"][0]["because"][0]["rate_bp"] for one in (first, late, after)]
    assert rates == [1_000, 1_000, 2_000]
    with world.at(LATER + timedelta(days=2)):
        changed = {"items": [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]}
        body = {"order_id": "INV-1", "source": "website", "placed_at": OCTOBER.isoformat(),
                "state": "delivered", "currency": "IDR", **changed}  # fmt: skip
        assert (await s.send("PUT", "/v1/sales/website/INV-1", body)).status_code == 200
    rows = await Commission.filter(sale_id=first["id"])
    assert sum(row.amount - row.reversed for row in rows) == 10_000
    assert await commissions_audit.audit() == []


@pytest.mark.parametrize("how", ["refund", "cancel", "reject"])
async def test_what_did_not_stay_sold_does_not_count(
    http: httpx2.AsyncClient, cast: Cast, how: str
) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 2)
    gone = await sold(s, "INV-2", 2)
    with world.at(OCTOBER + timedelta(days=1)):
        if how == "refund":
            refund = {"refund_id": "R-1", "reason": "x", "amount": 200_000}
            await s.send("POST", f"/v1/sales/{gone['id']}/refunds", refund)
        elif how == "cancel":
            await s.send("POST", f"/v1/sales/{gone['id']}/state", {"state": "cancelled"})
        else:
            com = gone["commissions"][0]["id"]
            await decide.reject(cast.laras.id, com, "fake_order", "test")
    await run()
    row = await TierMonth.get()
    assert (row.amount, row.orders, row.tier) == (200_000, 1, "bronze")


async def test_it_waits_until_everything_is_final_but_not_for_ever(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 10)
    await sold(s, "INV-2", 1, state="placed")
    assert await run() == 0
    assert await tier(s) == "bronze"
    assert await run(NOVEMBER + timedelta(days=59)) == 1  # November's own month is settled
    assert await tier(s) == "bronze"
    assert await run(NOVEMBER + timedelta(days=60, hours=1)) == 1
    october = await TierMonth.get(month="2026-10")
    assert (october.amount, october.tier) == (1_000_000, "gold")
    assert await tier(s) == "bronze", "a later month has spoken"


async def test_a_tier_set_by_hand_stays_until_the_hand_lets_go(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 3)
    path = f"/v1/enrolments/{s.rina.id}"
    with world.at(OCTOBER):
        shown = (await s.send("PATCH", path, {"tier": "gold"})).json()
        assert shown["tier_held_at"] is not None
    await run()
    assert await tier(s) == "gold"
    assert (await TierMonth.get()).tier == "silver"
    with world.at(LATER):
        released = (await s.send("PATCH", path, {"tier": None})).json()
    assert (released["tier"], released["tier_held_at"]) == ("gold", None)
    await run(LATER + timedelta(days=30))
    assert await tier(s) == "bronze"
    actions = await AuditEntry.filter(action__startswith="enrolment.tier").values_list("action")
    assert len(actions) == 3


async def test_the_same_tier_by_hand_holds_it_too(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await moving(http, cast)
    path = f"/v1/enrolments/{s.rina.id}"
    for _ in range(2):
        assert (await s.send("PATCH", path, {"tier": "bronze"})).json()["tiers"] == []
    assert await AuditEntry.filter(action="enrolment.tier_kept").count() == 1
    await sold(s, "INV-1", 10)
    await run()
    assert await tier(s) == "bronze"


async def test_a_rule_counts_from_the_month_in_which_it_was_made(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    await Campaign.all().update(tier_rule_at=NOVEMBER)
    await sold(s, "INV-1", 10)
    assert await run() == 0
    assert not await TierMonth.exists()
    path = f"/v1/campaigns/{s.campaign.id}"
    with world.at(LATER):
        reply = (await s.send("PATCH", path, {"tier_rule": RULE | {"gold": 2_000_000}})).json()
        assert reply["tier_rule"]["gold"] == 2_000_000
    assert (await Campaign.get()).tier_rule_at == NOVEMBER
    assert await run(LATER + timedelta(days=30)) == 1
    await s.send("PATCH", path, {"tier_rule": None})
    assert (await Campaign.get()).tier_rule_at is None
    assert await run(LATER + timedelta(days=61)) == 0


async def test_who_joined_later_or_left_is_not_moved(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await moving(http, cast)
    with world.at(NOVEMBER + timedelta(hours=1)):
        later, _ = await s.join(cast.dimas)
        await Enrolment.filter(id=later.id).update(approved_at=world.now())
    await sold(s, "INV-1", 10)
    with world.at(NOVEMBER):
        await tiers.plan()
    assert await TierMonth.all().count() == 1
    await Enrolment.filter(id=s.rina.id).update(state="ended")
    assert await run() == 1
    assert await tier(s) == "bronze"


async def test_a_rule_that_is_gone_by_then_moves_nobody(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 10)
    with world.at(NOVEMBER):
        await tiers.plan()
    await Campaign.all().update(tier_rule=None, tier_rule_at=None)
    assert await run() == 1
    assert await tier(s) == "bronze"


async def test_many_workers_move_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await moving(http, cast)
    await sold(s, "INV-1", 10)
    with world.at(LATER):
        await asyncio.gather(*(tiers.plan() for _ in range(3)))
        done = await asyncio.gather(*(tiers.settle_due() for _ in range(3)))
    assert sum(done) == 1
    assert len((await Enrolment.get(id=s.rina.id)).tiers) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"silver": 5, "gold": 5}, {"silver": 0, "gold": 5}, {"silver": 5}, {"by": "clicks"} | RULE],
)
async def test_a_wrong_rule_is_refused(
    http: httpx2.AsyncClient, cast: Cast, wrong: dict[str, Any]
) -> None:
    s = await set_up(http, cast)
    body = {"tier_rule": wrong if wrong.get("by") != "amount" else wrong | {"by": "clicks"}}
    reply = await s.send("PATCH", f"/v1/campaigns/{s.campaign.id}", body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"].startswith("/tier_rule/")


async def test_a_draft_has_its_rule_and_the_terms_say_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    draft = {"name": "x", "product_ids": [], "audience": ["reseller"], "joining": "open",
             "terms": {"rules": GOLD["rules"]}, "tier_rule": RULE}  # fmt: skip
    made = (await call(http, cast.laras, "POST", "/v1/campaigns", draft)).json()
    assert made["tier_rule"] == RULE
    assert "perak mulai Rp300.000, emas mulai Rp1.000.000" in made["explain"]["id"][-1]
    assert "silver from Rp300,000" in made["explain"]["en"][-1]
    path = f"/v1/campaigns/{made['id']}"
    orders = {"tier_rule": {"by": "orders", "silver": 5, "gold": 20}}
    changed = (await call(http, cast.laras, "PATCH", path, orders)).json()
    assert "perak mulai 5 pesanan" in changed["explain"]["id"][-1]


async def test_the_pages_set_the_rule_and_say_why(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await set_up(http, cast)
    token = await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{s.campaign.id}"
    assert "Belum ada aturan" in (await http.get(path)).text
    sent = {"csrf": token, "by": "amount", "silver": "300.000", "gold": "200.000"}
    reply = await http.post(f"{path}/tiers", data=sent)
    assert (reply.status_code, "Batas emas harus lebih tinggi" in reply.text) == (422, True)
    assert 'value="200.000"' in reply.text
    reply = await http.post(f"{path}/tiers", data=sent | {"gold": "1.000.000"})
    assert "pesan=tier_rule_saved" in reply.headers["location"]
    assert "perak mulai Rp300.000, emas mulai Rp1.000.000" in (await http.get(path)).text
    act = f"/merchant/enrolments/{s.rina.id}/tier"
    await http.post(act, data={"csrf": token, "tier": "silver"})
    page = (await http.get(f"/merchant/partners/{cast.rina.id}")).text
    assert "Ikuti aturan kampanye" in page
    assert "Ditetapkan toko." in page
    reply = await http.post(act, data={"csrf": token, "tier": "rule"})
    assert "pesan=info_tier_released" in reply.headers["location"]
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/campaigns/{s.campaign.id}")).text
    assert "Tingkat Anda: <b>perak</b>" in page
    token = await sign_in(http, cast.laras)
    empty = {"csrf": token, "by": "amount", "silver": "", "gold": ""}
    reply = await http.post(f"{path}/tiers", data=empty)
    assert "info_tier_rule_gone" in reply.headers["location"]
    assert (await Campaign.get(id=s.campaign.id)).tier_rule is None
