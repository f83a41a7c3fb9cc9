"""Words, numbers and dates in both languages; who is spoken to in which."""

from datetime import UTC, date, datetime

import httpx2
import pytest
from starlette.requests import Request

from jejaring.identity.rules import Caller
from jejaring.web import language
from tests.cast import Cast

AT = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def asked(query: str = "", cookie: str = "", accept: str = "") -> Request:
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return Request(
        {"type": "http", "headers": headers, "query_string": query.encode(), "path": "/"}
    )


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "spoken"),
    [
        ("", "", "", "id"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "fr, en;q=0.5", "en"),
        ("", "", "id,en", "id"),
        ("", "", "en-US,id;q=0.5", "id"),
        ("", "", "fr", "id"),
        ("", "jj_bahasa=en", "id", "en"),
        ("bahasa=id", "jj_bahasa=en", "en", "id"),
        ("bahasa=xx", "", "en", "en"),
    ],
)
def test_the_asker_is_spoken_to_in_their_language(
    query: str, cookie: str, accept: str, spoken: str
) -> None:
    assert language.pick(asked(query, cookie, accept)) == spoken


def test_numbers_and_money() -> None:
    assert language.number(4_812, "id") == "4.812"
    assert language.number(4_812, "en") == "4,812"
    assert language.money(-1_250_000, "id") == "−Rp1.250.000"
    assert language.money(1_250_000, "en") == "Rp1,250,000"
    assert language.rate(1_250, "id") == "12,5%"
    assert language.rate(1_250, "en") == "12.5%"


def test_days_and_hours_are_of_the_zone() -> None:
    assert language.day(date(2026, 5, 1), "id") == "1 Mei 2026"
    assert language.day(AT, "en", "Asia/Jakarta") == "24 Nov 2026"
    assert language.weekday(AT, "id") == "Selasa, 24 Nov"
    assert language.weekday(date(2026, 11, 27), "en") == "Fri, 27 Nov"
    assert language.time_of(AT, "id", "Asia/Jakarta") == "14.05 WIB"
    assert language.time_of(AT, "en", "Asia/Jayapura") == "16:05 WIT"
    assert language.clock(AT, "id", "Asia/Makassar") == "24 Nov 2026, 15.05 WITA"


@pytest.fixture
def worded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of our own."""
    words = {
        "id": {
            "t.all": "{a:rp} {r:pct} {n:num} {d:day} {w:weekday} {c:clock} {s} {l}",
            "t.only_ours": "kata",
            "Simpan": "Simpan",
        },
        "en": {"t.all": "{s}", "Simpan": "Save"},
    }
    monkeypatch.setattr(language, "catalogue", words.__getitem__)


def test_values_are_worded_by_their_kind(worded: None) -> None:
    said = language.say(
        "id", "t.all", a=1_500, r=500, n=1_000, d=AT, w=AT, c=AT.isoformat(), s="x", l=["a", "b"]
    )
    assert said == "Rp1.500 5% 1.000 24 Nov 2026 Selasa, 24 Nov 24 Nov 2026, 14.05 WIB x a, b"


def test_one_thing_is_worded_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"t.some": "{n:num} {n:order was|orders were} sent"}
    monkeypatch.setattr(language, "catalogue", lambda _: words)
    said = [language.say("en", "t.some", n=n) for n in (0, 1, 1_200)]
    assert said == ["0 orders were sent", "1 order was sent", "1,200 orders were sent"]


def test_what_is_missing_is_said_as_well_as_can_be(worded: None) -> None:
    assert language.say("en", "t.only_ours") == "kata"
    assert language.say("en", "t.nowhere") == "t.nowhere"
    assert language.say("en", "t.all") == ""  # a value that was not given
    assert language.translate("en", "Simpan") == "Save"
    assert language.translate("en", "Lain") == "Lain"
    assert language.known("id", "t.only_ours")
    assert not language.known("en", "t.only_ours")


def test_a_signed_in_person_is_spoken_to_in_their_own_language() -> None:
    request = asked("", "", "en")
    request.state.caller = Caller("org_1", "partner", "rina", "Rina", "", "usr_1", user_id="usr_1")
    assert language.pick(request) == "id"


@pytest.mark.parametrize(
    ("lang", "reason", "outcome"),
    [
        ("id", "Terlalu pendek: paling sedikit 3 huruf.", "Pilih salah satu: lost, won."),
        ("en", "Too short: at least 3 characters.", "Choose one of: lost, won."),
    ],
)
async def test_a_bad_field_is_worded_in_one_language(
    http: httpx2.AsyncClient, cast: Cast, lang: str, reason: str, outcome: str
) -> None:
    """A list of words needs none; a text is short, not few."""
    headers = {**cast.laras.headers, "Accept-Language": lang}
    wrong = {"enrolment_id": None, "reason": "a"}
    reply = await http.post("/v1/sales/x/credit", json=wrong, headers=headers)
    assert reply.json()["errors"] == [{"pointer": "/reason", "detail": reason}]
    wrong = {"dispute_id": "D", "outcome": "drawn"}
    reply = await http.post("/v1/sales/x/disputes", json=wrong, headers=headers)
    assert reply.json()["errors"] == [{"pointer": "/outcome", "detail": outcome}]
