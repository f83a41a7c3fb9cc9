"""Runs: preview, approval, cancelling, races; what is taken back before and after."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.ledger import audit as ledger_audit
from jejaring.payouts import audit, items
from jejaring.payouts.models import PayableItem, Payout
from tests import make
from tests.cast import Cast, Member, call
from tests.money import book, clean, earn, refund, with_method

RUNS = "/v1/payout-runs"


async def prepared(http: httpx2.AsyncClient, who: Member, **body: object) -> dict:  # type: ignore[type-arg]
    reply = await call(http, who, "POST", RUNS, body)
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def test_a_stranger_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.post(RUNS, json={})).status_code == 401


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await prepared(http, cast.laras)
    for method, path in (
        ("GET", ""),
        ("POST", "/approve"),
        ("POST", "/cancel"),
        ("GET", "/file?format=csv"),
    ):
        reply = await call(http, cast.bukit, method, f"{RUNS}/{run['id']}{path}")
        assert reply.status_code == 404
    assert (await call(http, cast.bukit, "GET", RUNS)).json()["data"] == []
    assert (await call(http, cast.rina, "POST", RUNS, {})).status_code == 403


async def test_a_run_with_nothing_due_is_still_a_run(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await prepared(http, cast.laras)
    assert run["totals"] == {"gross": 0, "netted": 0, "tax": 0, "fee": 0, "net": 0}
    assert (run["state"], run["payouts"], run["skipped"]) == ("preview", [], [])
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    assert (reply.status_code, reply.json()["state"]) == (200, "done")


async def test_a_preview_shows_every_line_and_everyone_skipped(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    await earn(cast.laras, cast.rina, "com_2", 12_000)
    await earn(cast.laras, cast.dimas, "com_3", 50_000)
    await earn(cast.bukit, cast.rina, "com_4", 99_000)
    run = await prepared(http, cast.laras)
    (payout,) = run["payouts"]
    assert (payout["partner"], payout["gross"], payout["net"]) == ("rina", 42_000, 42_000)
    assert payout["method"] == {"kind": "bank", "provider": "bca", "last4": "7890"}
    assert payout["state"] == "draft"
    assert {(line["commission_id"], line["amount"]) for line in payout["lines"]} == {
        ("com_1", 30_000),
        ("com_2", 12_000),
    }
    assert run["skipped"] == [{"partner": "dimas", "amount": 50_000, "reason": "no_method"}]
    assert await Payout.all().count() == 0
    assert (await call(http, cast.laras, "GET", f"{RUNS}/{run['id']}")).json() == run


async def test_a_run_may_be_for_one_partner_and_up_to_a_cutoff(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    for member in (cast.rina, cast.dimas):
        await with_method(member)
        await earn(cast.laras, member, f"com_{member.id}", 50_000)
    run = await prepared(http, cast.laras, partner="dimas")
    assert [payout["partner"] for payout in run["payouts"]] == ["dimas"]
    before = (world.now() - timedelta(days=1)).isoformat()
    assert (await prepared(http, cast.laras, cutoff=before))["payouts"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"cutoff": "2199-01-01T00:00:00Z"}, "/cutoff"), ({"partner": "nobody"}, "/partner")],
)
async def test_an_impossible_run_is_refused(
    http: httpx2.AsyncClient, cast: Cast, body: dict[str, str], pointer: str
) -> None:
    reply = await call(http, cast.laras, "POST", RUNS, body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_nobody_is_paid_while_a_change_of_account_waits(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    await with_method(cast.rina, "5556667778")
    run = await prepared(http, cast.laras)
    assert run["skipped"][0]["reason"] == "method_waiting"
    with world.at(world.now() + timedelta(hours=49)):
        run = await prepared(http, cast.laras)
    assert run["payouts"][0]["method"]["last4"] == "7778"


async def test_approval_takes_exactly_the_lines_and_not_what_came_later(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    await earn(cast.laras, cast.rina, "com_2", 12_000)
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    assert reply.status_code == 200
    assert reply.json()["state"] == "approved"
    assert reply.json()["payouts"][0]["state"] == "approved"
    assert reply.json()["payouts"][0]["lines"] == run["payouts"][0]["lines"]
    row = (await book(cast.laras, cast.rina))[0]
    assert (row.payable, row.in_payout) == (12_000, 30_000)
    assert await items.standing(["com_1", "com_2", "com_3"]) == {
        "com_1": "in_payout",
        "com_2": "payable",
    }
    assert await clean()


async def test_a_refund_between_preview_and_approval_is_run_changed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    await refund(cast.laras, cast.rina, "com_1", 5_000)
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_changed")
    assert (await call(http, cast.laras, "GET", f"{RUNS}/{run['id']}")).json()["state"] == "preview"
    assert await clean()


async def test_a_new_account_between_preview_and_approval_is_run_changed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    await with_method(cast.rina, "5556667778")
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_changed")


async def test_two_approvals_at_once_pay_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    replies = await asyncio.gather(
        *[call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve") for _ in range(4)]
    )
    assert {reply.status_code for reply in replies} == {200}
    assert await Payout.all().count() == 1
    assert await clean()


async def test_two_runs_at_once_never_take_one_item_twice(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    for n in range(5):
        await earn(cast.laras, cast.rina, f"com_{n}", 30_000)
    previews = [await prepared(http, cast.laras) for _ in range(4)]
    replies = await asyncio.gather(
        *[call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve") for run in previews]
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
    assert sum(payout.net for payout in await Payout.all()) == 150_000
    assert await clean()


async def test_approval_and_refund_at_once_leave_the_books_whole(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    for n in range(6):
        await earn(cast.laras, cast.rina, f"com_{n}", 30_000)
    run = await prepared(http, cast.laras)
    await asyncio.gather(
        call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve"),
        *[refund(cast.laras, cast.rina, f"com_{n}", 30_000) for n in range(6)],
    )
    row = (await book(cast.laras, cast.rina))[0]
    assert row.payable + row.in_payout - row.owed_back == 0
    assert await clean()


async def test_a_refund_in_transit_is_owed_back_and_netted_by_the_next_run(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    await refund(cast.laras, cast.rina, "com_1", 20_000)
    row = (await book(cast.laras, cast.rina))[0]
    assert (row.in_payout, row.owed_back) == (30_000, 20_000)
    await earn(cast.laras, cast.rina, "com_2", 15_000)
    waits = await prepared(http, cast.laras)
    assert waits["skipped"] == [{"partner": "rina", "amount": 15_000, "reason": "nothing_left"}]
    await earn(cast.laras, cast.rina, "com_3", 25_000)
    run = await prepared(http, cast.laras)
    assert run["totals"] == {"gross": 40_000, "netted": 20_000, "tax": 0, "fee": 0, "net": 20_000}
    await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    row = (await book(cast.laras, cast.rina))[0]
    assert (row.payable, row.in_payout, row.owed_back) == (0, 50_000, 0)
    assert await clean()


async def test_a_preview_can_be_dropped_and_not_approved_after(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await prepared(http, cast.laras)
    for _ in range(2):
        reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/cancel")
        assert (reply.status_code, reply.json()["state"]) == (200, "cancelled")
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_cancelled")


async def test_a_cancelled_approval_comes_back_as_one_item(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    await earn(cast.laras, cast.rina, "com_2", 10_000)
    run = await prepared(http, cast.laras)
    await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/cancel")
    assert reply.json()["payouts"][0]["state"] == "cancelled"
    assert await PayableItem.filter(payout_id=None).count() == 1
    assert await items.standing(["com_1"]) == {"com_1": "payable"}
    again = await prepared(http, cast.laras)
    (line,) = again["payouts"][0]["lines"]
    assert (line["commission_id"], line["amount"]) == (None, 40_000)
    assert reply.json()["payouts"][0]["bank_reference"] in line["text"]
    assert await clean()


async def test_above_the_limit_a_second_person_approves(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await Organisation.filter(id=cast.laras.id).update(payout_limit=20_000)
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    run = await prepared(http, cast.laras)
    path = f"{RUNS}/{run['id']}/approve"
    reply = await call(http, cast.laras, "POST", path)
    assert (reply.status_code, reply.json()["code"]) == (409, "second_person")
    other = Member(cast.laras.org, cast.laras.user, await make.key(cast.laras.org))
    assert (await call(http, other, "POST", path)).status_code == 200


async def test_runs_are_listed_newest_first_in_pages(http: httpx2.AsyncClient, cast: Cast) -> None:
    made = [(await prepared(http, cast.laras))["id"] for _ in range(3)]
    page = (await call(http, cast.laras, "GET", f"{RUNS}?limit=2")).json()
    assert [run["id"] for run in page["data"]] == made[:0:-1]
    rest = (await call(http, cast.laras, "GET", f"{RUNS}?cursor={page['next_cursor']}")).json()
    assert ([run["id"] for run in rest["data"]], rest["next_cursor"]) == (made[:1], None)


async def test_taking_back_from_nothing_is_all_owed(cast: Cast) -> None:
    taken = await transact(lambda: items.take_back(cast.laras.id, "com_9", 5))
    assert taken == items.TakenBack(0, 5)


async def test_an_empty_house_has_no_differences(db: None) -> None:
    assert await transact(audit.audit) == []
    assert await transact(ledger_audit.audit) == []
