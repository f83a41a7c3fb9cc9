"""Hold, unhold, reject and appeal: what moves, what is refused, and that the books agree."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest_asyncio

from campaigns.lifecycle.models import Campaign
from dashboards.figures import rollup
from dashboards.figures.models import DailyFigure
from jejaring import commands, world
from jejaring.db import sql
from jejaring.hooks.models import Event
from jejaring.payouts import run
from jejaring.payouts.models import PayableItem
from jejaring.settings import settings
from jejaring.trail.models import AuditEntry
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from tests.cast import Cast
from tests.money import caller, with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await stage.set_up(http, cast)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    return made


async def earn(s: Stage, order_id: str = "INV-1", **more: Any) -> tuple[dict[str, Any], str]:
    """A completed sale with a payable commission of Rp20.000: the sale, and that one's id."""
    given: dict[str, Any] = {"state": "completed", "click_id": await s.click()} | more
    sale = await s.sell(order_id, **given)
    return sale, str(sale["commissions"][0]["id"])


async def act(s: Stage, com: str, verb: str, reason: str | None = None) -> dict[str, Any]:
    body = {"reason_code": reason} if reason else None
    reply = await s.send("POST", f"/v1/commissions/{com}/{verb}", body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def refused(s: Stage, com: str, verb: str, reason: str | None = None) -> tuple[int, str]:
    body = {"reason_code": reason} if reason else None
    reply = await s.send("POST", f"/v1/commissions/{com}/{verb}", body)
    return reply.status_code, reply.json()["code"]


async def appeal(s: Stage, com: str, text: str = "Pembelinya tetangga saya.") -> httpx2.Response:
    return await s.send("POST", f"/v1/commissions/{com}/appeal", {"text": text}, s.cast.rina)


async def balance(s: Stage) -> tuple[int, int, int, int]:
    row = await s.balance()
    assert row is not None
    return row.pending, row.held, row.payable, row.owed_back


async def clean() -> None:
    await rollup.run()
    assert await commands.differences(settings()) == []


async def shown_commission() -> int:
    await rollup.run()
    return sum(f.commission for f in await DailyFigure.all())


async def test_a_stranger_is_refused(s: Stage) -> None:
    _, com = await earn(s)
    for verb in ("hold", "unhold", "reject", "appeal"):
        assert (await s.http.post(f"/v1/commissions/{com}/{verb}", json={})).status_code == 401


async def test_the_rival_finds_nothing(s: Stage) -> None:
    _, com = await earn(s)
    for verb in ("hold", "reject"):
        path = f"/v1/commissions/{com}/{verb}"
        reply = await s.send("POST", path, {"reason_code": "fraud"}, s.cast.bukit)
        assert reply.status_code == 404
    path = f"/v1/commissions/{com}/appeal"
    assert (await s.send("POST", path, {"text": "x"}, s.cast.dimas)).status_code == 404


async def test_a_payable_commission_is_held_released_and_paid_by_the_clock_again(s: Stage) -> None:
    _, com = await earn(s)
    shown = await act(s, com, "hold", "odd_orders")
    assert (shown["state"], shown["reason_code"]) == ("held", "odd_orders")
    assert shown["reason"] == "Pola pesanannya tidak biasa; toko memeriksanya dulu."
    assert await balance(s) == (0, 20_000, 0, 0)
    assert await act(s, com, "hold", "odd_orders") == shown
    await clean()
    assert (await act(s, com, "unhold"))["state"] == "pending"
    assert await balance(s) == (20_000, 0, 0, 0)
    await clean()
    assert await release_due() == 1
    await act(s, com, "hold", "complaint")
    await act(s, com, "unhold")
    await release_due()
    assert await balance(s) == (0, 0, 20_000, 0)
    found = await sql.rows("SELECT key FROM ledger_entry WHERE key LIKE ?", [f"%{com}%"])
    keys = {row["key"] for row in found}
    assert keys == {
        *(f"release:{com}:{n}" for n in (0, 1, 2)),
        *(f"{verb}:{com}:{n}" for verb in ("hold", "unhold") for n in (1, 2)),
    }
    assert {e.name for e in await Event.filter(subject=com)} >= {"commission.unheld"}
    assert await AuditEntry.filter(subject=com, action="commission.held").count() == 2
    await clean()


async def test_a_rejected_one_goes_off_the_books_the_figures_and_the_budget(s: Stage) -> None:
    await Campaign.filter(id=s.campaign.id).update(budget=20_000)
    _, com = await earn(s)
    assert (await Campaign.get(id=s.campaign.id)).state == "ended"
    assert await shown_commission() == 20_000
    shown = await act(s, com, "reject", "fake_order")
    assert (shown["state"], shown["reason_code"]) == ("rejected", "fake_order")
    assert await act(s, com, "reject", "fake_order") == shown
    assert await balance(s) == (0, 0, 0, 0)
    assert await shown_commission() == 0
    row = await Campaign.get(id=s.campaign.id)
    assert (row.state, row.reserved) == ("ended", 0)
    items = await PayableItem.all()
    assert sum(item.amount - item.reversed for item in items) == 0
    told = await Event.filter(name="commission.rejected")
    assert {one.organisation_id for one in told} == {s.cast.laras.id, s.cast.rina.id}
    await clean()


async def test_pending_and_held_ones_can_be_rejected(s: Stage) -> None:
    first = str((await s.sell("INV-1", click_id=await s.click()))["commissions"][0]["id"])
    _, second = await earn(s, "INV-2")
    await act(s, second, "hold", "under_review")
    for com in (first, second):
        await act(s, com, "reject", "not_paid")
    assert await balance(s) == (0, 0, 0, 0)
    await clean()


async def test_what_the_state_forbids_is_said_and_nothing_moves(s: Stage) -> None:
    _, com = await earn(s)
    assert await refused(s, com, "unhold") == (409, "commission_not_held")
    assert await refused(s, com, "reject", "mood") == (422, "invalid")
    assert await refused(s, com, "hold", "fake_order") == (422, "invalid")
    await act(s, com, "hold", "complaint")
    assert await refused(s, com, "hold", "fraud") == (409, "commission_held")
    await act(s, com, "reject", "fraud")
    for verb, reason in (("hold", "fraud"), ("unhold", None), ("reject", "not_paid")):
        assert await refused(s, com, verb, reason) == (409, "commission_rejected")
    assert await refused(s, "com_nobody", "reject", "fraud") == (404, "not_found")
    sale, gone = await earn(s, "INV-2")
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "cancelled"})
    assert await refused(s, gone, "reject", "fraud") == (409, "commission_empty")
    await clean()


