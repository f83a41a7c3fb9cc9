"""Payout rules: netting, minimum, reasons, hashes, outcomes and their entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.ledger import accounts
from jejaring.ledger.rules import Move, changes
from jejaring.payouts import rules
from jejaring.payouts.rules import ItemFacts, MethodFacts, PayoutFacts

GOOD = MethodFacts("mtd_1", False)
NONE = MethodFacts(None, False)
WAITING = MethodFacts("mtd_1", True)


def one(rest: int, owed: int = 0, method: MethodFacts = GOOD, minimum: int = 10_000) -> rules.Plan:
    items = [ItemFacts("itm_1", "org_r", rest), ItemFacts("itm_0", "org_r", 0)]
    return rules.plan(items, {"org_r": owed}, {"org_r": method}, minimum)


@pytest.mark.parametrize(
    ("rest", "owed", "method", "reason"),
    [
        (9_999, 0, GOOD, "below_minimum"),
        (20_000, 10_001, GOOD, "below_minimum"),
        (20_000, 20_000, GOOD, "nothing_left"),
        (20_000, 30_000, GOOD, "nothing_left"),
        (20_000, 0, NONE, "no_method"),
        (20_000, 0, WAITING, "method_waiting"),
        (20_000, 0, MethodFacts(None, True), "method_waiting"),
        (9_000, 0, NONE, "below_minimum"),
    ],
)
def test_who_is_skipped_and_why(rest: int, owed: int, method: MethodFacts, reason: str) -> None:
    plan = one(rest, owed, method)
    assert plan.payouts == ()
    assert plan.skipped == (rules.Skipped("org_r", rest, reason),)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rest", "owed", "net"), [(10_000, 0, 10_000), (20_000, 10_000, 10_000)])
def test_a_payout_is_gross_less_what_is_netted(rest: int, owed: int, net: int) -> None:
    (paid,) = one(rest, owed).payouts
    assert (paid.gross, paid.netted, paid.tax, paid.fee, paid.net) == (rest, owed, 0, 0, net)
    assert [item.id for item in paid.items] == ["itm_1"]


def test_a_single_rupiah_is_paid_where_the_minimum_allows_it() -> None:
    assert [paid.net for paid in one(1, minimum=0).payouts] == [1]


def test_a_partner_without_a_known_method_has_none() -> None:
    plan = rules.plan([ItemFacts("itm_1", "org_r", 20_000)], {}, {}, 0)
    assert plan.skipped[0].reason == "no_method"


def test_an_empty_run_has_zero_totals() -> None:
    assert rules.totals(rules.plan([], {}, {}, 0).payouts) == rules.Totals(0, 0, 0, 0, 0)


ITEMS = st.lists(
    st.builds(
        ItemFacts,
        st.uuids().map(str),
        st.sampled_from(["org_a", "org_b", "org_c"]),
        st.integers(0, 10**9),
    ),
    unique_by=lambda item: item.id,
)
OWED = st.dictionaries(st.sampled_from(["org_a", "org_b"]), st.integers(0, 10**9))
METHODS = st.dictionaries(
    st.sampled_from(["org_a", "org_b", "org_c"]), st.sampled_from([GOOD, NONE, WAITING])
)


@given(ITEMS, OWED, METHODS, st.integers(0, 10**6))
def test_everything_payable_is_either_paid_or_skipped(
    items: list[ItemFacts], owed: dict[str, int], methods: dict[str, MethodFacts], minimum: int
) -> None:
    plan = rules.plan(items, owed, methods, minimum)
    total = sum(p.gross for p in plan.payouts) + sum(s.amount for s in plan.skipped)
    assert total == sum(item.rest for item in items)
    for paid in plan.payouts:
        assert paid.net == paid.gross - paid.netted > 0
        assert paid.net >= minimum
        assert paid.netted == owed.get(paid.partner_id, 0)
    assert rules.totals(plan.payouts).gross == sum(p.gross for p in plan.payouts)


@given(ITEMS, OWED)
def test_the_order_of_items_does_not_change_the_plan(
    items: list[ItemFacts], owed: dict[str, int]
) -> None:
    methods = dict.fromkeys(["org_a", "org_b", "org_c"], GOOD)
    one_way = rules.plan(items, owed, methods, 0).payouts
    other_way = rules.plan(items[::-1], owed, methods, 0).payouts
    assert rules.lines_hash(one_way) == rules.lines_hash(other_way)


def test_a_changed_line_netting_or_method_changes_the_hash() -> None:
    hashes = {
        rules.lines_hash(plan.payouts)
        for plan in (
            one(20_000),
            one(20_001),
            one(20_000, 5),
            one(20_000, method=MethodFacts("mtd_2", False)),
        )
    }
    assert len(hashes) == 4


def test_a_run_that_waits_for_approval_is_found_unchanged_by_any_later_version() -> None:
    known = "9ead6aa07709fac948b4376e04d3dff43af077fa8588c7a0faca5a41e973907b"
    assert rules.lines_hash(one(20_000, 5).payouts) == known


@pytest.mark.parametrize(
    ("net", "limit", "maker", "approver", "needed"),
    [
        (100, None, "usr_a", "usr_a", False),
        (100, 100, "usr_a", "usr_a", False),
        (101, 100, "usr_a", "usr_a", True),
        (101, 100, "usr_a", "usr_b", False),
    ],
)
def test_who_may_approve(
    net: int, limit: int | None, maker: str, approver: str, needed: bool
) -> None:
    assert rules.needs_second_person(net, limit, maker, approver) is needed


@pytest.mark.parametrize(
    ("state", "outcome", "wanted"),
    [
        ("approved", "paid", ("success",)),
        ("sending", "paid", ("success",)),
        ("approved", "failed", ("fail",)),
        ("approved", "returned", ("success", "return")),
        ("returned", "failed", ()),
        ("sending", "failed", ("fail",)),
        ("sending", "returned", ("success", "return")),
        ("succeeded", "failed", ("return",)),
        ("succeeded", "returned", ("return",)),
        ("succeeded", "paid", ()),
        ("failed", "failed", ()),
        ("returned", "returned", ()),
        ("failed", "paid", None),
        ("failed", "returned", None),
        ("returned", "paid", None),
        ("cancelled", "paid", None),
        ("cancelled", "failed", None),
    ],
)
def test_what_an_outcome_makes_of_a_state(
    state: str, outcome: rules.Outcome, wanted: tuple[str, ...] | None
) -> None:
    assert rules.steps(state, outcome) == wanted


def test_the_state_after_each_step() -> None:
    assert [rules.reached(step) for step in ("success", "fail", "return")] == [
        "succeeded",
        "failed",
        "returned",
    ]


def test_what_each_step_posts() -> None:
    payout = PayoutFacts("pay_1", "org_r", 100, 10, 3, 2, 85)
    p = "partner:org_r"
    assert rules.reserve_moves(payout) == (
        Move(f"{p}:payable", f"{p}:owed_back", 10),
        Move(f"{p}:payable", f"{p}:in_payout", 90),
    )
    assert rules.step_moves("fail", payout) == (Move(f"{p}:in_payout", f"{p}:payable", 90),)
    assert rules.step_moves("return", payout) == (
        Move(accounts.CASH_OUT, f"{p}:payable", 85),
        Move(accounts.TAX_PPH21, f"{p}:payable", 3),
    )
    assert rules.step_moves("success", payout) == (
        Move(f"{p}:in_payout", accounts.TAX_PPH21, 3),
        Move(f"{p}:in_payout", accounts.CASH_OUT, 85),
        Move(f"{p}:in_payout", accounts.EXPENSE_BANK_FEE, 2),
    )


MONEY = st.integers(0, 10**9)


@given(MONEY, MONEY, MONEY, st.integers(1, 10**9))
def test_every_path_of_a_payout_leaves_its_in_payout_empty(
    netted: int, tax: int, fee: int, net: int
) -> None:
    gross = net + netted + tax + fee
    payout = PayoutFacts("pay_1", "org_r", gross, netted, tax, fee, net)
    reserved = changes(rules.reserve_moves(payout))
    assert reserved["partner:org_r:payable"] == -gross
    for path in (("success",), ("fail",), ("success", "return")):
        after = dict(reserved)
        for step in path:
            for account, change in changes(rules.step_moves(step, payout)).items():  # type: ignore[arg-type]
                after[account] = after.get(account, 0) + change
        assert sum(after.values()) == 0
        assert after["partner:org_r:in_payout"] == 0
        if path[-1] != "success":
            back = payout.freed(path[-1])
            assert after["partner:org_r:payable"] == back - gross


def test_a_bank_reference_fits_the_bank() -> None:
    assert rules.bank_reference("261124", "ab2cd3ef") == "JJ261124-AB2CD3EF"
    assert len(rules.bank_reference("261124", "a" * 40)) == 18
