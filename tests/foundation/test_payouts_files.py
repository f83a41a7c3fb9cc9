"""The bank's files: who may have them, what they carry, what their download does."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx2
from python_calamine import CalamineWorkbook

from jejaring import world
from jejaring.payouts.methods import MethodDraft, put
from jejaring.payouts.models import Payout
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, Member, call
from tests.money import caller, earn, with_method

RUNS = "/v1/payout-runs"


async def approved(http: httpx2.AsyncClient, cast: Cast) -> dict[str, Any]:
    """Rina at BCA, Dimas with a wallet; approved."""
    await with_method(cast.rina)
    await put(caller(cast.dimas), MethodDraft("ewallet", "gopay", "0812 3456 7890", "Dimas"))
    await earn(cast.laras, cast.rina, "com_1", 30_000)
    await earn(cast.laras, cast.dimas, "com_2", 50_000)
    run = (await call(http, cast.laras, "POST", RUNS, {})).json()
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/approve")
    return dict(reply.json())


async def file(
    http: httpx2.AsyncClient, who: Member, run: dict[str, Any], shape: str
) -> httpx2.Response:
    return await call(http, who, "GET", f"{RUNS}/{run['id']}/file?format={shape}")


async def test_a_stranger_and_a_key_that_only_approves_are_refused(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    assert (await http.get(f"{RUNS}/{run['id']}/file")).status_code == 401
    key = await make.key(cast.laras.org, frozenset({"payouts.approve", "money.read"}))
    other = Member(cast.laras.org, cast.laras.user, key)
    assert (await file(http, other, run, "csv")).status_code == 403


async def test_the_rival_gets_no_file(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await approved(http, cast)
    assert (await file(http, cast.bukit, run, "csv")).status_code == 404
    assert await AuditEntry.filter(action="payout_file.downloaded").count() == 0


async def test_bcas_file_carries_what_bca_can_pay_and_counts_the_rest(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    reply = await file(http, cast.laras, run, "bca")
    assert reply.status_code == 200
    assert reply.headers["jejaring-left-out"] == "1"
    assert reply.headers["cache-control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(reply.content))
    lines = book.get_sheet_by_name("Data").to_python()
    assert len(lines) == 2
    assert lines[1][4:7] == ["1234567890", "RINA WULANDARI", 30_000]
    states = {p.partner_id: p.state for p in await Payout.all()}
    assert states == {cast.rina.id: "sending", cast.dimas.id: "approved"}


async def test_the_csv_carries_all(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await approved(http, cast)
    reply = await file(http, cast.laras, run, "csv")
    assert reply.headers["jejaring-left-out"] == "0"
    lines = list(csv.DictReader(io.StringIO(reply.text)))
    assert {(r["partner"], r["account_number"], r["amount"]) for r in lines} == {
        ("rina", "1234567890", "30000"),
        ("dimas", "081234567890", "50000"),
    }
    assert {p.state for p in await Payout.all()} == {"sending"}


async def test_the_file_has_the_same_bytes_whenever_it_is_downloaded(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    first = {shape: (await file(http, cast.laras, run, shape)).content for shape in ("bca", "csv")}
    for payout in run["payouts"]:
        path = f"/v1/payouts/{payout['id']}/settle"
        await call(http, cast.laras, "POST", path, {"outcome": "paid", "reference": "T"})
    await with_method(cast.rina, "9998887776")
    with world.at(world.now() + timedelta(days=40)):
        for shape, content in first.items():
            assert (await file(http, cast.laras, run, shape)).content == content


async def test_each_download_is_on_the_trail(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await approved(http, cast)
    await file(http, cast.laras, run, "csv")
    await file(http, cast.laras, run, "csv")
    assert await AuditEntry.filter(action="payout_file.downloaded", subject=run["id"]).count() == 2


async def test_a_sent_run_cannot_be_cancelled(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = await approved(http, cast)
    await file(http, cast.laras, run, "bca")
    reply = await call(http, cast.laras, "POST", f"{RUNS}/{run['id']}/cancel")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_sent")


async def test_a_preview_has_no_file(http: httpx2.AsyncClient, cast: Cast) -> None:
    run = (await call(http, cast.laras, "POST", RUNS, {})).json()
    reply = await file(http, cast.laras, run, "csv")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_not_approved")
    assert (await file(http, cast.laras, run, "pdf")).status_code == 422


async def test_no_reply_but_the_file_has_a_whole_number(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    run = await approved(http, cast)
    replies = [
        await call(http, cast.laras, "GET", f"{RUNS}/{run['id']}"),
        await call(http, cast.laras, "GET", RUNS),
        await call(http, cast.rina, "GET", "/v1/payout-method"),
        await call(http, cast.rina, "GET", "/v1/statement"),
    ]
    assert all("1234567890" not in reply.text for reply in replies)
