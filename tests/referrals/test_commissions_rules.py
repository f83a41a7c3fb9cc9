"""What is owed, as arithmetic: limits, refunds, keys, moves; tables and laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.rules import MARGIN_INDEX, Rule, Terms, Worth
from jejaring.ledger.rules import changes
from referrals.commissions import rules
from referrals.commissions.rules import ClickFee, LineNow, PaidClick

T = datetime(2026, 11, 24, 3, tzinfo=UTC)


def worth(amount: int, index: int = 0, position: int = 1) -> Worth:
    return Worth(position, index, f"r{index}", "percent", 0, 1000, amount)


def terms(overall: int | None, *caps: int | None) -> Terms:
    made = tuple(
        Rule(f"r{i}", "percent", rate_bp=1000, max_per_partner_month=cap)
        for i, cap in enumerate(caps)
    )
    return Terms(made, max_per_partner_month=overall)


@pytest.mark.parametrize(
    ("overall", "caps", "so_far", "amounts", "notes"),
    [
        (None, (None, None), {}, [100, 200], [(), ()]),
        (None, (50, None), {}, [50, 200], [("month_cap",), ()]),
        (None, (100, None), {"r0": 70}, [30, 200], [("month_cap",), ()]),
        (150, (None, None), {}, [50, 100], [("month_cap",), ("month_cap",)]),
        (150, (None, None), {"r9": 150}, [0, 0], [("month_cap",), ("month_cap",)]),
        (150, (None, None), {"r9": 900}, [0, 0], [("month_cap",), ("month_cap",)]),
        (120, (90, None), {}, [37, 83], [("month_cap", "month_cap"), ("month_cap",)]),
    ],
)
def test_month_limits(
    overall: int | None,
    caps: tuple[int | None, ...],
    so_far: dict[str, int],
    amounts: list[int],
    notes: list[tuple[str, ...]],
) -> None:
    found = rules.month_limited([worth(100), worth(200, 1, 2)], terms(overall, *caps), so_far)
    assert [w.amount for w in found] == amounts
    assert [w.notes for w in found] == notes


@pytest.mark.parametrize(
    ("overall", "caps", "index", "so_far", "left"),
    [
        (None, (None,), 0, {"r0": 70}, None),
        (None, (100, 1), 0, {"r0": 70, "r1": 5}, 30),
        (None, (100,), -1, {"r0": 70}, None),
        (90, (100,), -1, {"r0": 70, "recruiter": 5}, 15),
        (90, (100,), 0, {"r0": 70, "r1": 5}, 15),
        (200, (100,), 0, {"r0": 70, "r1": 5}, 30),
        (200, (100,), 0, {"r0": 130}, -30),
    ],
)
def test_what_a_month_has_left_for_one_rule(
    overall: int | None, caps: tuple[int | None, ...], index: int, so_far: dict[str, int],
    left: int | None,
) -> None:  # fmt: skip
    assert rules.left_in_month(terms(overall, *caps), index, so_far) == left


def test_a_budget_gives_what_is_left() -> None:
    rows = [worth(100), worth(200, 1, 2)]
    assert [w.amount for w in rules.budget_limited(rows, 300)] == [100, 200]
    cut = rules.budget_limited(rows, 100)
    assert [w.amount for w in cut] == [33, 67]
    assert {w.notes for w in cut} == {("budget_spent",)}
    assert rules.budget_limited([], 0) == ()


@given(st.lists(st.integers(0, 10**6), max_size=6), st.none() | st.integers(-5, 10**6))
def test_a_limit_takes_all_that_is_left_and_raises_nobody(
    amounts: list[int], left: int | None
) -> None:
    found = rules.limited(amounts, left)
    assert sum(found) == (sum(amounts) if left is None else min(sum(amounts), max(left, 0)))
    assert all(f <= a for f, a in zip(found, amounts, strict=True))


@pytest.mark.parametrize(
    ("line", "due"),
    [
        (LineNow(100, 0, 1, 0, False), 1_001),
        (LineNow(100, 50, 1, 0, False), 500),
        (LineNow(100, 100, 1, 1, False), 0),
        (LineNow(100, 0, 1, 0, True), 0),
        (LineNow(0, 0, 2, 1, False), 1_001),
        (LineNow(0, 0, 2, 2, False), 0),
    ],
)
def test_what_is_still_due_after_refunds(line: LineNow, due: int) -> None:
    assert rules.still_due(1_001, line) == due


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.lists(st.integers(0, 10**6), max_size=5))
def test_refunds_never_give_back_and_end_at_nothing(
    entitled: int, base: int, refunds: list[int]
) -> None:
    refunded, before = 0, entitled
    for part in [*refunds, base]:
        refunded = min(base, refunded + part)
        due = rules.still_due(entitled, LineNow(base, refunded, 1, 0, False))
        assert 0 <= due <= before
        before = due
    assert before == 0


@given(st.integers(0, 100), st.lists(st.integers(0, 30), max_size=4))
def test_a_reversal_is_spread_over_what_is_left(amount: int, rests: list[int]) -> None:
    found = rules.taken_from(amount, rests)
    assert sum(found) == min(amount, sum(rests))
    assert all(0 <= f <= r for f, r in zip(found, rests, strict=True))


def test_when_a_hold_is_over() -> None:
    week = timedelta(days=7)
    assert rules.release_time(None, 7) is None
    assert rules.release_time(T, 7) == T + week
    assert rules.amended_release_time(None, T, 7) is None
    assert rules.amended_release_time(T, T + week, 7) == T + 2 * week
    assert rules.amended_release_time(T + week, T, 7) == T + 2 * week


@pytest.mark.parametrize(
    ("state", "amount", "reversed_amount", "standing", "shown"),
    [
        ("pending", 100, 0, None, "pending"),
        ("pending", 100, 100, None, "reversed"),
        ("pending", 0, 0, None, "pending"),
        ("pending", 1, 1, None, "reversed"),
        ("rejected", 100, 0, None, "rejected"),
        ("rejected", 100, 100, None, "rejected"),
        ("held", 100, 50, None, "held"),
        ("payable", 100, 0, "payable", "payable"),
        ("payable", 100, 0, None, "payable"),
        ("payable", 100, 0, "in_payout", "in_payout"),
        ("payable", 100, 100, "paid", "paid"),
        ("payable", 100, 100, "payable", "reversed"),
    ],
)
def test_what_is_shown(
    state: str, amount: int, reversed_amount: int, standing: str | None, shown: str
) -> None:
    assert rules.shown_state(state, amount, reversed_amount, standing) == shown


def test_keys_are_those_of_the_postings() -> None:
    assert rules.accrual_key("lin_1", "enr_1", 0) == "accrue:lin_1:enr_1:0"
    assert rules.accrual_key("lin_1", "enr_1", 0, "dec_1") == "accrue:lin_1:enr_1:0:dec_1"
    assert rules.recredit_key("com_1", "dec_1") == "recredit:com_1:dec_1"
    assert rules.amend_key("com_1", 3) == "amend:com_1:3"
    assert rules.release_key("com_1", 1) == "release:com_1:1"
    assert rules.reverse_key("com_1", rules.cause_of_version(3)) == "reverse:com_1:v3"
    assert rules.reinstate_key("com_1", "ref_1") == "reinstate:com_1:ref_1"


def test_moves() -> None:
    p = "partner:org_1"
    cost = "expense:commission"
    assert changes(rules.accrue_moves("org_1", 5)) == {cost: -5, f"{p}:pending": 5}
    assert rules.accrue_moves("org_1", 0) == ()
    assert changes(rules.release_moves("org_1", 5)) == {f"{p}:pending": -5, f"{p}:payable": 5}
    assert changes(rules.reverse_moves("org_1", "payable", 5, 2)) == {
        f"{p}:payable": -3,
        f"{p}:owed_back": -2,
        cost: 5,
    }
    assert changes(rules.reverse_moves("org_1", "pending", 5)) == {f"{p}:pending": -5, cost: 5}
    assert changes(rules.reinstate_moves("org_1", "held", 5)) == {f"{p}:held": 5, cost: -5}
    assert changes(rules.reinstate_moves("org_1", "payable", 5, 2)) == {
        f"{p}:payable": 3,
        f"{p}:owed_back": 2,
        cost: -5,
    }


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["pending", "held"]))
def test_reversing_and_reinstating_is_identity(amount: int, owed: int, state: str) -> None:
    owed = min(owed, amount)
    moves = rules.reverse_moves("o", state, amount, owed)
    back = rules.reinstate_moves("o", state, amount, owed)
    assert all(value == 0 for value in changes([*moves, *back]).values())


def test_a_resized_worth_keeps_its_rule() -> None:
    assert rules.resized(worth(100), 7) == worth(7)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 10**9))
def test_what_a_line_is_entitled_to_gives_what_is_due(due: int, base: int, refunded: int) -> None:
    line = LineNow(base, min(refunded, base - 1), 1, 0, closed=False)
    assert rules.still_due(rules.entitled_for(due, line), line) == due


def test_a_line_with_nothing_left_is_entitled_to_what_it_has() -> None:
    assert rules.entitled_for(5, LineNow(10, 10, 1, 1, closed=False)) == 5


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_recruiters_share_goes_with_its_parent(amount: int, whole: int, gone: int) -> None:
    left = rules.share_due(amount, (whole, min(gone, whole)), off=False)
    assert 0 <= left <= amount
    assert rules.share_due(amount, (whole, 0), off=False) == amount
    assert rules.share_due(amount, (whole, whole), off=False) == (0 if whole else amount)
    assert rules.share_due(amount, (whole, 0), off=True) == 0


def test_a_share_knows_only_the_limit_over_all_rules() -> None:
    terms = Terms((Rule("r0", "percent", rate_bp=1000, max_per_partner_month=1),))
    assert rules.overall_limited([worth(500)], terms, {"r0": 5})[0].amount == 500
    capped = Terms(terms.rules, max_per_partner_month=100)
    (row,) = rules.overall_limited([worth(500)], capped, {"r0": 30})
    assert (row.amount, row.notes) == (70, ("month_cap",))


def test_the_limit_per_order_holds_for_all_partners_together() -> None:
    made = tuple(
        Rule(name, "percent", rate_bp=1000, max_per_order=limit)
        for name, limit in (("r0", 100), ("r1", 60), ("r2", None))
    )
    rows = [worth(150), worth(150, position=2), worth(30, 1), worth(60, 1), worth(500, 2)]
    rows.append(worth(700, MARGIN_INDEX))
    found = rules.order_limited(rows, Terms(made))
    assert [w.amount for w in found] == [50, 50, 20, 40, 500, 700]
    assert [w.notes for w in found] == [("max_per_order",)] * 4 + [(), ()]
    assert [w.position for w in found] == [1, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("limits", [(100, None), (100, 100), (None, None)])
def test_terms_before_their_limits_per_order(limits: tuple[int | None, ...]) -> None:
    def made(*limits: int | None) -> Terms:
        rules = (Rule("r", "percent", rate_bp=1, max_per_order=limit) for limit in limits)
        return Terms(tuple(rules), hold_days=3, max_per_partner_month=9)

    assert rules.without_order_limits(made(*limits)) == made(None, None)


@pytest.mark.parametrize(
    ("proved", "loose", "fee"),
    [
        ([], [], ClickFee(0)),
        ([300, 200], [], ClickFee(500)),
        ([], [199], ClickFee(199)),
        ([], [100, 100], ClickFee(199, ("no_cookie",))),
        ([300], [50], ClickFee(350)),
        ([800], [199], ClickFee(999)),
        ([801], [199], ClickFee(999, ("max_per_day",))),
        ([900, 200], [500], ClickFee(999, ("no_cookie", "max_per_day"))),
    ],
)
def test_clicks_without_a_cookie_share_a_fifth_of_the_day(
    proved: list[int], loose: list[int], fee: ClickFee
) -> None:
    clicks = [PaidClick(n, True) for n in proved] + [PaidClick(n, False) for n in loose]
    assert rules.click_fee(clicks, 999) == fee
    assert rules.click_fee(clicks[::-1], 999) == fee


def test_a_day_without_a_limit_left_pays_nothing() -> None:
    assert rules.click_fee([PaidClick(200, False)], 0) == ClickFee(0, ("no_cookie",))
    assert rules.click_fee([PaidClick(200, True)], 0) == ClickFee(0, ("max_per_day",))


@given(st.lists(st.booleans(), max_size=50), st.integers(0, 1_000), st.integers(0, 50_000))
def test_clicks_never_pass_the_limits(proved: list[bool], amount: int, most: int) -> None:
    fee = rules.click_fee([PaidClick(amount, one) for one in proved], most)
    assert fee.amount <= most
    assert fee.amount - sum(proved) * amount <= most // 5


def test_a_margin_takes_nothing_of_the_budget() -> None:
    assert rules.of_budget("margin", 5) == 0
    assert rules.of_budget("percent", 5) == 5


def test_every_key_names_what_it_is_of() -> None:
    assert rules.share_key("com_1", "enr_1") == "accrue:com_1:enr_1:recruiter"
    assert rules.click_key("2026-11-24", "enr_1", "K") == "accrue:click-2026-11-24:enr_1:K"
    assert rules.true_up_key("enr_1", "T", "2026-10") == "trueup:enr_1:T:2026-10"
