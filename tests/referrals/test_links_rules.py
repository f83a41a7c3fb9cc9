"""Where links lead, what codes look like, which coupons are offered."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring import world
from referrals.links import rules
from referrals.links.rules import Goal, Standing

BASE = "https://jejaring.example"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_codes_are_of_the_alphabet_that_nobody_misreads() -> None:
    assert rules.ALPHABET == world.ALPHABET
    assert not set("01IlO") & set(rules.ALPHABET)
    assert rules.is_code(world.token(rules.CODE_LENGTH))


@pytest.mark.parametrize("text", ["", "abc", "a" * 17, "abc0de", "abc/de", "abcdeé", "abcd e"])
def test_what_is_no_code_is_not_looked_up(text: str) -> None:
    assert not rules.is_code(text)


@pytest.mark.parametrize(
    ("product", "url", "hosts", "leads_to"),
    [
        ("kemeja", "https://laras.id/kemeja", ("laras.id",), "https://laras.id/kemeja"),
        ("kemeja", "https://laras.id:443/k", ("laras.id",), "https://laras.id:443/k"),
        ("kemeja", "https://LARAS.id./k", ("laras.id",), "https://LARAS.id./k"),
        ("kemeja", "http://localhost:9000/k", ("localhost:9000",), "http://localhost:9000/k"),
        ("kemeja", "https://laras.id/baju biru", ("laras.id",), "https://laras.id/baju%20biru"),
        ("kemeja", "https://www.laras.id/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://laras.id.evil.com/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://laras.id@evil.com/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://evil@laras.id/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://laras.id:8443/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://laras.id:x/", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "javascript://laras.id/%0aalert(1)", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "/kemeja", ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", None, ("laras.id",), f"{BASE}/p/laras/kemeja"),
        ("kemeja", "https://laras.id/", (), f"{BASE}/p/laras/kemeja"),
        (None, None, ("laras.id", "toko.id"), "https://laras.id/"),
        (None, None, (), f"{BASE}/p/laras"),
    ],
)
def test_a_link_leads_only_to_a_verified_site_or_to_us(
    product: str | None, url: str | None, hosts: tuple[str, ...], leads_to: str
) -> None:
    assert rules.target(Goal(BASE, "laras", product, url, hosts)) == leads_to


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://laras.id", "https://laras.id/?jj=X"),
        ("https://laras.id/?a=1&b=%20", "https://laras.id/?a=1&b=%20&jj=X"),
        ("https://laras.id/k?jj=old&a=1", "https://laras.id/k?a=1&jj=X"),
        ("https://laras.id/k?%6Aj=old#ulasan", "https://laras.id/k?jj=X#ulasan"),
        ("https://laras.id/k?jj", "https://laras.id/k?jj=X"),
        ("https://laras.id/k?jjj=1&a", "https://laras.id/k?jjj=1&a&jj=X"),
        ("https://laras.id/k?a=b=c&&d", "https://laras.id/k?a=b=c&d&jj=X"),
    ],
)
def test_the_click_is_merged_into_the_query(url: str, whole: str) -> None:
    before, after = rules.around_click(url)
    assert before + "X" + after == whole


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=5), NAMES)
def test_other_parameters_and_the_fragment_stay(pairs: list[tuple[str, str]], end: str) -> None:
    query = "&".join(
        rules.plain(f"{k}={v}").replace("&", "%26").replace("#", "%23") for k, v in pairs
    )
    fragment = rules.plain(end)
    before, after = rules.around_click(f"https://laras.id/k?{query}#{fragment}")
    got = urlsplit(before + "CLICK" + after)
    kept = [p for p in parse_qsl(query, keep_blank_values=True) if p[0] != "jj"]
    assert parse_qsl(got.query, keep_blank_values=True) == [*kept, ("jj", "CLICK")]
    assert got.fragment == urlsplit(f"https://laras.id/#{fragment}").fragment
    assert (before + after).isascii()


def standing(**values: object) -> Standing:
    given: dict[str, object] = {
        "campaign_state": "live", "enrolment_state": "active", "stopped": False,
        "launched_at": NOON, "starts_at": None, "ends_at": None,
    }  # fmt: skip
    return Standing(**(given | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "stretch"),
    [
        ({}, (NOON.timestamp(), float("inf"))),
        ({"starts_at": NOON + DAY}, ((NOON + DAY).timestamp(), float("inf"))),
        ({"starts_at": NOON - DAY}, (NOON.timestamp(), float("inf"))),
        ({"ends_at": NOON + DAY}, (NOON.timestamp(), (NOON + DAY).timestamp())),
        ({"campaign_state": "paused"}, (0.0, 0.0)),
        ({"campaign_state": "ended"}, (0.0, 0.0)),
        ({"enrolment_state": "ended"}, (0.0, 0.0)),
        ({"stopped": True}, (0.0, 0.0)),
        ({"launched_at": None}, (0.0, 0.0)),
    ],
)
def test_a_link_counts_while_everything_it_hangs_on_does(
    changed: dict[str, object], stretch: tuple[float, float]
) -> None:
    assert rules.counts_from_to(standing(**changed)) == stretch


@pytest.mark.parametrize(
    ("handle", "discount", "first"),
    [
        ("sari", 1000, ["SARI10", "SARI", "SARI11"]),
        ("sari", None, ["SARI10", "SARI", "SARI11"]),
        ("sari", 550, ["SARI10", "SARI", "SARI11"]),
        ("sari-dewi", 500, ["SARI5", "SARIDEWI5", "SARI", "SARIDEWI", "SARI11"]),
        ("a", 1000, ["AX10", "A10"]),
        ("a-b", 1000, ["AB10", "AB11"]),
        ("", None, ["JEJARING10", "JEJARING", "JEJARING11"]),
        ("ß", None, ["SS10"]),
        ("阿", None, ["JEJARING10"]),
    ],
)
def test_coupons_come_from_the_handle(handle: str, discount: int | None, first: list[str]) -> None:
    ideas = list(rules.coupon_ideas(handle, discount))
    assert ideas[: len(first)] == first
    assert len(ideas) > 80


@given(st.text(max_size=60), st.none() | st.integers(0, 10_000))
def test_every_idea_is_a_coupon_and_comes_once(handle: str, discount: int | None) -> None:
    ideas = list(rules.coupon_ideas(handle, discount))
    assert all(rules.is_coupon(idea) for idea in ideas)
    assert len(ideas) == len(set(ideas)) > 0


@pytest.mark.parametrize("code", ["SARI10", "A1B", "SARI-10", "A" * 24])
def test_good_coupons(code: str) -> None:
    assert rules.is_coupon(code)


@pytest.mark.parametrize("code", ["", "AB", "sari", "-SARI", "SARI-", "SA RI", "A" * 25, "SÄRI"])
def test_bad_coupons(code: str) -> None:
    assert not rules.is_coupon(code)


REFERENCES = [
    ("Halo, mau pesan [#RINA10-7F3K]", [("RINA10", "7F3K", True)]),
    ("mau pesan rina10-7f3k ya", [("RINA10", "7F3K", False)]),
    ("# rina10 7f3k", [("RINA10", "7F3K", True)]),
    ("[ # RINA 10 - 7F3K ]", [("RINA10", "7F3K", True)]),
    ("#RINA10 – 7F3K]", [("RINA10", "7F3K", True)]),
    ("[#RINA10_7F3K", [("RINA10", "7F3K", True)]),
    ("[#SARI-DEWI-10-7F3K] [#sari-dewi-10-7f3k]", [("SARI-DEWI-10", "7F3K", True)]),
    ("#A1-2345, #B2-WXYZ!", [("A1", "2345", True), ("B2", "WXYZ", True)]),
    ("#RINA10\n-\n7F3K", [("RINA10", "7F3K", True)]),
    ("＃ＲＩＮＡ１０－７Ｆ３Ｋ", [("RINA10", "7F3K", True)]),
    ("terima kasih kak, kirim ke Jl. Melati 12", []),
    ("RINA10-7F3KX, x-RINA10-7F3", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "found"), REFERENCES)
def test_references_are_found_as_people_write_them(
    text: str, found: list[tuple[str, str, bool]]
) -> None:
    assert [(r.code, r.check, r.marked) for r in rules.references(text)] == found


@given(st.text(max_size=500))
def test_any_note_can_be_read(text: str) -> None:
    assert len(rules.references(text)) <= rules.MAX_REFERENCES


@given(st.text("0123456789abcdef", min_size=16, max_size=64), st.sampled_from(["RINA10", "A-B-C"]))
def test_a_reference_finds_itself_and_has_no_letters_that_are_mistaken(
    digest: str, code: str
) -> None:
    check = rules.check_letters(digest)
    assert not set(check) & set("ILO01")
    text = f"Halo {rules.reference(code, check)} ya"
    assert rules.references(text.lower()) == [rules.Reference(code, check, True)]
