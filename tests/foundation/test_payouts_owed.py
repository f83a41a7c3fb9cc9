"""What is owed back, settled by hand: written off or repaid, with a reason, never below zero."""

import asyncio
from collections import Counter
from typing import Any

import httpx2
import pytest

from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.ledger.models import Entry
from jejaring.payouts.models import OwedSettlement
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, call, sign_in
from tests.money import book, clean, earn, refund, with_method

OFF, BACK = "/v1/owed-back/write-off", "/v1/owed-back/repay"


async def owing(http: httpx2.AsyncClient, cast: Cast, amount: int = 30_000) -> None:
    """Rina was paid 90 000, and owes a part of it back."""
    await with_method(cast.rina)
    await earn(cast.laras, cast.rina, "com_1", 90_000)
    run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
    await call(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
    await refund(cast.laras, cast.rina, "com_1", amount)


def said(cast: Cast, **more: Any) -> dict[str, Any]:
    given = {"partner": cast.rina.org.slug, "amount": 10_000, "reason": "salah toko"}
    return given | {"reference": "W-1"} | more


async def stands(cast: Cast) -> tuple[int, int, int]:
    (row,) = await book(cast.laras, cast.rina)
    return row.owed_back, row.written_off, row.repaid


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    for path in (OFF, BACK):
        assert (await http.post(path, json=said(cast))).status_code == 401
        assert (await call(http, cast.rina, "POST", path, said(cast))).status_code == 403


async def test_the_rival_settles_nothing_of_another_shop(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await owing(http, cast)
    reply = await call(http, cast.bukit, "POST", OFF, said(cast))
    assert (reply.status_code, reply.json()["code"]) == (409, "over_owed")
    assert await stands(cast) == (30_000, 0, 0)


async def test_a_part_is_written_off_and_a_part_repaid(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await owing(http, cast)
    reply = await call(http, cast.laras, "POST", OFF, said(cast))
    assert reply.status_code == 201, reply.text
    found = reply.json()
    assert (found["state"], found["amount"], found["owed_back"]) == ("done", 10_000, 20_000)
    reply = await call(http, cast.laras, "POST", BACK, said(cast, amount=20_000))
    assert (reply.status_code, reply.json()["owed_back"]) == (201, 0)
    assert await stands(cast) == (0, 10_000, 20_000)
    rows = {row.kind: row.id for row in await OwedSettlement.all()}
    keys = {entry.key for entry in await Entry.all()}
    assert {f"writeoff:{rows['write_off']}", f"repay:{rows['repay']}"} <= keys
    assert await Event.filter(name__startswith="owed_back.").count() == 4
    noted = await AuditEntry.filter(action="owed_back.written_off").get()
    assert (noted.subject, noted.data["reason"]) == (cast.rina.id, "salah toko")
    balance = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"][0]
    assert (balance["written_off"], balance["repaid"], balance["earned"]) == (
        10_000, 20_000, 60_000,
    )  # fmt: skip
    statement = (await call(http, cast.rina, "GET", "/v1/statement")).json()["data"][0]
    last = statement["movements"][-2:]
    assert [(m["amount"], m["reference"]) for m in last] == [
        (10_000, "salah toko"), (20_000, "salah toko"),
    ]  # fmt: skip
    await clean()


async def test_the_same_again_changes_nothing_and_other_content_is_a_conflict(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await owing(http, cast)
    await call(http, cast.laras, "POST", OFF, said(cast))
    assert (await call(http, cast.laras, "POST", OFF, said(cast))).status_code == 200
    reply = await call(http, cast.laras, "POST", OFF, said(cast, amount=9_000))
    assert (reply.status_code, reply.json()["code"]) == (409, "settlement_exists")
    assert await stands(cast) == (20_000, 10_000, 0)


async def test_without_a_reference_each_is_another(http: httpx2.AsyncClient, cast: Cast) -> None:
    await owing(http, cast)
    for _ in range(2):
        reply = await call(http, cast.laras, "POST", BACK, said(cast, reference=None))
        assert reply.status_code == 201
    assert await stands(cast) == (10_000, 0, 20_000)


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"amount": 1.0}, {"reason": " "}, {"reason": ""}, {"partner": "nobody"}],
)
async def test_what_is_wrong_is_refused(
    http: httpx2.AsyncClient, cast: Cast, wrong: dict[str, Any]
) -> None:
    await owing(http, cast)
    assert (await call(http, cast.laras, "POST", OFF, said(cast, **wrong))).status_code == 422
    assert await stands(cast) == (30_000, 0, 0)


async def test_more_than_is_owed_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    await owing(http, cast)
    reply = await call(http, cast.laras, "POST", BACK, said(cast, amount=30_001))
    assert (reply.status_code, reply.json()["code"]) == (409, "over_owed")
    assert await OwedSettlement.all().count() == 0
    assert await stands(cast) == (30_000, 0, 0)


async def test_many_at_once_never_pass_zero(http: httpx2.AsyncClient, cast: Cast) -> None:
    await owing(http, cast)
    replies = await asyncio.gather(
        *[
            call(http, cast.laras, "POST", (OFF, BACK)[n % 2], said(cast, reference=f"W-{n}"))
            for n in range(12)
        ]
    )
    assert Counter(r.status_code for r in replies) == {201: 3, 409: 9}
    assert (await stands(cast))[0] == 0
    await clean()


async def test_above_the_limit_a_second_person_writes_off(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await owing(http, cast)
    await Organisation.filter(id=cast.laras.id).update(payout_limit=9_999)
    reply = await call(http, cast.laras, "POST", OFF, said(cast))
    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")
    reply = await call(http, cast.laras, "POST", OFF, said(cast))
    assert (reply.status_code, reply.json()["code"]) == (409, "second_person")
    assert await stands(cast) == (30_000, 0, 0)
    await clean()
    await OwedSettlement.all().update(asked_by="usr_another")
    reply = await call(http, cast.laras, "POST", OFF, said(cast))
    assert (reply.status_code, reply.json()["state"]) == (201, "done")
    assert (await call(http, cast.laras, "POST", BACK, said(cast))).status_code == 201
    assert await stands(cast) == (10_000, 10_000, 10_000)
    await clean()


async def test_check_finds_a_settlement_that_nobody_decided(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await owing(http, cast)
    await call(http, cast.laras, "POST", OFF, said(cast))
    await OwedSettlement.all().update(amount=9_000)
    with pytest.raises(AssertionError):
        await clean()


async def test_the_partner_s_page_settles(http: httpx2.AsyncClient, cast: Cast) -> None:
    await owing(http, cast)
    await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/partners/{cast.rina.id}"
    page = (await http.get(path)).text
    assert "Selesaikan tanpa potongan" in page
    sent = {"csrf": csrf, "kind": "write_off", "amount": "10.000", "reason": "", "reference": "P"}
    reply = await http.post(f"{path}/owed", data=sent)
    assert reply.status_code == 422
    assert 'value="10.000"' in reply.text
    reply = await http.post(f"{path}/owed", data=sent | {"reason": "x", "amount": "99.000"})
    assert reply.status_code == 409
    assert "hanya Rp30.000" in reply.text
    for _ in range(2):
        reply = await http.post(f"{path}/owed", data=sent | {"reason": "salah toko"})
        assert "owed_write_off" in reply.headers["location"]
    assert await stands(cast) == (20_000, 10_000, 0)
    await Organisation.filter(id=cast.laras.id).update(payout_limit=9_999)
    reply = await http.post(f"{path}/owed", data=sent | {"reason": "besar", "reference": "Q"})
    assert "owed_waiting" in reply.headers["location"]
    assert "menunggu orang kedua: besar" in (await http.get(path)).text
