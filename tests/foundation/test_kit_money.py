"""Money: rounding half up, parts that re-add to the whole, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit.money import FULL_BP, MAX_AMOUNT, half_up, percent, percent_of, rupiah, split

amounts = st.integers(0, MAX_AMOUNT)
rates = st.integers(0, FULL_BP)
weights = st.lists(st.integers(0, MAX_AMOUNT), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("numerator", "denominator", "whole"),
    [(0, 1, 0), (1, 2, 1), (1, 3, 0), (2, 3, 1), (3, 2, 2), (5, 2, 3), (49, 100, 0), (50, 100, 1)],
)
def test_halves_round_up(numerator: int, denominator: int, whole: int) -> None:
    assert half_up(numerator, denominator) == whole


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -1)])
def test_rounding_refuses_what_has_no_rule(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="half_up needs"):
        half_up(numerator, denominator)


@given(st.integers(0, 10**20), st.integers(1, 10**9))
def test_rounding_is_off_by_half_at_most(numerator: int, denominator: int) -> None:
    doubled = 2 * half_up(numerator, denominator) * denominator - 2 * numerator
    assert -denominator < doubled <= denominator


@given(amounts, amounts, rates, rates)
def test_more_money_or_a_higher_rate_never_pays_less(a: int, b: int, r: int, s: int) -> None:
    assert percent_of(min(a, b), min(r, s)) <= percent_of(max(a, b), max(r, s))


@given(amounts)
def test_all_of_it_is_all_of_it_and_none_is_none(amount: int) -> None:
    assert percent_of(amount, FULL_BP) == amount
    assert percent_of(amount, 0) == 0


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # a tie goes to the earlier part
        (10, [0, 0], [5, 5]),  # all-zero weights share equally
        (11, [0, 0], [6, 5]),
        (10, [3, 0, 7], [3, 0, 7]),
        (1, [1, 2, 2], [0, 1, 0]),
        (10_000, [40, 20, 40], [4_000, 2_000, 4_000]),
        (0, [5, 5], [0, 0]),
        (0, [], []),
    ],
)
def test_splitting(amount: int, shares: list[int], parts: list[int]) -> None:
    assert split(amount, shares) == parts


@given(amounts, weights)
def test_parts_re_add_to_the_whole(amount: int, shares: list[int]) -> None:
    assert sum(split(amount, shares)) == amount


@given(amounts, weights)
def test_a_part_is_less_than_one_away_from_its_exact_share(amount: int, shares: list[int]) -> None:
    total = sum(shares)
    for part, weight in zip(split(amount, shares), shares, strict=True):
        assert part >= 0
        if total:
            assert abs(part * total - amount * weight) < total
            assert weight or not part


@given(amounts, st.permutations(list(range(1, 8))))
def test_the_order_of_different_weights_does_not_change_their_parts_by_more_than_one(
    amount: int, shares: list[int]
) -> None:
    by_weight = dict(zip(shares, split(amount, shares), strict=True))
    for weight, part in zip(sorted(shares), split(amount, sorted(shares)), strict=True):
        assert abs(by_weight[weight] - part) <= 1


@pytest.mark.parametrize(("amount", "shares"), [(-1, [1]), (1, [1, -1])])
def test_splitting_refuses_negatives(amount: int, shares: list[int]) -> None:
    with pytest.raises(ValueError, match="split needs"):
        split(amount, shares)


def test_something_cannot_be_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to split over"):
        split(1, [])


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0, "Rp0"), (999, "Rp999"), (1_250_000, "Rp1.250.000"), (-18_000, "−Rp18.000")],
)
def test_rupiah_are_written_the_indonesian_way(amount: int, written: str) -> None:
    assert rupiah(amount) == written


def test_rupiah_in_english() -> None:
    assert rupiah(1_250_000, ",") == "Rp1,250,000"


@pytest.mark.parametrize(
    ("rate", "written"),
    [(0, "0%"), (1_000, "10%"), (1_250, "12,5%"), (1_205, "12,05%"), (5, "0,05%"), (50, "0,5%")],
)
def test_rates_are_written_without_needless_zeros(rate: int, written: str) -> None:
    assert percent(rate) == written


def test_rates_in_english() -> None:
    assert percent(1_250, ".") == "12.5%"
