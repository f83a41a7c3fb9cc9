"""Disputes: lost takes back like a refund, won gives it again, wherever the money has gone."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import commands, world
from jejaring.db import sql
from jejaring.hooks.models import Event
from jejaring.payouts.models import PayableItem
from jejaring.settings import settings
from jejaring.trail.models import AuditEntry
from referrals.commissions.models import Commission
from referrals.intake.refund import drop_stale
from referrals.orders.models import Refund, SaleLine
from tests.cast import Cast, sign_in
from tests.money import with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms

HOLD = timedelta(days=0)


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def told(
    s: Stage, sale: dict[str, Any], outcome: str, amount: int | None = 50_000, name: str = "D-1"
) -> httpx2.Response:
    sent = {"dispute_id": name, "outcome": outcome, "amount": amount}
    return await s.send("POST", f"/v1/sales/{sale['id']}/disputes", sent)


async def refunded(s: Stage, sale: dict[str, Any], name: str, **what: Any) -> httpx2.Response:
    sent = {"refund_id": name, "reason": "batal"} | what
    return await s.send("POST", f"/v1/sales/{sale['id']}/refunds", sent)


async def left() -> int:
    return sum(row.amount - row.reversed for row in await Commission.all())


async def is_clean() -> None:
    assert await commands.differences(settings()) == []


async def keys() -> list[str]:
    rows = await sql.rows("SELECT key FROM ledger_entry ORDER BY id")
    return [row["key"] for row in rows]


async def sold(s: Stage, **more: Any) -> dict[str, Any]:
    return await s.sell(click_id=await s.click(), **more)


async def safe(s: Stage, **more: Any) -> dict[str, Any]:
    """A sale whose commission is payable at once."""
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    return await sold(s, state="completed", **more)


async def pay(s: Stage, outcome: str | None = "paid") -> dict[str, Any]:
    run = (await s.send("POST", "/v1/payout-runs", {})).json()
    reply = await s.send("POST", f"/v1/payout-runs/{run['id']}/approve")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    for payout in found["payouts"] if outcome else []:
        path = f"/v1/payouts/{payout['id']}/settle"
        sent = {"outcome": outcome, "reference": "TRF"}
        assert (await s.send("POST", path, sent)).status_code == 200
    return found


async def test_a_stranger_is_refused(s: Stage) -> None:
    sale = await sold(s)
    reply = await s.http.post(f"/v1/sales/{sale['id']}/disputes", json={})
    assert reply.status_code == 401


async def test_the_rival_sees_nothing(s: Stage) -> None:
    sale = await sold(s)
    sent = {"dispute_id": "D-1", "outcome": "lost", "amount": 1}
    path = f"/v1/sales/{sale['id']}/disputes"
    assert (await s.send("POST", path, sent, s.cast.bukit)).status_code == 404
    assert (await s.send("POST", path, sent, s.cast.rina)).status_code == 403
    assert await Refund.all().count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "drawn"},
        {"amount": 0},
        {"amount": -1},
        {"amount": 10**12 + 1},
        {"amount": "1"},
        {"dispute_id": ""},
        {"reason": "x"},
    ],
)
async def test_a_wrong_dispute_is_refused(s: Stage, wrong: dict[str, Any]) -> None:
    sale = await sold(s)
    sent = {"dispute_id": "D-1", "outcome": "lost", "amount": 1} | wrong
    reply = await s.send("POST", f"/v1/sales/{sale['id']}/disputes", sent)
    assert reply.status_code == 422, reply.text
    assert await left() == 20_000


async def test_a_lost_dispute_takes_its_part_and_a_won_one_gives_it_again(s: Stage) -> None:
    sale = await sold(s)
    reply = await told(s, sale, "lost")
    assert reply.status_code == 201, reply.text
    found = reply.json()
    assert (found["outcome"], found["amount"], found["over_base"]) == ("lost", 50_000, 0)
    assert found["lines"] == [{"line": 1, "amount": 50_000}]
    assert found["sale"]["commissions"][0]["reversed"] == 5_000
    assert await left() == 15_000
    reply = await told(s, sale, "won")
    assert (reply.status_code, reply.json()["outcome"]) == (201, "won")
    assert await left() == 20_000
    (com,) = await Commission.all()
    (row,) = await Refund.all()
    assert f"reverse:{com.id}:{row.id}" in await keys()
    assert f"reinstate:{com.id}:{row.id}" in await keys()
    names = [event.name for event in await Event.filter(name__startswith="dispute.")]
    assert sorted(names) == ["dispute.lost", "dispute.won"]
    (back,) = await Event.filter(name="commission.reinstated")
    assert back.organisation_id == s.cast.rina.id
    assert back.data["commissions"] == [{"id": com.id, "amount": 5_000}]
    await is_clean()


async def test_the_figures_follow(s: Stage) -> None:
    sale = await sold(s)
    await told(s, sale, "lost")
    await told(s, sale, "won")
    sums = []
    for name in ("dispute.lost", "dispute.won"):
        (event,) = await Event.filter(name=name)
        figures: Any = event.data["figures"]
        sums.append([(f["sales"], f["sales_amount"], f["commission"]) for f in figures])
    assert sums == [[(0, -50_000, -5_000)], [(0, 50_000, 5_000)]]


async def test_the_same_again_changes_nothing_and_another_amount_is_a_conflict(s: Stage) -> None:
    sale = await sold(s)
    await told(s, sale, "lost")
    assert (await told(s, sale, "lost")).status_code == 200
    assert (await told(s, sale, "lost", None)).status_code == 200
    for outcome in ("lost", "won"):
        reply = await told(s, sale, outcome, 50_001)
        assert (reply.status_code, reply.json()["code"]) == (409, "dispute_exists")
    await told(s, sale, "won")
    assert (await told(s, sale, "won")).status_code == 200
    assert (await told(s, sale, "lost")).status_code == 200
    assert await left() == 20_000
    assert await Refund.all().count() == 1
    await is_clean()


async def test_won_that_is_heard_before_lost_leaves_all_as_it_is(s: Stage) -> None:
    sale = await sold(s)
    assert (await told(s, sale, "won")).status_code == 201
    reply = await told(s, sale, "lost")
    assert (reply.status_code, reply.json()["outcome"]) == (200, "won")
    assert await left() == 20_000
    await is_clean()


async def test_without_an_amount_all_that_is_left_is_lost(s: Stage) -> None:
    sale = await sold(s)
    await refunded(s, sale, "R-1", amount=30_000)
    assert (await told(s, sale, "lost", None)).json()["amount"] == 170_000
    assert await left() == 0
    await told(s, sale, "won", None)
    assert await left() == 17_000
    await is_clean()


async def test_a_refund_and_a_dispute_of_one_name_are_two_things(s: Stage) -> None:
    sale = await sold(s)
    assert (await refunded(s, sale, "D-1", amount=20_000)).status_code == 201
    assert (await told(s, sale, "lost")).status_code == 201
    assert await left() == 13_000
    detail = (await s.send("GET", f"/v1/sales/{sale['id']}")).json()
    assert [r["refund_id"] for r in detail["refunds"]] == ["D-1"]
    assert [d["dispute_id"] for d in detail["disputes"]] == ["D-1"]


async def test_a_refund_that_a_dispute_cut_short_takes_its_part_once_it_is_won(s: Stage) -> None:
    """As though there had been no dispute: Rp180.000 were given back to the buyer."""
    sale = await sold(s)
    await told(s, sale, "lost", 100_000)
    reply = await refunded(s, sale, "R-1", amount=180_000)
    assert reply.json()["over_base"] == 80_000
    await told(s, sale, "won", 100_000)
    assert await left() == 2_000
    assert (await Refund.get(kind="refund")).spread == {"1": 180_000}
    assert (await SaleLine.get()).refunded == 180_000
    await is_clean()


async def test_units_that_came_back_count_whole_once_the_dispute_is_won(s: Stage) -> None:
    sale = await sold(s)
    await told(s, sale, "lost", 150_000)
    await refunded(s, sale, "R-1", items=[{"line": 1, "quantity": 1}])
    assert await left() == 0
    await told(s, sale, "won", 150_000)
    assert await left() == 10_000
    line = await SaleLine.get()
    assert (line.refunded, line.returned) == (100_000, 1)
    await is_clean()


async def test_a_dispute_won_while_the_money_is_payable(s: Stage) -> None:
    sale = await safe(s)
    await told(s, sale, "lost")
    await told(s, sale, "won")
    row = await s.balance()
    assert row is not None
    assert (row.payable, row.owed_back) == (20_000, 0)
    await with_method(s.cast.rina)
    assert (await pay(s))["totals"]["gross"] == 20_000
    await is_clean()


@pytest.mark.parametrize("outcome", ["paid", None])
async def test_a_dispute_won_after_the_payout_settles_what_is_owed(
    s: Stage, outcome: str | None
) -> None:
    await with_method(s.cast.rina)
    sale = await safe(s)
    await pay(s, outcome)
    await told(s, sale, "lost")
    row = await s.balance()
    assert row is not None
    assert (row.payable, row.owed_back) == (0, 5_000)
    await told(s, sale, "won")
    row = await s.balance()
    assert row is not None
    assert (row.payable, row.owed_back) == (0, 0)
    await is_clean()


async def test_what_was_netted_meanwhile_comes_back_as_a_new_item(s: Stage) -> None:
    """5 000 owed; another run nets them; the dispute is won: 5 000 payable, once."""
    await with_method(s.cast.rina)
    sale = await safe(s)
    await pay(s)
    await told(s, sale, "lost")
    await s.sell("INV-2", click_id=await s.click(), state="completed")
    run = await pay(s)
    assert (run["totals"]["gross"], run["totals"]["netted"]) == (20_000, 5_000)
    await told(s, sale, "won")
    row = await s.balance()
    assert row is not None
    assert (row.payable, row.owed_back) == (5_000, 0)
    await told(s, sale, "lost", 30_000, "D-2")
    row = await s.balance()
    assert row is not None
    assert (row.payable, row.owed_back) == (2_000, 0)
    await is_clean()


async def test_a_dispute_on_a_cancelled_order_counts_once_it_is_reopened(s: Stage) -> None:
    now = world.now()
    click = await s.click()
    made = body(click_id=click, placed_at=now.isoformat())
    sale = await s.sell(click_id=click, placed_at=now.isoformat())
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "cancelled"})
    assert (await told(s, sale, "lost")).status_code == 201
    assert await left() == 0
    reply = await s.send(
        "PUT", "/v1/sales/website/INV-1", made | {"updated_at": world.now().isoformat()}
    )
    assert reply.json()["state"] == "paid"
    assert await left() == 15_000
    await told(s, sale, "won")
    assert await left() == 20_000
    await is_clean()


async def test_what_was_lost_whole_before_a_line_earned_comes_with_the_dispute_won(
    s: Stage,
) -> None:
    at = world.now()
    given = {"placed_at": at.isoformat()}
    sale = await sold(s, state="cancelled", **given)
    await told(s, sale, "lost", None)
    again = body(state="paid", updated_at=(at + timedelta(minutes=1)).isoformat(), **given)
    reply = await s.send("PUT", "/v1/sales/website/INV-1", again)
    assert (reply.status_code, await left()) == (200, 0)
    await told(s, sale, "won", None)
    assert await left() == 20_000
    await is_clean()


async def test_what_is_owed_back_is_settled_with_the_earlier_lines_first(s: Stage) -> None:
    await with_method(s.cast.rina)
    one = [{"sku": f"BARANG-{n}", "quantity": 1, "unit_price": 100_000} for n in range(6)]
    sale = await safe(s, items=one)
    await pay(s)
    await told(s, sale, "lost", None)
    repaid = {"partner": "rina", "amount": 35_000, "reason": "transfer"}
    assert (await s.send("POST", "/v1/owed-back/repay", repaid)).status_code == 201
    await told(s, sale, "won", None)
    items = await PayableItem.filter(payout_id=None)
    rows = {row.id: row.because["line"] for row in await Commission.all()}
    assert sorted((rows[i.source_id], i.amount) for i in items) == [
        (3, 5_000), (4, 10_000), (5, 10_000), (6, 10_000),
    ]  # fmt: skip
    await is_clean()


async def test_the_order_page_tells_of_disputes(s: Stage) -> None:
    sale = await sold(s)
    await told(s, sale, "lost")
    await told(s, sale, "won", 1_000, "D-2")
    await sign_in(s.http, s.cast.laras)
    page = (await s.http.get(f"/merchant/sales/{sale['id']}")).text
    assert "D-1" in page
    assert "Sengketa pembayaran" in page
    assert "tidak pernah dikoreksi" in page


async def test_a_refund_without_its_order_is_dropped_after_ninety_days(s: Stage) -> None:
    sent = {"source": "website", "order_id": "INV-1", "refund_id": "R-1", "reason": "batal"}
    assert (await s.send("POST", "/v1/refunds", sent | {"amount": 50_000})).status_code == 202
    with world.at(world.now() + timedelta(days=89)):
        assert await drop_stale() == 0
    with world.at(world.now() + timedelta(days=91)):
        assert await drop_stale() == 1
        assert await drop_stale() == 0
    row = await Refund.get()
    noted = await AuditEntry.filter(action="refund.dropped").get()
    assert (noted.subject, noted.organisation_id) == (row.id, s.cast.laras.id)
    assert noted.data["order_id"] == "INV-1"
    reply = await s.send("POST", "/v1/refunds", sent | {"amount": 50_000})
    assert (reply.status_code, reply.json()["state"]) == (200, "dropped")
    await sold(s)
    assert await left() == 20_000


async def test_the_partner_reads_of_disputes_on_their_line(s: Stage) -> None:
    sale = await sold(s)
    await told(s, sale, "lost")
    await told(s, sale, "won")
    await sign_in(s.http, s.cast.rina)
    page = (await s.http.get("/partner/earnings")).text
    assert "Sengketa pembayaran kalah" in page
    assert "Sengketa pembayaran menang" in page