async def test_what_is_in_a_payout_or_paid_stays(s: Stage) -> None:
    await with_method(s.cast.rina)
    _, com = await earn(s)
    made = await run.preview(caller(s.cast.laras))
    await run.approve(caller(s.cast.laras), made.id)
    for verb in ("hold", "reject"):
        assert await refused(s, com, verb, "fraud") == (409, "commission_in_payout")
    await clean()


async def test_a_refund_of_a_held_one_comes_out_of_held(s: Stage) -> None:
    sale, com = await earn(s)
    await act(s, com, "hold", "complaint")
    refund = {"refund_id": "R-1", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", refund)
    assert await balance(s) == (0, 10_000, 0, 0)
    await act(s, com, "unhold")
    await release_due()
    assert await balance(s) == (0, 0, 10_000, 0)
    await clean()


async def test_rejecting_takes_the_further_commissions_of_the_line_along(s: Stage) -> None:
    click = await s.click()
    sale, com = await earn(s, click_id=click)
    items = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    changed = stage.body("INV-1", click_id=click, state="completed", items=items)
    reply = await s.send("PUT", "/v1/sales/website/INV-1", changed)
    assert reply.status_code == 200, reply.text
    await act(s, com, "reject", "fake_order")
    assert {c.state for c in await Commission.all()} == {"rejected"}
    assert await Commission.all().count() == 2
    assert await balance(s) == (0, 0, 0, 0)
    refund = {"refund_id": "R-1", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", refund)
    await clean()


async def test_an_appeal_won_brings_a_rejected_one_back_less_what_was_refunded(s: Stage) -> None:
    sale, com = await earn(s)
    await act(s, com, "reject", "fake_order")
    refund = {"refund_id": "R-1", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", refund)
    assert await balance(s) == (0, 0, 0, 0)
    reply = await appeal(s, com)
    assert reply.status_code == 201, reply.text
    path = f"/v1/appeals/{reply.json()['id']}/answer"
    answered = await s.send("POST", path, {"outcome": "won"})
    assert (answered.status_code, answered.json()["state"]) == (200, "won")
    assert (await s.send("POST", path, {"outcome": "won"})).status_code == 200
    assert (await s.send("POST", path, {"outcome": "lost", "reason": "x"})).status_code == 409
    assert await balance(s) == (10_000, 0, 0, 0)
    await clean()
    await release_due()
    assert await balance(s) == (0, 0, 10_000, 0)
    assert await shown_commission() == 10_000
    await act(s, com, "reject", "own_staff")
    await clean()


async def test_an_appeal_lost_says_why_and_cannot_be_repeated(s: Stage) -> None:
    _, com = await earn(s)
    await act(s, com, "hold", "complaint")
    made = (await appeal(s, com)).json()
    assert (made["against"], made["state"]) == ("held", "open")
    assert (await appeal(s, com)).json()["code"] == "appeal_open"
    path = f"/v1/appeals/{made['id']}/answer"
    assert (await s.send("POST", path, {"outcome": "lost"})).status_code == 422
    reply = await s.send("POST", path, {"outcome": "lost", "reason": "Paketnya ditolak."})
    assert reply.json()["answer"] == "Paketnya ditolak."
    assert (await appeal(s, com)).json()["code"] == "appeal_answered"
    shown = (await s.send("GET", "/v1/appeals?state=lost", who=s.cast.rina)).json()["data"]
    assert [one["id"] for one in shown] == [made["id"]]
    assert (await s.send("GET", "/v1/appeals", who=s.cast.dimas)).json()["data"] == []
    assert (await s.send("POST", path, {"outcome": "won"}, s.cast.bukit)).status_code == 404
    await act(s, com, "reject", "not_paid")
    assert (await appeal(s, com)).status_code == 201  # another decision


async def test_an_appeal_has_thirty_days_and_needs_something_to_be_against(s: Stage) -> None:
    _, com = await earn(s)
    assert (await appeal(s, com)).json()["code"] == "nothing_to_appeal"
    await act(s, com, "reject", "fake_order")
    assert (await appeal(s, com, "   ")).status_code == 422
    with world.at(world.now() + timedelta(days=31)):
        assert (await appeal(s, com)).json()["code"] == "appeal_too_late"
    assert (await appeal(s, com)).status_code == 201


async def test_unholding_answers_the_open_appeal(s: Stage) -> None:
    _, com = await earn(s)
    await act(s, com, "hold", "complaint")
    made = (await appeal(s, com)).json()
    await act(s, com, "unhold")
    shown = (await s.send("GET", "/v1/appeals", who=s.cast.rina)).json()["data"]
    assert [(one["id"], one["state"]) for one in shown] == [(made["id"], "won")]


async def test_a_self_referral_can_be_appealed_and_lives_on_like_any_other(s: Stage) -> None:
    click = await s.click(own=True)
    sale, com = await earn(s, click_id=click)
    assert sale["commissions"][0]["state"] == "rejected"
    made = (await appeal(s, com)).json()
    await s.send("POST", f"/v1/appeals/{made['id']}/answer", {"outcome": "won"})
    await release_due()
    assert await balance(s) == (0, 0, 20_000, 0)
    await clean()
    items = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    changed = stage.body("INV-1", click_id=click, state="completed", items=items)
    await s.send("PUT", "/v1/sales/website/INV-1", changed)
    assert await balance(s) == (0, 0, 10_000, 0)
    await clean()


async def test_an_appeal_is_not_won_over_the_budget(s: Stage) -> None:
    await Campaign.filter(id=s.campaign.id).update(budget=30_000)
    _, com = await earn(s, "INV-1")
    await act(s, com, "reject", "fake_order")
    await earn(s, "INV-2")
    made = (await appeal(s, com)).json()
    path = f"/v1/appeals/{made['id']}/answer"
    reply = await s.send("POST", path, {"outcome": "won"})
    assert (reply.status_code, reply.json()["code"]) == (409, "budget_short")
    await Campaign.filter(id=s.campaign.id).update(budget=40_000)
    assert (await s.send("POST", path, {"outcome": "won"})).status_code == 200
    assert await balance(s) == (20_000, 0, 20_000, 0)
    await clean()
