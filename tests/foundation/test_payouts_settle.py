"""Outcomes by hand: paid, failed, returned, again, against each other, and at once."""

import asyncio
from typing import Any

import httpx2
import pytest

from jejaring.ledger import statements as books
from jejaring.payouts import items
from jejaring.payouts.models import PayableItem, Payout, PayoutRun
from tests.cast import Cast, call
from tests.money import book, clean, earn, refund, with_method

RUNS = "/v1/payout-runs"


async def approved(http: httpx2.AsyncClient, cast: Cast) -> dict[str, Any]:
    """An approved run of Rp30.000 to Rina and Rp50.000 to Dimas."""
    await with_method(cast.rina)
    await with_method(cast.dimas, "2223334445")
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    await earn(cast.laras, cast.dimas, "com_2", 50_000)
    run = (await call(http, cast.laras, "POST", RUNS, {})).json()
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    return dict(reply.json())


def of(run: dict[str, Any], partner: str) -> str:
    return next(str(p["id"]) for p in run["payouts"] if p["partner"] == partner)


async def settle(
    http: httpx2.AsyncClient, cast: Cast, payout: str, outcome: str, reference: str | None = "TRX-1"
) -> httpx2.Response:
    body = {"outcome": outcome, "reference": reference}
    return await call(http, cast.laras, "POST", f"/v1/payouts/{payout}/settle", body)


async def test_a_stranger_is_refused(http: httpx2.AsyncClient) -> None:
    reply = await http.post("/v1/payouts/pay_1/settle", json={"outcome": "paid"})
    assert reply.status_code == 401


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    payout = of(await approved(http, cast), "rina")
    path = f"/v1/payouts/{payout}/settle"
    assert (await call(http, cast.bukit, "POST", path, {"outcome": "paid"})).status_code == 404
    assert (await call(http, cast.rina, "POST", path, {"outcome": "paid"})).status_code == 403


async def test_a_draft_cannot_be_settled(http: httpx2.AsyncClient, cast: Cast) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = (await call(http, cast.laras, "POST", RUNS, {})).json()
    assert (await settle(http, cast, run["payouts"][0]["id"], "paid")).status_code == 404


