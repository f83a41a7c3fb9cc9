"""Tiers: parts of a line over the month's steps, and the laws that they obey."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms import steps
from campaigns.terms.rules import CreditedLine, Month, OrderFacts, Rule, Terms, Who, worth
from campaigns.terms.steps import Step

LADDER = (Step(0, 500), Step(1_000_000, 700), Step(5_000_000, 1_000))
NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
RINA = Who("reseller", "rina")


def line(position: int, base: int, **more: Any) -> CreditedLine:
    return CreditedLine(position, "A", "prd_1", "batik", 1, base, base, **more)


def tiers(mode: str = "marginal", ladder: tuple[Step, ...] = LADDER, **more: Any) -> Terms:
    return Terms((Rule("T", "tiers", mode=mode, steps=ladder, **more),))


@pytest.mark.parametrize(
    ("before", "base", "expected"),
    [
        (0, 200_000, ((200_000, 500),)),
        (900_000, 200_000, ((100_000, 500), (100_000, 700))),
        (1_000_000, 1, ((1, 700),)),
        (999_999, 1, ((1, 500),)),
        (0, 6_000_000, ((1_000_000, 500), (4_000_000, 700), (1_000_000, 1_000))),
        (9_000_000, 10, ((10, 1_000),)),
        (1_500_000, 0, ((0, 700),)),
    ],
)
def test_a_line_falls_into_the_steps_it_reaches(
    before: int, base: int, expected: tuple[tuple[int, int], ...]
) -> None:
    assert steps.parts(LADDER, before, base) == expected


def test_lines_of_one_order_follow_each_other() -> None:
    month = Month({"T": 900_000})
    rows = worth(tiers(), OrderFacts(300_000, NOON), RINA, [line(1, 100_000), line(2, 200_000)],
                 month)  # fmt: skip
    assert [(r.before, r.rate_bp, r.amount) for r in rows] == [
        (900_000, 500, 5_000),
        (1_000_000, 700, 14_000),
    ]
    assert [(r.rule_index, r.estimate, r.notes) for r in rows] == [(0, None, ()), (0, None, ())]


@pytest.mark.parametrize("mode", ["marginal", "whole"])
def test_a_month_without_sales_begins_at_zero(mode: str) -> None:
    (row,) = worth(tiers(mode), OrderFacts(100_000, NOON), RINA, [line(1, 100_000)])
    assert (row.rule_index, row.before) == (0, 0)


def test_a_line_keeps_the_place_it_had() -> None:
    month = Month({"T": 4_900_000}, {(1, "T"): 0})
    rows = worth(tiers(), OrderFacts(300_000, NOON), RINA, [line(1, 100_000), line(2, 200_000)],
                 month)  # fmt: skip
    assert [(r.before, r.amount) for r in rows] == [(0, 5_000), (4_900_000, 17_000)]
    assert rows[1].rate_bp is None
    assert rows[1].parts == ((100_000, 700), (100_000, 1_000))


def test_whole_tiers_earn_nothing_yet_and_say_what_it_would_be() -> None:
    month = Month({"T": 950_000})
    row = worth(tiers("whole"), OrderFacts(100_000, NOON), RINA, [line(1, 100_000)], month)[0]
    assert (row.amount, row.estimate, row.rate_bp) == (0, 7_000, 700)
    assert row.notes == ("at_months_end",)


def test_the_limit_per_order_holds_for_tiers() -> None:
    terms = tiers(max_per_order=4_000)
    row = worth(terms, OrderFacts(100_000, NOON), RINA, [line(1, 100_000)])[0]
    assert (row.amount, row.notes) == (4_000, ("max_per_order",))


def test_recurring_holds_within_months_of_the_first_order_of_a_bond() -> None:
    rule = Rule("R", "recurring", rate_bp=1000, months=3)
    terms = Terms((rule, Rule("Lain", "percent", rate_bp=100)))
    first = datetime(2026, 8, 24, 5, tzinfo=UTC)

    def paid(bonded_at: datetime | None) -> list[tuple[str, int]]:
        rows = worth(
            terms, OrderFacts(100_000, NOON), RINA, [line(1, 100_000, bonded_at=bonded_at)]
        )
        return [(row.rule, row.amount) for row in rows]

    assert paid(None) == [("Lain", 1_000)]
    assert paid(first) == [("Lain", 1_000)]
    assert paid(first.replace(hour=6)) == [("R", 10_000)]
    terms = Terms((replace(rule, months=None), terms.rules[1]))
    assert paid(NOON) == [("Lain", 1_000)]


@pytest.mark.parametrize(("zone", "pays"), [("Asia/Jakarta", False), ("Asia/Jayapura", True)])
def test_the_months_of_a_bond_are_those_of_the_merchants_calendar(zone: str, pays: bool) -> None:
    """30 November in Jakarta is 1 December in Jayapura already: a month later is a day apart."""
    bonded = line(1, 100_000, bonded_at=datetime(2026, 11, 30, 16, tzinfo=UTC))
    order = OrderFacts(100_000, datetime(2026, 12, 31, tzinfo=UTC), zone=zone)
    terms = Terms((Rule("R", "recurring", rate_bp=1000, months=1),))
    assert bool(worth(terms, order, RINA, [bonded])) is pays


ladders = st.lists(
    st.tuples(st.integers(1, 10**9), st.integers(0, 10_000)), max_size=5, unique_by=lambda s: s[0]
).flatmap(
    lambda rest: st.integers(0, 10_000).map(
        lambda rate: (Step(0, rate), *(Step(a, b) for a, b in sorted(rest)))
    )
)
volumes = st.integers(0, 2 * 10**9)


@given(ladders, volumes, volumes)
def test_parts_re_add_to_the_line(ladder: tuple[Step, ...], before: int, base: int) -> None:
    found = steps.parts(ladder, before, base)
    assert sum(part for part, _ in found) == base
    assert base == 0 or all(part > 0 for part, _ in found)


@given(ladders, volumes, st.lists(volumes, min_size=1, max_size=6))
def test_a_month_cut_into_lines_falls_into_the_same_steps(
    ladder: tuple[Step, ...], before: int, bases: list[int]
) -> None:
    whole: dict[int, int] = {}
    for part, rate in steps.parts(ladder, before, sum(bases)):
        whole[rate] = whole.get(rate, 0) + part
    cut: dict[int, int] = {}
    for base in bases:
        for part, rate in steps.parts(ladder, before, base):
            cut[rate] = cut.get(rate, 0) + part
        before += base
    assert {r: n for r, n in cut.items() if n} == {r: n for r, n in whole.items() if n}


@given(ladders, volumes, st.lists(volumes, min_size=1, max_size=5), st.integers(0, 5),
       st.integers(0, 10_000), st.sampled_from(["marginal", "whole"]))  # fmt: skip
def test_raising_a_rate_never_lowers_a_line(
    ladder: tuple[Step, ...], before: int, bases: list[int], which: int, more: int, mode: str
) -> None:
    i = which % len(ladder)
    higher = max(ladder[i].rate_bp, more)
    raised = (*ladder[:i], replace(ladder[i], rate_bp=higher), *ladder[i + 1 :])
    lines = [line(n, base) for n, base in enumerate(bases, start=1)]
    order, month = OrderFacts(sum(bases), NOON), Month({"T": before})
    low = worth(tiers(mode, ladder), order, RINA, lines, month)
    high = worth(tiers(mode, raised), order, RINA, lines, month)
    for a, b in zip(low, high, strict=True):
        assert a.amount <= b.amount
        assert (a.estimate or 0) <= (b.estimate or 0)
