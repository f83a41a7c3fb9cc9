"""The rules of decisions and signals, as tables and laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.review import rules
from referrals.review.rules import Bought

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "state", "rest", "code"),
    [
        ("hold", "pending", 1, None),
        ("hold", "payable", 1, None),
        ("hold", "held", 1, "commission_held"),
        ("hold", "pending", 0, "commission_empty"),
        ("hold", "rejected", 1, "commission_rejected"),
        ("unhold", "held", 0, None),
        ("unhold", "pending", 1, "commission_not_held"),
        ("unhold", "rejected", 1, "commission_rejected"),
        ("reject", "held", 1, None),
        ("reject", "payable", 1, None),
        ("reject", "held", 0, "commission_empty"),
    ],
)
def test_what_a_state_allows(act: str, state: str, rest: int, code: str | None) -> None:
    assert rules.refusal(act, state, rest) == code


@pytest.mark.parametrize(
    ("state", "reason", "may"),
    [
        ("held", "fraud", True),
        ("rejected", "self_referral", True),
        ("rejected", "recredited", False),
        ("rejected", None, False),
        ("pending", None, False),
    ],
)
def test_what_may_be_appealed(state: str, reason: str | None, may: bool) -> None:
    assert rules.appealable(state, reason) is may


def test_an_appeal_has_thirty_days_from_the_decision_or_else_from_the_start() -> None:
    assert rules.appeal_until(NOW, NOW - timedelta(days=9)) == NOW + timedelta(days=30)
    assert rules.appeal_until(None, NOW) == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("seconds", "micro", "fast"),
    [(0, 0, True), (15, 1, False), (14, 0, True), (15, 0, False), (-1, 0, True), (-2, 0, False)],
)
def test_fast_is_fifteen_seconds_with_a_whole_second_judged_at_its_end(
    seconds: int, micro: int, fast: bool
) -> None:
    placed = NOW + timedelta(seconds=seconds, microseconds=micro)
    assert rules.is_fast(NOW, placed) is fast


@given(st.lists(st.integers(-100_000, 100_000), max_size=20))
def test_orders_are_counted_within_a_day_and_each_once(offsets: list[int]) -> None:
    own = Bought("own", NOW, "b")
    others = [Bought(str(i), NOW + timedelta(seconds=o), "b") for i, o in enumerate(offsets)]
    within = sum(-86_400 < o <= 0 for o in offsets)
    assert rules.many_orders(own, [*others, own, *others]) == within + 1


def test_buyers_of_an_hour_are_counted_once_and_unknown_ones_each() -> None:
    own = Bought("own", NOW, "a")
    others = [
        Bought("1", NOW, "a"),
        Bought("2", NOW, None),
        Bought("3", NOW, None),
        Bought("4", NOW - timedelta(hours=1), "b"),
        Bought("5", NOW + timedelta(seconds=1), "c"),
    ]
    assert rules.buyers_of_hour(own, others) == 3


def test_evidence_grows_by_its_lists() -> None:
    before = {"n": 5, "orders": ["A", "B"], "kept": True}
    assert rules.merged(before, {"n": 6, "orders": ["B", "C"]}) == {
        "n": 6,
        "orders": ["A", "B", "C"],
        "kept": True,
    }
    many = rules.merged({"orders": [str(n) for n in range(30)]}, {"orders": ["x"]})["orders"]
    assert isinstance(many, list)
    assert (len(many), many[-1]) == (rules.MAX_LISTED, "x")


def test_every_signal_holds_with_a_reason_of_the_list() -> None:
    assert set(rules.HOLDS_AS) == set(rules.SIGNALS)
    assert set(rules.HOLDS_AS.values()) <= set(rules.HOLD_REASONS)
