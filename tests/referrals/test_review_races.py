"""Two at once: decisions, refunds and approvals meet, and the books agree whoever comes first."""

import asyncio
from typing import Any

import httpx2
import pytest_asyncio

from jejaring import commands
from jejaring.kit.errors import Refusal
from jejaring.payouts import run
from jejaring.settings import settings
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


async def payable(s: Stage, number: int) -> tuple[str, str]:
    """A sale with a payable commission: both ids."""
    sale = await s.sell(f"INV-{number}", click_id=await s.click(), state="completed")
    return str(sale["id"]), str(sale["commissions"][0]["id"])


async def post(s: Stage, path: str, body: dict[str, Any]) -> int:
    return (await s.send("POST", path, body)).status_code


async def test_many_decisions_on_one_commission_leave_one(s: Stage) -> None:
    _, com = await payable(s, 1)
    path = f"/v1/commissions/{com}"
    verbs = [
        ("reject", "fake_order"), ("hold", "complaint"), ("reject", "fake_order"),
        ("hold", "complaint"), ("unhold", None), ("reject", "not_paid"),
    ]  # fmt: skip
    sent = [post(s, f"{path}/{v}", {"reason_code": r} if r else {}) for v, r in verbs]
    answers = await asyncio.gather(*sent, release_due())
    assert all(status in (200, 409, 422) for status in answers[:-1]), answers
    assert (await Commission.get(id=com)).state == "rejected"
    assert await commands.differences(settings()) == []


async def test_rejections_refunds_and_cancellations_at_once(s: Stage) -> None:
    made = [await payable(s, number) for number in range(8)]
    work = []
    for sale, com in made:
        refund = {"refund_id": "R", "reason": "r", "items": [{"line": 1, "quantity": 1}]}
        work += [
            post(s, f"/v1/commissions/{com}/reject", {"reason_code": "fake_order"}),
            post(s, f"/v1/sales/{sale}/refunds", refund),
            post(s, f"/v1/commissions/{com}/hold", {"reason_code": "complaint"}),
            post(s, f"/v1/sales/{sale}/state", {"state": "cancelled"}),
        ]
    answers = await asyncio.gather(*work)
    assert max(answers) < 500, answers
    assert await commands.differences(settings()) == []


async def test_an_approval_meets_rejections(s: Stage) -> None:
    await with_method(s.cast.rina)
    coms = [(await payable(s, number))[1] for number in range(6)]
    made = await run.preview(caller(s.cast.laras))

    async def approve() -> str:
        try:
            return (await run.approve(caller(s.cast.laras), made.id)).state
        except Refusal as exc:
            return exc.code

    body = {"reason_code": "fake_order"}
    work = [post(s, f"/v1/commissions/{com}/reject", body) for com in coms]
    answers = await asyncio.gather(*work[:3], approve(), *work[3:])
    assert all(a in (200, 409, "approved", "run_changed") for a in answers), answers
    assert await commands.differences(settings()) == []
