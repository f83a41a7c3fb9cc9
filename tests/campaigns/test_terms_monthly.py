"""A month that is over: tables of cases, and what must hold of any month."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms import monthly, steps
from campaigns.terms.monthly import Month, Sold
from campaigns.terms.rules import Rule
from campaigns.terms.steps import Step

LADDER = (Step(0, 500), Step(300_000, 1_000))


def tiers(mode: str = "marginal", **more: Any) -> Rule:
    return Rule("T", "tiers", mode=mode, steps=LADDER, **more)


def sold(rule: Rule, *bases: int, **more: Any) -> list[Sold]:
    return [Sold(f"sal_{n}", rule, base, **more) for n, base in enumerate(bases)]


@pytest.mark.parametrize(
    ("lines", "month"),
    [
        ([], Month(0, 0, 0)),
        (sold(tiers(), 200_000, 200_000), Month(400_000, 2, 25_000)),
        (sold(tiers("whole"), 200_000, 200_000), Month(400_000, 2, 40_000)),
        (sold(tiers("whole"), 200_000), Month(200_000, 1, 10_000)),
        (sold(tiers(max_per_order=12_000), 200_000, 200_000), Month(400_000, 2, 22_000)),
        (sold(tiers(max_per_partner_month=20_000), 200_000, 200_000), Month(400_000, 2, 20_000)),
        (sold(tiers(), 200_000, 200_000, earned=7_000, short=True), Month(400_000, 2, 14_000)),
        ([Sold("a", tiers(max_per_order=9_000), 100_000)] * 2, Month(200_000, 1, 9_000)),
    ],
)
def test_tiers_of_a_month(lines: list[Sold], month: Month) -> None:
    assert monthly.tiers(lines) == month


BY_SALES = Rule("B", "bonus", amount=50_000, at_sales=2)
BY_VOLUME = Rule("B", "bonus", amount=50_000, at_volume=300_000, max_per_partner_month=40_000)
LOWER = Rule("B", "bonus", amount=10_000, at_sales=2)


@pytest.mark.parametrize(
    ("lines", "month"),
    [
        ([], Month(0, 0, 0)),
        (sold(BY_SALES, 1, 1), Month(2, 2, 50_000)),
        (sold(BY_SALES, 1), Month(1, 1, 0)),
        ([Sold("a", BY_SALES, 1), Sold("a", BY_SALES, 1)], Month(2, 1, 0)),
        (sold(BY_VOLUME, 200_000, 100_000), Month(300_000, 2, 40_000)),
        (sold(BY_VOLUME, 299_999), Month(299_999, 1, 0)),
        ([*sold(BY_SALES, 1, 1), Sold("z", LOWER, 1)], Month(3, 3, 50_000)),
        ([Sold("z", BY_SALES, 1), *sold(LOWER, 1)], Month(2, 2, 10_000)),
        (sold(Rule("B", "bonus"), 1), Month(1, 1, 0)),
        (sold(Rule("B", "bonus", at_sales=1), 1), Month(1, 1, 0)),
    ],
)
def test_a_bonus_is_earned_by_the_order_that_reaches_it(lines: list[Sold], month: Month) -> None:
    assert monthly.bonus(lines) == month


bases = st.lists(st.integers(0, 10**8), max_size=6)


@given(bases)
def test_marginal_lines_pay_what_they_would_one_after_the_other(found: list[int]) -> None:
    lines = sold(tiers(), *found)
    one_by_one = [
        steps.paid(steps.parts(LADDER, before, line.base))
        for before, line in zip(monthly.befores(lines), lines, strict=True)
    ]
    assert monthly.tiers(lines).due == sum(one_by_one)


@given(bases, st.integers(0, 10**8))
def test_more_sales_never_earn_less(found: list[int], more: int) -> None:
    for rule in (tiers(), tiers("whole")):
        fewer = monthly.tiers(sold(rule, *found)).due
        assert fewer <= monthly.tiers(sold(rule, *found, more)).due
