"""Balances and statements over HTTP: they add up, and each side sees its own."""

import csv
import io
from datetime import timedelta

import httpx2
import pypdf
import pytest

from jejaring import world
from jejaring.kit.money import rupiah
from jejaring.payouts import owed
from jejaring.payouts.statements import printed
from jejaring.payouts.statements import read as statements
from tests import make
from tests.cast import Cast, call
from tests.money import caller, clean, earn, refund, with_method

BALANCE = {
    "merchant", "partner", "currency", "pending", "held", "payable", "in_payout", "paid",
    "owed_back", "written_off", "repaid", "earned",
}  # fmt: skip


async def history(http: httpx2.AsyncClient, cast: Cast) -> None:
    """Ten days ago Rina earned and was paid; five days ago a refund; today she earned again."""
    start = world.now()
    with world.at(start - timedelta(days=10)):
        await with_method(cast.rina)
        await earn(cast.laras, cast.rina, "com_1", 30_000)
        run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
        await call(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
        path = f"/v1/payouts/{run['payouts'][0]['id']}/settle"
        await call(http, cast.laras, "POST", path, {"outcome": "paid", "reference": "T1"})
    with world.at(start - timedelta(days=5)):
        await refund(cast.laras, cast.rina, "com_1", 12_000)
        shop, handle = caller(cast.laras), cast.rina.org.slug
        await owed.settle(shop, owed.Settling("repay", handle, 2_000, "transfer", "B-1"))
        await owed.settle(shop, owed.Settling("write_off", handle, 1_000, "sisa", "W-1"))
    await earn(cast.laras, cast.rina, "com_2", 20_000)
    await earn(cast.laras, cast.dimas, "com_3", 7_000)
    await earn(cast.bukit, cast.rina, "com_4", 5_000)


@pytest.mark.parametrize("path", ["/v1/balance", "/v1/statement"])
async def test_a_stranger_is_refused(http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 401


async def test_each_side_sees_its_own_and_the_rival_nothing_of_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await history(http, cast)
    for path in ("/v1/balance", "/v1/statement"):
        seen = {}
        for member in (cast.laras, cast.bukit, cast.rina, cast.dimas):
            rows = (await call(http, member, "GET", path)).json()["data"]
            seen[member.org.slug] = {(row["merchant"], row["partner"]) for row in rows}
        assert seen == {
            "batik-laras": {("batik-laras", "rina"), ("batik-laras", "dimas")},
            "kopi-bukit": {("kopi-bukit", "rina")},
            "rina": {("batik-laras", "rina"), ("kopi-bukit", "rina")},
            "dimas": {("batik-laras", "dimas")},
        }


async def test_a_balance_has_the_parts_that_add_up(http: httpx2.AsyncClient, cast: Cast) -> None:
    await history(http, cast)
    rows = (await call(http, cast.laras, "GET", "/v1/balance")).json()["data"]
    row = next(row for row in rows if row["partner"] == "rina")
    assert set(row) == BALANCE
    assert {name: row[name] for name in BALANCE if isinstance(row[name], int)} == {
        "pending": 0, "held": 0, "payable": 20_000, "in_payout": 0, "paid": 30_000,
        "owed_back": 9_000, "written_off": 1_000, "repaid": 2_000, "earned": 38_000,
    }  # fmt: skip
    assert await clean()


async def test_balances_come_in_pages(http: httpx2.AsyncClient, cast: Cast) -> None:
    people = [
        cast.rina.__class__(await make.organisation("partner"), cast.rina.user, "")
        for _ in range(5)
    ]
    for n, member in enumerate(people):
        await earn(cast.laras, member, f"com_{n}", 1_000)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await call(http, cast.laras, "GET", f"/v1/balance?limit=2{cursor}")).json()
        seen += [row["partner"] for row in page["data"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert sorted(seen) == sorted(member.org.slug for member in people)
    reply = await call(http, cast.laras, "GET", "/v1/balance?cursor=nonsense")
    assert reply.status_code == 422


async def test_a_statement_adds_up_in_every_part(http: httpx2.AsyncClient, cast: Cast) -> None:
    await history(http, cast)
    since = (world.now() - timedelta(days=7)).isoformat().replace("+", "%2B")
    body = (await call(http, cast.rina, "GET", f"/v1/statement?from={since}")).json()
    assert set(body) == {"from", "to", "currency", "data"}
    pair = next(one for one in body["data"] if one["merchant"] == "batik-laras")
    assert pair["opening"]["due"] == 0
    assert [row["amount"] for row in pair["movements"]] == [-12_000, 2_000, 1_000, 20_000, 0]
    assert pair["opening"]["due"] + sum(r["amount"] for r in pair["movements"]) == 11_000
    assert pair["closing"] == {
        "pending": 0, "held": 0, "payable": 20_000, "in_payout": 0, "owed_back": 9_000,
        "due": 11_000,
    }  # fmt: skip
    assert pair["movements"][-1]["after"] == pair["closing"]


async def test_a_statement_that_ends_in_the_past_closes_as_it_was_then(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await history(http, cast)
    first = (world.now() - timedelta(days=20)).date()
    last = (world.now() - timedelta(days=8)).date()
    body = (await call(http, cast.rina, "GET", f"/v1/statement?from={first}&to={last}")).json()
    pair = next(one for one in body["data"] if one["merchant"] == "batik-laras")
    assert (pair["opening"]["due"], pair["closing"]["due"]) == (0, 0)
    assert [row["amount"] for row in pair["movements"]] == [30_000, 0, 0, -30_000]


async def test_labels_are_worded_in_the_askers_language(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await history(http, cast)
    texts = {}
    for lang in ("id", "en"):
        headers = {**cast.dimas.headers, "Accept-Language": lang}
        body = (await http.get("/v1/statement", headers=headers)).json()
        texts[lang] = [row["text"] for row in body["data"][0]["movements"]]
    assert texts == {
        "id": ["Komisi dari penjualan", "Komisi bisa dicairkan"],
        "en": ["Commission from a sale", "Commission ready to be paid"],
    }


async def test_the_csv_has_an_opening_and_a_closing_line(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await history(http, cast)
    reply = await call(http, cast.dimas, "GET", "/v1/statement?format=csv")
    assert reply.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(reply.text)))
    assert [line["text"] for line in lines][0::3] == ["Saldo awal", "Saldo akhir"]
    assert lines[-1]["due"] == "7000"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=yesterday", "/from"),
        ("from=2026-13-01", "/from"),
        ("to=9999-12-31", "/to"),
        ("from=2026-11-24T10:00:00", "/from"),
        ("from=2026-11-02&to=2026-11-01", "/to"),
        ("format=doc", "/format"),
        ("since=2026-11-02", "/since"),
    ],
)
async def test_an_impossible_span_is_refused(
    http: httpx2.AsyncClient, cast: Cast, query: str, pointer: str
) -> None:
    reply = await call(http, cast.laras, "GET", f"/v1/statement?{query}")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_the_pdf_says_what_the_statement_says(http: httpx2.AsyncClient, cast: Cast) -> None:
    await history(http, cast)
    body = (await call(http, cast.rina, "GET", "/v1/statement")).json()
    reply = await call(http, cast.rina, "GET", "/v1/statement?format=pdf")
    assert reply.headers["content-type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(reply.content)).pages
    text = "\n".join(page.extract_text() for page in pages)
    assert f"Rincian saldo {cast.rina.org.name}" in text
    for pair in body["data"]:
        for row in pair["movements"]:
            assert row["text"] in text
            assert rupiah(row["amount"]) in text
        assert text.count(rupiah(pair["closing"]["due"])) >= 1


async def test_a_pdf_of_many_movements_repeats_its_heads_on_each_page() -> None:
    start = world.now()
    parts = statements.Parts(1_000, 0, 0, 0, 0)
    row = statements.Row(start, "Komisi <b> & 東京", "INV-" + "9" * 60, 1_000, parts)
    pair = statements.PairStatement("a", "b", ("Toko Ä", "Rina"), parts, (row,) * 200, parts)
    made = printed.as_pdf([pair], (start, start), "id", ("Rina", "Asia/Makassar"), start)
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) > 3
    assert all("Keterangan" in text for text in texts)
    assert "Komisi <b> & ??" in texts[0]
    assert "WITA" in texts[0]
    empty = pypdf.PdfReader(
        io.BytesIO(printed.as_pdf([], (start, start), "en", ("R", "UTC"), start))
    )
    assert "No movements" in empty.pages[0].extract_text()


async def test_a_statement_of_too_many_movements_asks_for_a_shorter_span(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await history(http, cast)
    monkeypatch.setattr(statements, "MOST_ENTRIES", 1)
    monkeypatch.setattr(statements, "MOST_PRINTED", 1)
    for wanted in ("json", "csv", "pdf"):
        reply = await call(http, cast.laras, "GET", f"/v1/statement?format={wanted}")
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/from"


async def test_a_day_is_a_day_in_the_askers_zone(cast: Cast) -> None:
    start, end = statements.span(caller(cast.laras), "2026-11-24", "2026-11-24")
    assert (start.isoformat(), end.isoformat()) == (
        "2026-11-23T17:00:00+00:00",
        "2026-11-24T17:00:00+00:00",
    )
