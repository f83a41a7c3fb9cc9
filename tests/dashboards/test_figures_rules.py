"""Sums and holes: every branch, and the laws that must hold whatever comes."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.figures import rules
from dashboards.figures.rules import Hit, Hole, Key, Sums

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def hit(kind: str = "person", via: str = "click", **more: object) -> Hit:
    given: dict[str, object] = {
        "merchant_id": "m", "at": NOON, "campaign_id": "c", "partner_id": "p", "link_id": "l",
        "product_id": "", "kind": kind, "via": via, "repeat": False,
    }  # fmt: skip
    return Hit(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "counted"),
    [
        (hit(), {"people": 1, "visits": 1, "scans": 0}),
        (hit(repeat=True), {"people": 1, "visits": 0, "scans": 0}),
        (hit(via="scan"), {"people": 1, "visits": 1, "scans": 1}),
        (hit("preview"), {"previews": 1}),
        (hit("prefetch"), {"prefetches": 1}),
        (hit("bot"), {"bots": 1}),
        (hit("something new", via="scan"), {"bots": 1}),
    ],
)
def test_a_hit_counts_as_its_kind(one: Hit, counted: dict[str, int]) -> None:
    sums: Sums = {}
    rules.add_clicks(sums, [one], {})
    assert list(sums.values()) == [counted]


def test_a_click_belongs_to_the_day_of_the_merchants_zone() -> None:
    late = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    sums: Sums = {}
    rules.add_clicks(sums, [hit(at=late), hit(at=late, merchant_id="e")], {"e": "Asia/Jayapura"})
    assert {(k.merchant_id, k.day.day) for k in sums} == {("m", 24), ("e", 25)}


def test_scans_and_clicks_are_two_channels() -> None:
    sums: Sums = {}
    rules.add_clicks(sums, [hit(), hit(via="scan"), hit()], {})
    assert {k.channel: v["people"] for k, v in sums.items()} == {"link": 2, "scan": 1}


def test_a_delta_may_take_back_what_an_earlier_one_told() -> None:
    sums: Sums = {}
    told = {"placed_at": "2026-11-24T23:30:00+00:00", "partner_id": "p", "link_id": None,
            "channel": "coupon", "sales": 1, "sales_amount": 100, "commission": 10}  # fmt: skip
    back = told | {"sales": 0, "sales_amount": -40, "commission": -4}
    rules.add_deltas(sums, "m", [told, back], "Asia/Jakarta")
    key = Key("m", date(2026, 11, 25), "", "p", "", "", "coupon")
    assert sums == {key: {"sales": 1, "sales_amount": 60, "commission": 6}}


@pytest.mark.parametrize(
    ("position", "found", "holes"),
    [
        (0, [], []),
        (0, [1, 2, 3], []),
        (0, [3, 1], [(2, 2)]),
        (4, [8, 9, 12], [(5, 7), (10, 11)]),
    ],
)
def test_holes_are_the_numbers_that_are_missing(
    position: int, found: list[int], holes: list[tuple[int, int]]
) -> None:
    assert [(h.first, h.last) for h in rules.holes_between(position, found, 1.0)] == holes


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ([], [(5, 9)]),
        ([5], [(6, 9)]),
        ([9], [(5, 8)]),
        ([7], [(5, 6), (8, 9)]),
        ([5, 6, 7, 8, 9], []),
        ([4, 10], [(5, 9)]),
    ],
)
def test_a_hole_shrinks_by_what_appears_in_it(
    found: list[int], left: list[tuple[int, int]]
) -> None:
    assert [(h.first, h.last) for h in rules.without([Hole(5, 9, 1.0)], found)] == left


@given(st.sets(st.integers(1, 60), max_size=40), st.sets(st.integers(1, 60), max_size=40))
def test_every_number_is_counted_once_however_late_it_appears(
    first: set[int], second: set[int]
) -> None:
    holes = rules.holes_between(0, first, 1.0)
    position = max(first, default=0)
    late = {n for n in second if any(h.first <= n <= h.last for h in holes)}
    new = {n for n in second if n > position}
    holes = rules.without(holes, late) + rules.holes_between(position, new, 2.0)
    seen = first | late | new
    missing = {n for h in holes for n in range(h.first, h.last + 1)}
    assert seen | missing == set(range(1, max(seen, default=0) + 1))
    assert not seen & missing


def test_a_hole_closes_when_every_writer_that_could_fill_it_has_ended() -> None:
    hole = Hole(1, 1, 100.0)
    assert rules.still_open([hole], None) == []
    assert rules.still_open([hole], 99.0) == [hole]
    assert rules.still_open([hole], 101.0) == []


def test_a_hole_survives_being_stored() -> None:
    assert rules.read_hole(Hole(3, 4, 5.5).stored()) == Hole(3, 4, 5.5)


def test_the_default_range_is_thirty_days_with_today() -> None:
    assert rules.default_range(date(2026, 11, 30)) == (date(2026, 11, 1), date(2026, 11, 30))
