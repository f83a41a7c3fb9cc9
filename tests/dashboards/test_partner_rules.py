"""A partner's figures put together: sums, calculations, the role that leads."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.partner import rules
from dashboards.partner.rules import Counted


@dataclass(frozen=True)
class Balance:
    pending: int = 0
    held: int = 0
    payable: int = 0
    in_payout: int = 0
    paid: int = 0
    owed_back: int = 0
    written_off: int = 0
    repaid: int = 0
    earned: int = 0


amounts = st.integers(min_value=0, max_value=10**12)


@given(st.lists(st.builds(Balance, *[amounts] * 9), max_size=5))
def test_a_total_is_the_sum_of_its_shops_part_by_part(balances: list[Balance]) -> None:
    sums = rules.added(balances)
    assert sums == {part: sum(getattr(b, part) for b in balances) for part in rules.PARTS}


@pytest.mark.parametrize(
    ("roles", "leading"),
    [
        ([], "reseller"),
        (["follower"], "follower"),
        (["follower", "buzzer", "buzzer"], "buzzer"),
        (["influencer", "reseller"], "reseller"),
        (["buzzer", "influencer"], "influencer"),
    ],
)
def test_the_most_frequent_role_leads(roles: list[str], leading: str) -> None:
    assert rules.leading_role(roles) == leading


@pytest.mark.parametrize(("text", "style"), [("2", 2), ("", 1), ("4", 1), ("²", 1), ("x", 1)])
def test_an_unknown_style_is_the_first(text: str, style: int) -> None:
    assert rules.style_of(text) == style


def counted(**more: object) -> Counted:
    given_: dict[str, object] = {
        "kind": "percent", "amount": 20_000, "base": 200_000, "rate_bp": 1000, "share_bp": 10_000,
        "item_quantity": 2, "item_price": 110_000, "item_base": 200_000,
    }  # fmt: skip
    return Counted(**(given_ | more))  # type: ignore[arg-type]


def test_the_gross_is_shown_only_where_the_line_explains_the_base() -> None:
    assert rules.gross(counted()) == 220_000
    assert rules.gross(counted(item_base=180_000)) is None
    assert rules.gross(counted(share_bp=5000)) is None
    assert rules.gross(counted(is_amendment=True)) is None


def test_a_limit_is_told_from_other_notes() -> None:
    assert rules.is_capped(["month_cap"])
    assert not rules.is_capped(["something"])
    assert not rules.is_capped([])


def test_only_a_waiting_commission_names_its_day() -> None:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    assert rules.until("pending", at) == at
    assert rules.until("payable", at) is None
    assert rules.until("pending", None) is None


@pytest.mark.parametrize(
    ("so_far", "limit", "percent"),
    [(0, None, None), (5, 0, None), (50, 200, 25), (300, 200, 100), (-5, 200, 0)],
)
def test_a_part_of_the_limit_stays_within_it(
    so_far: int, limit: int | None, percent: int | None
) -> None:
    assert rules.of_limit(so_far, limit) == percent


def test_parts_are_most_first_and_leave_out_nothings() -> None:
    assert rules.parts_of({"scan": 1, "link": 3, "coupon": 0}) == [("link", 3, 75), ("scan", 1, 25)]
    assert rules.parts_of({}) == []
    assert rules.parts_of({"link": 0}) == []