async def test_paying_one_partner_never_marks_another_paid(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    reply = await settle(http, cast, of(run, "rina"), "paid")
    assert (reply.status_code, reply.json()["state"]) == (200, "succeeded")
    assert reply.json()["reference"] == "TRX-1"
    assert reply.json()["lines"][0]["commission_id"] == "com_1"
    states = {p.partner_id: p.state for p in await Payout.all()}
    assert states == {cast.rina.id: "succeeded", cast.dimas.id: "approved"}
    assert await items.standing(["com_1", "com_2"]) == {"com_1": "paid", "com_2": "in_payout"}
    assert dict(await books.trial_balance(cast.laras.id))["cash_out"] == 30_000
    assert await clean()


async def test_a_run_is_done_when_its_last_payout_is_settled_and_a_reference_may_serve_several(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    for partner in ("rina", "dimas"):
        assert (await PayoutRun.get(id=run["id"])).state == "approved"
        assert (await settle(http, cast, of(run, partner), "paid")).status_code == 200
    assert (await PayoutRun.get(id=run["id"])).state == "done"
    assert await clean()


@pytest.mark.parametrize("outcome", ["paid", "failed", "returned"])
async def test_the_same_outcome_again_changes_nothing(
    http: httpx2.AsyncClient, cast: Cast, outcome: str
) -> None:
    payout = of(await approved(http, cast), "rina")
    first = await settle(http, cast, payout, outcome)
    again = await settle(http, cast, payout, outcome)
    without = await settle(http, cast, payout, outcome, None)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (without.status_code, without.json()) == (200, first.json())
    assert await clean()


async def test_paid_again_with_another_reference_is_a_conflict(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    payout = of(await approved(http, cast), "rina")
    await settle(http, cast, payout, "paid")
    reply = await settle(http, cast, payout, "paid", "TRX-2")
    assert (reply.status_code, reply.json()["code"]) == (409, "payout_settled")


async def test_a_reference_may_follow_later(http: httpx2.AsyncClient, cast: Cast) -> None:
    payout = of(await approved(http, cast), "rina")
    assert (await settle(http, cast, payout, "paid", None)).json()["reference"] is None
    assert (await settle(http, cast, payout, "paid", "TRX-9")).json()["reference"] == "TRX-9"
    assert (await settle(http, cast, payout, "paid", "TRX-8")).status_code == 409


@pytest.mark.parametrize(("first", "second"), [("failed", "paid"), ("returned", "paid")])
async def test_an_outcome_against_what_is_known_is_a_conflict(
    http: httpx2.AsyncClient, cast: Cast, first: str, second: str
) -> None:
    payout = of(await approved(http, cast), "rina")
    await settle(http, cast, payout, first)
    reply = await settle(http, cast, payout, second)
    assert (reply.status_code, reply.json()["code"]) == (409, "payout_settled")
    assert await clean()


async def test_a_failed_payout_comes_back_as_one_item_and_is_paid_by_the_next_run(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    await settle(http, cast, of(run, "rina"), "failed")
    row = (await book(cast.laras, cast.rina))[0]
    assert (row.payable, row.in_payout) == (30_000, 0)
    assert await items.standing(["com_1"]) == {"com_1": "payable"}
    again = (await call(http, cast.laras, "POST", RUNS, {})).json()
    await call(http, cast.laras, "POST", f"{RUNS}/{again['id']}/approve")
    assert await items.standing(["com_1"]) == {"com_1": "in_payout"}
    await settle(http, cast, of(again, "rina"), "paid")
    assert await items.standing(["com_1"]) == {"com_1": "paid"}
    assert await clean()


@pytest.mark.parametrize("late", ["failed", "returned"])
async def test_a_late_no_after_success_is_a_return(
    http: httpx2.AsyncClient, cast: Cast, late: str
) -> None:
    payout = of(await approved(http, cast), "rina")
    await settle(http, cast, payout, "paid")
    reply = await settle(http, cast, payout, late, "BACK-1")
    assert (reply.json()["state"], reply.json()["reference"]) == ("returned", "TRX-1")
    assert await PayableItem.filter(payout_id=None, partner_id=cast.rina.id).count() == 1
    balance = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"][0]
    assert (balance["payable"], balance["paid"], balance["earned"]) == (30_000, 0, 30_000)
    assert await clean()


async def test_a_refund_after_payout_leaves_the_partner_owing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    payout = of(await approved(http, cast), "rina")
    await settle(http, cast, payout, "paid")
    await refund(cast.laras, cast.rina, "com_1", 30_000)
    balance = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"][0]
    assert (balance["paid"], balance["owed_back"], balance["earned"]) == (30_000, 30_000, 0)
    assert await clean()


async def test_a_failed_payout_with_netting_keeps_the_netting_settled(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    await settle(http, cast, of(run, "rina"), "paid")
    await refund(cast.laras, cast.rina, "com_1", 10_000)
    await earn(cast.laras, cast.rina, "com_3", 40_000)
    run = (await call(http, cast.laras, "POST", RUNS, {})).json()
    await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    await refund(cast.laras, cast.rina, "com_3", 5_000)
    await settle(http, cast, of(run, "rina"), "failed")
    row = (await book(cast.laras, cast.rina))[0]
    assert (row.payable, row.owed_back) == (30_000, 5_000)
    assert await clean()


async def test_opposite_outcomes_at_once_leave_one(http: httpx2.AsyncClient, cast: Cast) -> None:
    payout = of(await approved(http, cast), "rina")
    replies = await asyncio.gather(
        *[settle(http, cast, payout, outcome) for outcome in ("paid", "failed", "paid", "failed")]
    )
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert (await Payout.get(id=payout)).state in ("failed", "returned")
    assert await clean()


async def test_the_last_two_settled_at_once_finish_the_run(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    await asyncio.gather(*[settle(http, cast, p["id"], "paid") for p in run["payouts"]])
    assert (await PayoutRun.get(id=run["id"])).state == "done"
    assert await clean()


async def test_a_run_with_a_settled_payout_cannot_be_cancelled(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    await settle(http, cast, of(run, "rina"), "paid")
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/cancel")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_sent")


@pytest.mark.parametrize(
    "body",
    [{}, {"outcome": "lost"}, {"outcome": "paid", "reference": " "}, {"outcome": "paid", "x": 1}],
)
async def test_a_wrong_body_is_refused(
    http: httpx2.AsyncClient, cast: Cast, body: dict[str, object]
) -> None:
    payout = of(await approved(http, cast), "rina")
    reply = await call(http, cast.laras, "POST", f"/v1/payouts/{payout}/settle", body)
    assert reply.status_code == 422
