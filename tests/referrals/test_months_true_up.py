"""The month's end: bonuses and tiers worked out on what survived, once, of either sign."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from jejaring import world
from jejaring.db import sql
from jejaring.ledger import audit as ledger_audit
from jejaring.payouts import audit as payouts_audit
from referrals.commissions import audit
from referrals.commissions.models import Commission, Reversal, TrueUp
from referrals.commissions.release import release_due
from referrals.months import true_up
from tests.cast import Cast, call, sign_in
from tests.referrals.changing import put
from tests.referrals.shop import Stage, set_terms, set_up

STEPS = [{"from": 0, "rate_bp": 500}, {"from": 300_000, "rate_bp": 1_000}]
DAY = datetime(2026, 10, 5, 5, tzinfo=UTC)
OVER = datetime(2026, 11, 20, tzinfo=UTC)
BOTH = {"amount": 50_000, "at_sales": 1}
ALL = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}


def tiers(mode: str, **more: Any) -> dict[str, Any]:
    pay = {"kind": "tiers", "mode": mode, "steps": STEPS}
    return {"rules": [{"name": "Bertingkat", "when": {}, "pay": pay} | more]}


def bonus(**target: Any) -> dict[str, Any]:
    pay = {"kind": "bonus", "amount": 50_000, **target}
    return {"rules": [ALL, {"name": "Bonus", "when": {}, "pay": pay}]}


async def october(
    http: httpx2.AsyncClient, cast: Cast, terms: dict[str, Any], **more: Any
) -> Stage:
    with world.at(DAY):
        s = await set_up(http, cast, **more)
        await set_terms(s.campaign, terms)
    return s


async def sold(s: Stage, order_id: str, day: int = 0, **more: Any) -> dict[str, Any]:
    with world.at(DAY + timedelta(days=day)):
        return await s.sell(
            order_id, **({"click_id": await s.click(), "state": "delivered"} | more)
        )


async def refund(s: Stage, sale: dict[str, Any], amount: int) -> None:
    path = f"/v1/sales/{sale['id']}/refunds"
    reply = await s.send("POST", path, {"refund_id": "R", "reason": "x", "amount": amount})
    assert reply.status_code == 201, reply.text


async def settle(at: datetime = OVER) -> int:
    with world.at(at):
        await release_due()
        return await true_up.settle_due()


async def clean() -> None:
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []
    assert await payouts_audit.audit() == []


async def test_a_bonus_is_paid_once_when_the_month_is_over(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, bonus(at_sales=2))
    await sold(s, "INV-1")
    await sold(s, "INV-2", 1)
    assert await settle(datetime(2026, 10, 31, 16, 59, tzinfo=UTC)) == 0
    assert await settle() == 1
    assert await settle() == 0
    row = await Commission.get(kind="bonus")
    assert (row.amount, row.state, row.key) == (
        50_000,
        "payable",
        f"trueup:{s.rina.id}:Bonus:2026-10",
    )
    stands = await s.balance()
    assert stands is not None
    assert stands.payable == 90_000
    listed = await call(http, cast.rina, "GET", "/v1/commissions")
    text = listed.json()["data"][0]["because"][0]["text"]
    assert "bonus bulan 2026-10, 2 pesanan senilai Rp400.000 = Rp50.000" in text
    await clean()


async def test_orders_cancelled_later_earn_no_bonus(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast, bonus(at_volume=400_000))
    await sold(s, "INV-1")
    fake = await sold(s, "INV-2", 1, state="paid")
    reply = await s.send("POST", f"/v1/sales/{fake['id']}/state", {"state": "cancelled"})
    assert reply.status_code == 200
    assert await settle() == 1
    assert not await Commission.filter(kind="bonus").exists()
    done = await TrueUp.get()
    assert (done.volume, done.sales, done.expected, done.posted) == (200_000, 1, 0, 0)


async def test_a_month_waits_for_its_sales_and_at_most_sixty_days(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, bonus(at_sales=2))
    await sold(s, "INV-1")
    await sold(s, "INV-2", 1)
    await sold(s, "INV-3", 2, state="placed")
    assert await settle() == 0
    assert await settle(datetime(2026, 12, 29, tzinfo=UTC)) == 0
    assert await settle(datetime(2026, 12, 30, 17, tzinfo=UTC)) == 1
    assert (await TrueUp.get()).sales == 2
    assert (await Commission.get(kind="bonus")).amount == 50_000


async def test_whole_tiers_are_paid_at_the_rate_of_what_survived(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, tiers("whole"))
    for n in range(3):
        sale = await sold(s, f"INV-{n}", n)
    await refund(s, sale, 50_000)
    with world.at(OVER):
        (estimate,) = await true_up.estimates(partner_id=cast.rina.id)
    assert (estimate.volume, estimate.amount) == (550_000, 55_000)
    assert await settle() == 1
    row = await Commission.get(sale_id=None)
    assert (row.amount, row.state) == (55_000, "payable")
    await clean()


async def test_a_line_that_an_upsert_added_counts_under_tiers_that_pay_nothing_yet(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, tiers("whole"))
    await sold(s, "INV-1", placed_at=DAY.isoformat())
    more = [
        {"sku": "KEMEJA", "quantity": 2, "unit_price": 100_000},
        {"sku": "TOPI", "quantity": 1, "unit_price": 150_000},
    ]
    with world.at(DAY + timedelta(days=1)):
        await put(s, "INV-1", items=more, state="delivered", placed_at=DAY.isoformat())
    assert await settle() == 1
    done = await TrueUp.get()
    assert (done.volume, done.posted) == (350_000, 35_000)
    await clean()


async def test_a_month_waits_for_the_hold_of_an_order_that_was_raised(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, tiers("marginal"))
    await sold(s, "INV-1", placed_at=DAY.isoformat())
    more = [{"sku": "KEMEJA", "quantity": 4, "unit_price": 100_000}]
    with world.at(datetime(2026, 10, 30, tzinfo=UTC)):
        await put(s, "INV-1", items=more, state="delivered", placed_at=DAY.isoformat())
    assert await settle(datetime(2026, 11, 2, tzinfo=UTC)) == 0
    assert await settle(datetime(2026, 11, 7, tzinfo=UTC)) == 1


async def test_months_share_a_short_budget_in_the_order_of_joining(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    """Not in that of their first sales, nor by chance: each rule of the first comes first."""
    terms = bonus(at_sales=1)
    more = {"name": "Awal", "when": {}, "pay": {"kind": "bonus", "amount": 20_000, "at_sales": 1}}
    s = await october(http, cast, {"rules": [*terms["rules"], more]}, budget=140_000)
    with world.at(DAY + timedelta(seconds=1)):
        _, link = await s.join(cast.dimas)
        dimas = await s.click(link)
    await sold(s, "INV-1", click_id=dimas)
    await sold(s, "INV-2", 1)
    assert await settle() == 4
    rows = await Commission.filter(kind="bonus")
    assert {(r.partner_id, r.rule): r.amount for r in rows} == {
        (s.cast.rina.id, "Awal"): 20_000,
        (s.cast.rina.id, "Bonus"): 50_000,
        (s.cast.dimas.id, "Awal"): 20_000,
        (s.cast.dimas.id, "Bonus"): 10_000,
    }


async def test_a_refund_in_a_lower_step_takes_the_difference_back(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, tiers("marginal"))
    first = await sold(s, "INV-1")
    second = await sold(s, "INV-2", 1)
    assert [c["amount"] for c in second["commissions"]] == [15_000]
    await refund(s, first, 200_000)
    assert await settle() == 1
    kept = await Commission.get(id=second["commissions"][0]["id"])
    assert (kept.amount, kept.reversed) == (15_000, 5_000)
    taken = await Reversal.get(commission_id=kept.id)
    assert (taken.key, taken.reason) == (f"trueup:{kept.id}:2026-10", "true_up")
    stands = await s.balance()
    assert stands is not None
    assert stands.payable == 10_000
    await clean()
    await refund(s, second, 100_000)
    kept = await Commission.get(id=kept.id)
    assert kept.amount - kept.reversed == 5_000
    await clean()


async def test_what_was_paid_out_already_is_owed_back(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast, tiers("marginal"))
    first = await sold(s, "INV-1")
    await sold(s, "INV-2", 1)
    method = {
        "kind": "bank",
        "provider": "bca",
        "account_number": "1234567890",
        "account_name": "Rina",
    }
    with world.at(datetime(2026, 10, 25, tzinfo=UTC)):
        await call(http, cast.rina, "PUT", "/v1/payout-method", method)
        await release_due()
        run = (await s.send("POST", "/v1/payout-runs", {})).json()
        reply = await s.send("POST", f"/v1/payout-runs/{run['id']}/approve")
        assert reply.status_code == 200, reply.text
        await refund(s, first, 200_000)
    before = await s.balance()
    assert before is not None
    assert before.owed_back == 10_000
    assert await settle() == 1
    stands = await s.balance()
    assert stands is not None
    assert (stands.owed_back, stands.in_payout) == (15_000, 25_000)
    await clean()


async def test_a_bonus_gets_what_the_budget_and_the_months_limit_leave(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    terms = bonus(at_sales=1) | {"max_per_partner_month": 60_000}
    s = await october(http, cast, terms, budget=45_000)
    await sold(s, "INV-1")
    assert await settle() == 1
    row = await Commission.get(kind="bonus")
    assert (row.amount, row.because["notes"]) == (25_000, ["month_cap", "budget_spent"])
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.state) == (45_000, "ended")


async def test_a_bonus_counts_only_what_its_conditions_name(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    terms = bonus(at_sales=1)
    terms["rules"][1]["when"] = {"category": ["kopi"]}
    s = await october(http, cast, terms)
    await sold(s, "INV-1")
    assert await settle() == 1
    assert (await TrueUp.get()).sales == 0


async def test_the_terms_of_the_order_that_reaches_the_target_decide(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, bonus(at_sales=2))
    lower = bonus(at_sales=2)
    lower["rules"][1]["pay"]["amount"] = 10_000
    await set_terms(s.campaign, lower, DAY + timedelta(days=3))
    await sold(s, "INV-1")
    await sold(s, "INV-2", 1)
    await sold(s, "INV-3", 5)
    assert await settle() == 1
    assert (await Commission.get(kind="bonus")).amount == 50_000


async def test_a_partner_ended_for_fraud_has_the_bonus_held(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, bonus(at_sales=1))
    await sold(s, "INV-1")
    with world.at(OVER):
        path = f"/v1/enrolments/{s.rina.id}/end"
        reply = await s.send("POST", path, {"reason_code": "fraud"})
        assert reply.status_code == 200
    assert await settle() == 1
    assert (await Commission.get(kind="bonus")).state == "held"


@pytest.mark.parametrize("kind", ["bonus", "tiers"])
async def test_new_terms_of_these_kinds_are_accepted(
    http: httpx2.AsyncClient, cast: Cast, kind: str
) -> None:
    s = await set_up(http, cast)
    terms = bonus(at_sales=5) if kind == "bonus" else tiers("whole")
    reply = await s.send("POST", f"/v1/campaigns/{s.campaign.id}/terms", terms)
    assert reply.status_code == 201, reply.text


async def test_both_sides_pages_show_a_bonus(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast, bonus(at_sales=1))
    await sold(s, "INV-1")
    assert await settle() == 1
    row = await Commission.get(kind="bonus")
    await sign_in(http, cast.laras)
    page = await http.get(f"/merchant/partners/{cast.rina.id}")
    assert (page.status_code, "bonus bulan 2026-10" in page.text) == (200, True)
    http.cookies.clear()
    await sign_in(http, cast.rina)
    page = await http.get("/partner/earnings")
    assert (page.status_code, row.state) == (200, "payable")
    assert "Bonus" in page.text


async def test_a_partner_sees_what_the_open_month_would_pay(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast, bonus(at_sales=2))
    await sold(s, "INV-1")
    await sign_in(http, cast.rina)
    assert "Perkiraan Rp0" in (await http.get("/partner/earnings")).text
    await sold(s, "INV-2", 1)
    assert "Perkiraan Rp50.000" in (await http.get("/partner/earnings")).text
    assert await settle() == 1
    assert "Perkiraan" not in (await http.get("/partner/earnings")).text


async def test_rules_that_share_a_limit_use_it_up_in_the_order_of_their_names(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    terms = bonus(at_sales=1)
    terms["rules"].append({"name": "Awal", "when": {}, "pay": {"kind": "bonus"} | BOTH})
    s = await october(http, cast, terms | {"max_per_partner_month": 80_000})
    await sold(s, "INV-1")
    for n, row in enumerate(await TrueUp.all().order_by("-rule")):
        await sql.rows("UPDATE true_up SET id = ? WHERE id = ?", [f"tru_{n}", row.id])
    assert await settle() == 2
    made = await Commission.filter(kind="bonus").order_by("rule").values_list("rule", "amount")
    assert list(made) == [("Awal", 50_000), ("Bonus", 10_000)]
