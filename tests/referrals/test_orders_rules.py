"""Orders as values: totals, states, refunds; tables and laws."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit.errors import Invalid
from referrals.orders import rules
from referrals.orders.rules import LineDraft, LineLeft, Milestones, Part, SaleDraft

T = datetime(2026, 11, 24, 3, tzinfo=UTC)


def draft(**more: object) -> SaleDraft:
    given: dict[str, object] = {
        "order_id": "INV-1",
        "source": "website",
        "placed_at": T,
        "state": "paid",
        "lines": (LineDraft("A", 2, 65_000), LineDraft("B", 1, 20_000, 5_000)),
    }
    return SaleDraft(**(given | more))  # type: ignore[arg-type]


def test_the_order_s_discount_is_spread_by_the_lines_nets() -> None:
    found = rules.totals(draft().lines, 10_000)
    assert (found.items_total, found.base) == (150_000, 135_000)
    assert found.bases == (130_000 - 8_966, 15_000 - 1_034)


lines = st.lists(
    st.builds(
        lambda q, p, share: LineDraft("A", q, p, q * p * share // 100),
        st.integers(1, 100),
        st.integers(0, 10**6),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=8,
)


@given(lines, st.integers(0, 100))
def test_the_bases_re_add_to_the_whole(given_lines: list[LineDraft], share: int) -> None:
    nets = sum(line.net for line in given_lines)
    discount = nets * share // 100
    found = rules.totals(given_lines, discount)
    assert sum(found.bases) == found.base == nets - discount
    assert all(0 <= b <= line.net for b, line in zip(found.bases, given_lines, strict=True))


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, []),
        ({"lines": (LineDraft("A", 1, 5, 5), LineDraft("B", 1, 1, 0))}, []),
        ({"lines": (LineDraft("A", 1, 10**12),)}, []),
        ({"discount": 145_000}, []),
        ({"discount": 145_001}, [("/discount", "discount_over_total")]),
        ({"lines": (LineDraft("A", 1, 5, 6),)}, [("/items/0/discount", "discount_over_line")]),
        ({"lines": (LineDraft("A", 2, 10**12),)}, [("/items", "order_too_large")]),
        ({"placed_at": T + timedelta(minutes=5)}, []),
        ({"placed_at": T + timedelta(minutes=6)}, [("/placed_at", "placed_ahead")]),
        ({"updated_at": T + timedelta(minutes=5)}, []),
        ({"updated_at": T + timedelta(minutes=6)}, [("/updated_at", "updated_ahead")]),
    ],
)
def test_what_is_wrong_with_a_draft(
    change: dict[str, object], faults: list[tuple[str, str]]
) -> None:
    assert [(f.pointer, f.code) for f in rules.wrong(draft(**change), T)] == faults
    if faults:
        with pytest.raises(Invalid):
            rules.check(draft(**change), T)
    else:
        rules.check(draft(**change), T)


def test_the_content_is_what_the_body_says_but_for_its_time() -> None:
    one = rules.content_hash(draft(), "p", None)
    zone = T.astimezone(tz=None)
    assert rules.content_hash(draft(placed_at=zone, updated_at=T), "p", None) == one
    for other in ({"discount": 1}, {"state": "delivered"}, {"click_id": "x"}, {"note": "x"}):
        assert rules.content_hash(draft(**other), "p", None) != one
    assert rules.content_hash(draft(), "q", None) != one


@pytest.fixture
def server_in_jayapura(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Jayapura")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("server_in_jayapura")
def test_a_stored_hash_is_found_again_by_any_later_version_on_any_server() -> None:
    said: dict[str, Any] = {"click_id": "clk_1", "coupon": "RINA", "note": "warna biru"}
    said |= {"discount": 1_000, "shipping": 12_000, "creator": "rina.shop"}
    known = "62a15361c03cb3c576feaf3e9fc7ceccc4b8dcb69f2e16df887e23a0680353bb"
    assert rules.content_hash(draft(**said), "p", "e") == known
    refund = "b0a95be7dc9083c49e3c3fd671623093cff2b877bd2a82b57bad71120fe7d4d6"
    assert rules.refund_hash(None, [(2, 1), (1, 2)], "rusak") == refund


def test_an_order_that_is_too_large_is_told_the_limit() -> None:
    (fault,) = rules.wrong(draft(lines=(LineDraft("A", 1, 10**12 + 1),)), T)
    assert fault.values == {"amount": 10**12}


@pytest.mark.parametrize(
    ("current", "wanted", "newer", "after"),
    [
        ("placed", "paid", False, "paid"),
        ("paid", "placed", False, "paid"),
        ("paid", "placed", True, "placed"),
        ("placed", "completed", False, "completed"),
        ("completed", "returned", False, "returned"),
        ("returned", "cancelled", False, "returned"),
        ("cancelled", "paid", False, "cancelled"),
        ("cancelled", "paid", True, "paid"),
        ("paid", "paid", False, "paid"),
    ],
)
def test_states_move_forward_unless_newer(
    current: str, wanted: str, newer: bool, after: str
) -> None:
    assert rules.next_state(current, wanted, newer=newer) == after
    assert rules.may_move(current, wanted) is (
        rules.next_state(current, wanted, newer=False) == wanted
    )


@pytest.mark.parametrize("state", rules.STATES)
def test_an_order_may_stay_as_it_is(state: str) -> None:
    assert rules.may_move(state, state)


def test_milestones_are_the_first_time_of_each() -> None:
    later = T + timedelta(days=1)
    paid = rules.milestones(Milestones(), "paid", T)
    assert paid == Milestones(T)
    delivered = rules.milestones(paid, "delivered", later)
    assert delivered == Milestones(T, later)
    assert rules.milestones(delivered, "completed", later + timedelta(days=1)) == delivered
    closed = rules.milestones(delivered, "returned", later)
    assert closed == Milestones(T, later, later)
    assert rules.milestones(closed, "delivered", T).closed_at is None
    assert rules.milestones(delivered, "paid", later) == Milestones(T)
    assert rules.milestones(delivered, "placed", later) == Milestones()


@pytest.mark.parametrize(
    ("source", "state", "reached", "at"),
    [
        ("website", "placed", Milestones(), None),
        ("website", "paid", Milestones(T), T + timedelta(days=14)),
        ("shopee", "paid", Milestones(T), None),
        ("shopee", "delivered", Milestones(T, T), T),
        ("website", "cancelled", Milestones(T, T, T), None),
    ],
)
def test_from_when_the_hold_runs(
    source: str, state: str, reached: Milestones, at: datetime | None
) -> None:
    assert rules.counts_from(source, state, reached, 14) == at


def test_a_refund_by_amount_takes_what_is_left_by_largest_remainder() -> None:
    left = [LineLeft(1, 1, 100, 40), LineLeft(2, 1, 200), LineLeft(3, 1, 0)]
    assert rules.spread_amount(131, left) == (Part(1, 30), Part(2, 101))
    assert rules.spread_amount(10_000, left) == (Part(1, 60), Part(2, 200))
    assert rules.spread_amount(5, [LineLeft(1, 1, 0)]) == ()


line_left = st.builds(
    lambda i, q, b, f: LineLeft(i, q, b, b * f // 100, 0),
    st.just(1),
    st.integers(1, 20),
    st.integers(0, 10**6),
    st.integers(0, 100),
)


@given(st.lists(line_left, min_size=1, max_size=6), st.integers(0, 10**7))
def test_an_amount_never_takes_more_than_is_left(given_lines: list[LineLeft], amount: int) -> None:
    placed = [LineLeft(i, x.quantity, x.base, x.refunded) for i, x in enumerate(given_lines, 1)]
    parts = {p.position: p.amount for p in rules.spread_amount(amount, placed)}
    assert sum(parts.values()) == min(amount, sum(x.left for x in placed))
    assert all(parts.get(x.position, 0) <= x.left for x in placed)


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_single_units_take_the_base_exactly(base: int, quantity: int) -> None:
    line = LineLeft(1, quantity, base)
    for _ in range(quantity):
        (part,) = rules.spread_items([(1, 1)], [line])
        assert part.amount >= 0
        line = LineLeft(1, quantity, base, line.refunded + part.amount, line.returned + 1)
    assert line.left == 0


def test_units_are_capped_by_what_an_amount_left() -> None:
    line = LineLeft(1, 2, 100, 80)
    assert rules.spread_items([(1, 1)], [line]) == (Part(1, 20, 1),)
    assert rules.spread_items([(1, 1)], [LineLeft(1, 2, 100)]) == (Part(1, 50, 1),)


def test_the_last_unit_takes_all_that_is_left() -> None:
    line = LineLeft(1, 2, 200, refunded=50, returned=1)
    assert rules.spread_items([(1, 1)], [line]) == (Part(1, 150, 1),)


def test_units_that_are_not_there_are_named() -> None:
    with pytest.raises(Invalid) as refused:
        rules.spread_items([(2, 1), (1, 2), (1, 1)], [LineLeft(1, 2, 100)])
    assert [(f.pointer, f.code, f.values) for f in refused.value.fields] == [
        ("/items/0/line", "unknown_line", {"line": 2}),
        ("/items/2/quantity", "over_quantity", {"n": 2}),
    ]
    with pytest.raises(Invalid) as refused:
        rules.spread_items([(1, 2)], [LineLeft(1, 2, 100, 50, returned=1)])
    assert refused.value.fields[0].values == {"n": 1}


def test_a_refund_s_content() -> None:
    one = rules.refund_hash(None, [(1, 1), (2, 1)], "rusak")
    assert rules.refund_hash(None, [(2, 1), (1, 1)], "rusak") == one
    assert rules.refund_hash(5, [], "rusak") != one


def test_lines_are_matched_by_sku_then_by_order() -> None:
    stored = [(1, "A"), (2, "B"), (3, "A")]
    a, b, c = LineDraft("A", 1, 1), LineDraft("A", 2, 1), LineDraft("C", 1, 1)
    assert rules.matched(stored, [a, c, b]) == ([(1, a), (3, b)], [c], [2])
    assert rules.matched([], [a]) == ([], [a], [])


@pytest.mark.parametrize(
    ("known", "earliest", "new"),
    [
        (False, None, None),
        (True, None, True),
        (True, T, True),
        (True, T + timedelta(days=1), True),
        (True, T - timedelta(seconds=1), False),
    ],
)
def test_new_means_no_earlier_order(
    known: bool, earliest: datetime | None, new: bool | None
) -> None:
    assert rules.is_new(T, known, earliest) is new


def test_a_span_includes_its_last_day_whole() -> None:
    day = date(2026, 11, 24)
    start = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert rules.span(day, day) == (start, start + timedelta(days=1))
    assert rules.span(T, T) == (T, T)
    assert rules.span(None, None) == (None, None)
    east = timedelta(hours=2)
    assert rules.span(day, day, "Asia/Jayapura") == (start - east, start - east + timedelta(days=1))


@pytest.mark.parametrize(
    ("refunds", "lefts", "wanted"),
    [
        # An amount cut short takes its rest, spread by what is left.
        ([(150, {}, {"1": 100})], [(1, 100), (2, 100)], [{"1": 125, "2": 25}]),
        ([(150, {}, {"1": 100})], [(1, 30), (2, 0)], [{"1": 130}]),
        ([(100, {}, {"1": 100})], [(1, 100)], [{"1": 100}]),
        # Units take the rest of what they are worth, of their own line only.
        ([(None, {"1": 100}, {"1": 40})], [(1, 80), (2, 80)], [{"1": 100}]),
        ([(None, {"1": 100}, {"1": 0})], [(1, 30), (2, 80)], [{"1": 30}]),
        # In the order given: the second finds what the first left.
        (
            [(90, {}, {"1": 20}), (None, {"1": 50}, {"1": 0})],
            [(1, 100)],
            [{"1": 90}, {"1": 30}],
        ),
        (
            [(None, {"1": 100}, {"1": 0}), (None, {"2": 100}, {"2": 0})],
            [(1, 100), (2, 100)],
            [{"1": 100}, {"2": 100}],
        ),
        # What took nothing yet; what was asked of a line that the order no longer has.
        ([(None, {"1": 100}, {})], [(1, 100)], [{"1": 100}]),
        ([(None, {"9": 100}, {"9": 0})], [(1, 100)], [{"9": 0}]),
        ([(20, {}, {"9": 20})], [(1, 100)], [{"9": 20}]),
        ([], [(1, 100)], []),
    ],
)
def test_refunds_cut_short_take_what_is_left_later(
    refunds: list[tuple[int | None, dict[str, int], dict[str, int]]],
    lefts: list[tuple[int, int]],
    wanted: list[dict[str, int]],
) -> None:
    taken = [rules.Taken(*refund) for refund in refunds]
    lines = [LineLeft(position, 1, 1_000, 1_000 - left) for position, left in lefts]
    assert rules.topped_up(taken, lines) == wanted


def test_units_know_what_they_are_worth_where_less_was_left() -> None:
    (part,) = rules.spread_items([(1, 1)], [LineLeft(1, 2, 200, refunded=150)])
    assert (part.amount, part.asked) == (50, 100)
    (part,) = rules.spread_items([(1, 1)], [LineLeft(1, 2, 200, refunded=150, returned=1)])
    assert (part.amount, part.asked) == (50, 100)


def test_what_refunds_took_is_summed_by_line() -> None:
    units = [{"line": 1, "quantity": 2}, {"line": 3, "quantity": 1}]
    assert rules.given_back([({"1": 20, "2": 5}, []), ({"1": 10}, units)]) == {
        1: (30, 2),
        2: (5, 0),
    }
