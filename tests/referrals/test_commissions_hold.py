"""What an enrolment ended for fraud has earned is held, whatever it was; nothing else is."""

from datetime import timedelta

import httpx2
import pytest_asyncio

from jejaring import commands, world
from jejaring.hooks.models import Event
from jejaring.jobs.models import Job
from jejaring.payouts import run
from jejaring.settings import settings
from referrals.commissions.hold import hold_all
from referrals.commissions.jobs import HANDLERS
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from tests.cast import Cast
from tests.money import caller, with_method
from tests.referrals import shop as stage
from tests.referrals.changing import put
from tests.referrals.shop import Stage, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await stage.set_up(http, cast)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    return made


async def end_for_fraud(s: Stage) -> None:
    path = f"/v1/enrolments/{s.rina.id}/end"
    reply = await s.send("POST", path, {"reason_code": "fraud"})
    assert reply.status_code == 200, reply.text
    job = await Job.get(topic="commissions.hold")
    await HANDLERS[job.topic](job.payload)


async def test_pending_and_payable_are_held_and_what_is_in_a_payout_stays(s: Stage) -> None:
    await with_method(s.cast.rina)
    await s.sell("INV-1", click_id=await s.click(), state="completed")
    made = await run.preview(caller(s.cast.laras))
    await run.approve(caller(s.cast.laras), made.id)
    await s.sell("INV-2", click_id=await s.click(), state="completed")
    await s.sell("INV-3", click_id=await s.click(), state="placed")
    await end_for_fraud(s)
    row = await s.balance()
    assert row is not None
    assert (row.pending, row.held, row.payable, row.in_payout) == (0, 40_000, 0, 20_000)
    held = await Commission.filter(state="held")
    assert [(one.reason_code, one.times_held) for one in held] == [("fraud", 1)] * 2
    told = await Event.filter(name="commission.held")
    assert {event.organisation_id for event in told} == {s.cast.laras.id, s.cast.rina.id}
    assert await hold_all(s.rina.id, "fraud") == 0
    assert (await run.preview(caller(s.cast.laras))).preview["payouts"] == []
    assert await commands.differences(settings()) == []


async def test_the_clock_does_not_release_what_is_held_and_refunds_come_out_of_it(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click(), state="completed")
    await end_for_fraud(s)
    with world.at(world.now() + timedelta(days=60)):
        assert await release_due() == 0
    refund = {"refund_id": "R-1", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", refund)
    shown = (await s.send("GET", "/v1/commissions?state=held")).json()["data"]
    assert [(one["amount"], one["reversed"], one["reason_code"]) for one in shown] == [
        (20_000, 10_000, "fraud")
    ]
    row = await s.balance()
    assert row is not None
    assert (row.held, row.payable) == (10_000, 0)
    assert await commands.differences(settings()) == []


async def test_another_end_holds_nothing(s: Stage) -> None:
    await s.sell(click_id=await s.click(), state="completed")
    await s.send("POST", f"/v1/enrolments/{s.rina.id}/end", {"reason_code": "inactive"})
    assert await Job.filter(topic="commissions.hold").count() == 0
    row = await s.balance()
    assert row is not None
    assert row.payable == 20_000


async def test_more_than_a_batch_is_held(s: Stage) -> None:
    items = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 10_000}] * 230
    await s.sell(click_id=await s.click(), items=items, state="completed")
    await end_for_fraud(s)
    assert await Commission.filter(state="held").count() == 230
    assert await commands.differences(settings()) == []


async def test_what_comes_to_light_after_an_end_for_fraud_is_held_at_once(s: Stage) -> None:
    """A sale of before that is heard of later, an order that grows, and one that is given to them;
    nothing that a person has let go is held again.
    """
    early = (world.now() - timedelta(minutes=30)).isoformat()
    click = await s.click()
    await s.sell("INV-1", click_id=click, state="completed", placed_at=early)
    await end_for_fraud(s)
    (row,) = await Commission.all()
    assert (await s.send("POST", f"/v1/commissions/{row.id}/unhold")).status_code == 200
    await release_due()
    grown = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    await put(s, "INV-1", click_id=click, state="completed", placed_at=early, items=grown)
    await s.sell("INV-2", click_id=click, state="completed", placed_at=early)
    other = await s.sell("INV-3", placed_at=early)
    sent = {"enrolment_id": s.rina.id, "reason": "Keputusan toko"}
    reply = await s.send("POST", f"/v1/sales/{other['id']}/credit", sent)
    assert reply.status_code == 200, reply.text
    found = [(one.state, one.reason_code, one.amount) for one in await Commission.all()]
    assert sorted(found, key=str) == [
        ("held", "fraud", 10_000),
        ("held", "fraud", 20_000),
        ("held", "fraud", 20_000),
        ("payable", None, 20_000),
    ]
    assert await commands.differences(settings()) == []


async def test_what_comes_again_after_an_end_for_fraud_is_held(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click())
    path, told = f"/v1/sales/{sale['id']}/disputes", {"dispute_id": "D-1"}
    await s.send("POST", path, told | {"outcome": "lost"})
    await end_for_fraud(s)
    assert (await s.send("POST", path, told | {"outcome": "won"})).status_code == 201
    row = await s.balance()
    assert row is not None
    assert (row.pending, row.held) == (0, 20_000)
    assert await commands.differences(settings()) == []
