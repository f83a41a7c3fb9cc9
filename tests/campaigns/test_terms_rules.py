"""What a line is worth: tables of cases, and the laws of the domain under hypothesis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.rules import (
    CreditedLine,
    OrderFacts,
    Policy,
    Price,
    Recruiter,
    Rule,
    Terms,
    When,
    Who,
    Worth,
    fold,
    holds,
    worth,
)
from campaigns.terms.stored import read

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
RINA = Who("reseller", "rina", "silver")
ORDER = OrderFacts(370_000, NOON, new_buyer=True)


def line(position: int = 1, base: int = 185_000, **more: Any) -> CreditedLine:
    given: dict[str, Any] = {
        "position": position,
        "sku": "KEMEJA-1",
        "product_id": "prd_1",
        "category": "Batik",
        "quantity": 1,
        "base": base,
        "share_base": base,
    }
    return CreditedLine(**(given | more))


def percent(rate_bp: int, **more: Any) -> Rule:
    return Rule(more.pop("name", "r"), "percent", rate_bp=rate_bp, **more)


def words(*values: str) -> frozenset[str]:
    return frozenset(values)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(), True),
        (When(product_id=words("prd_1", "prd_2")), True),
        (When(product_id=words("prd_2")), False),
        (When(sku=words("KEMEJA-1")), True),
        (When(sku=words("kemeja-1")), False),
        (When(category=words("batik")), True),
        (When(category=words("kopi")), False),
        (When(role=words("reseller", "buzzer")), True),
        (When(role=words("influencer")), False),
        (When(partner=words("rina")), True),
        (When(partner=words("dimas")), False),
        (When(tier=words("silver")), True),
        (When(tier=words("gold")), False),
        (When(channel=words("link")), True),
        (When(channel=words("coupon", "scan")), False),
        (When(item=words("direct")), True),
        (When(item=words("indirect")), False),
        (When(new_buyer=True), True),
        (When(new_buyer=False), False),
        (When(min_line=185_000), True),
        (When(min_line=185_001), False),
        (When(min_order=370_000), True),
        (When(min_order=370_001), False),
        (When(min_quantity=1), True),
        (When(min_quantity=2), False),
        (When(from_=NOON), True),
        (When(from_=NOON + timedelta(seconds=1)), False),
        (When(until=NOON), False),
        (When(until=NOON + timedelta(seconds=1)), True),
        (When(role=words("reseller"), tier=words("gold")), False),
    ],
)
def test_each_condition_holds_or_not(when: When, expected: bool) -> None:
    assert holds(when, ORDER, RINA, line()) is expected


@pytest.mark.parametrize("wanted", [True, False])
def test_a_condition_on_the_buyer_never_holds_for_an_unknown_one(wanted: bool) -> None:
    unknown = replace(ORDER, new_buyer=None)
    assert not holds(When(new_buyer=wanted), unknown, RINA, line())


def test_a_line_without_a_product_meets_no_condition_on_one() -> None:
    assert not holds(When(product_id=words("prd_1")), ORDER, RINA, line(product_id=None))


def test_the_first_rule_that_holds_decides_each_line() -> None:
    terms = Terms((percent(1500, name="kopi", when=When(category=words("kopi"))), percent(1000)))
    rows = worth(terms, ORDER, RINA, [line(1), line(2, category=" KOPI ")])
    assert [(r.position, r.rule_index, r.rule, r.rate_bp, r.amount) for r in rows] == [
        (1, 1, "r", 1000, 18_500),
        (2, 0, "kopi", 1500, 27_750),
    ]


def test_a_line_that_no_rule_matches_is_absent() -> None:
    terms = Terms((percent(1000, when=When(min_quantity=5)),))
    assert worth(terms, ORDER, RINA, [line()]) == ()
    assert worth(terms, ORDER, RINA, []) == ()


def test_a_zero_rate_pays_zero_and_stops_later_rules() -> None:
    rows = worth(Terms((percent(0), percent(1000))), ORDER, RINA, [line()])
    assert [(r.rule_index, r.amount) for r in rows] == [(0, 0)]


def test_percent_is_of_the_share_and_half_up() -> None:
    rows = worth(Terms((percent(1000),)), ORDER, RINA, [line(share_base=92_505, share_bp=5000)])
    assert (rows[0].base, rows[0].amount) == (92_505, 9_251)


def test_per_item_pays_each_piece_and_its_share() -> None:
    terms = Terms((Rule("r", "per_item", amount=2_501),))
    rows = worth(terms, ORDER, RINA, [line(1, quantity=3), line(2, quantity=1, share_bp=5000)])
    assert [r.amount for r in rows] == [7_503, 1_251]


def test_a_line_never_earns_more_per_item_than_the_largest_amount() -> None:
    terms = Terms((Rule("r", "per_item", amount=10**12),))
    (row,) = worth(terms, ORDER, RINA, [line(quantity=100_000)])
    assert row.amount == 10**12


def test_per_order_is_paid_once_and_spread_by_base() -> None:
    terms = Terms((Rule("r", "per_order", amount=10_000),))
    rows = worth(terms, ORDER, RINA, [line(1, 100), line(2, 100), line(3, 100)])
    assert [r.amount for r in rows] == [3_334, 3_333, 3_333]
    assert all(r.kind == "per_order" and r.rate_bp is None for r in rows)


def test_a_fixed_amount_is_kept_beside_what_it_came_to() -> None:
    for kind in ("per_item", "per_order"):
        (row,) = worth(Terms((Rule("r", kind, amount=2_501),)), ORDER, RINA, [line(quantity=3)])
        assert row.each == 2_501
    (row,) = worth(Terms((percent(1_000),)), ORDER, RINA, [line()])
    assert row.each is None


def test_per_order_over_free_lines_is_spread_evenly() -> None:
    terms = Terms((Rule("r", "per_order", amount=1_000),))
    rows = worth(terms, replace(ORDER, base=0), RINA, [line(1, 0), line(2, 0)])
    assert [r.amount for r in rows] == [500, 500]


def test_a_limit_per_order_is_spread_by_what_each_line_would_have_paid() -> None:
    terms = Terms((percent(1000, max_per_order=10_000),))
    rows = worth(terms, ORDER, RINA, [line(1, 300_000), line(2, 100_000)])
    assert [(r.amount, r.notes) for r in rows] == [
        (7_500, ("max_per_order",)),
        (2_500, ("max_per_order",)),
    ]
    below = worth(terms, ORDER, RINA, [line(1, 100_000)])
    assert [(r.amount, r.notes) for r in below] == [(10_000, ())]


def test_a_limit_of_zero_pays_nothing() -> None:
    rows = worth(Terms((percent(1000, max_per_order=0),)), ORDER, RINA, [line()])
    assert [(r.amount, r.notes) for r in rows] == [(0, ("max_per_order",))]


def test_read_fills_in_the_defaults() -> None:
    terms = read({"rules": [{"name": "a", "pay": {"kind": "percent", "rate_bp": 0}}]})
    assert terms == Terms((percent(0, name="a"),))
    assert (terms.hold_days, terms.attribution) == (7, Policy("last_touch", 30, True))
    assert read({"rules": [], "recruiter": {"rate_bp": 500}}).recruiter == Recruiter(500, 30)
    assert holds(When(tier=words("bronze")), ORDER, Who("buzzer", "dimas"), line())


def test_read_takes_everything_that_is_said() -> None:
    terms = read(
        {
            "attribution": {"model": "first_touch", "window_days": 7, "coupon_beats_click": False},
            "hold_days": 0,
            "bond_days": None,
            "max_per_partner_month": 5,
            "buyer_discount": {"kind": "percent", "rate_bp": 500},
            "rules": [
                {
                    "name": "a",
                    "when": {
                        "category": ["Batik  Tulis"],
                        "item": "direct",
                        "new_buyer": False,
                        "min_order": 9,
                        "from": "2026-11-24T12:00:00+07:00",
                        "until": None,
                    },
                    "pay": {"kind": "per_item", "amount": 3},
                    "max_per_order": 0,
                    "max_per_partner_month": 4,
                }
            ],
        }
    )
    when = When(
        category=words("batik tulis"),
        item=words("direct"),
        new_buyer=False,
        min_order=9,
        from_=NOON,
    )
    rule = Rule("a", "per_item", when, amount=3, max_per_order=0, max_per_partner_month=4)
    assert terms == Terms((rule,), Policy("first_touch", 7, False), 0, 5, 0, 500)


def test_how_much_a_rule_asks() -> None:
    assert When().asks == 0
    assert When(new_buyer=False, role=words("buzzer"), min_order=1).asks == 3


def test_categories_are_compared_folded() -> None:
    assert fold("  Batik   TULIS ") == "batik tulis"


bases = st.integers(0, 10**9)
line_lists = st.lists(bases, min_size=1, max_size=8).map(
    lambda found: [line(i, base, quantity=i) for i, base in enumerate(found, start=1)]
)


@given(line_lists, st.integers(0, 10_000), st.integers(0, 10_000))
def test_raising_a_rate_never_lowers_a_line(
    lines: list[CreditedLine], one: int, other: int
) -> None:
    low, high = sorted((one, other))
    before = worth(Terms((percent(low),)), ORDER, RINA, lines)
    after = worth(Terms((percent(high),)), ORDER, RINA, lines)
    assert all(a.amount <= b.amount for a, b in zip(before, after, strict=True))


@given(line_lists, st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10**9))
def test_raising_a_rate_under_a_limit_never_lowers_the_order(
    lines: list[CreditedLine], one: int, other: int, limit: int
) -> None:
    low, high = sorted((one, other))
    before = worth(Terms((percent(low, max_per_order=limit),)), ORDER, RINA, lines)
    after = worth(Terms((percent(high, max_per_order=limit),)), ORDER, RINA, lines)
    assert sum(r.amount for r in before) <= sum(r.amount for r in after) <= limit


@given(line_lists, st.integers(0, 10**9))
def test_an_amount_per_order_re_adds_over_its_lines(lines: list[CreditedLine], amount: int) -> None:
    rows = worth(Terms((Rule("r", "per_order", amount=amount),)), ORDER, RINA, lines)
    assert sum(r.amount for r in rows) == amount


@given(line_lists, st.integers(0, 10_000), st.integers(0, 10**7))
def test_a_limit_takes_no_more_than_is_over(
    lines: list[CreditedLine], rate: int, limit: int
) -> None:
    free = worth(Terms((percent(rate),)), ORDER, RINA, lines)
    tied = worth(Terms((percent(rate, max_per_order=limit),)), ORDER, RINA, lines)
    assert sum(r.amount for r in tied) == min(limit, sum(r.amount for r in free))


@given(bases, st.integers(1, 9_999), st.integers(0, 10_000))
def test_shares_of_a_line_earn_what_the_line_would_within_a_rupiah(
    base: int, share_bp: int, rate: int
) -> None:
    mine = base * share_bp // 10_000
    parts = [
        line(1, base, share_base=mine, share_bp=share_bp),
        line(1, base, share_base=base - mine, share_bp=10_000 - share_bp),
    ]
    terms = Terms((percent(rate),))
    whole = worth(terms, ORDER, RINA, [line(1, base)])[0].amount
    split = sum(worth(terms, ORDER, RINA, [part])[0].amount for part in parts)
    assert abs(split - whole) <= 1


@given(line_lists)
def test_a_zero_rate_pays_zero_for_every_line(lines: list[CreditedLine]) -> None:
    rows = worth(Terms((percent(0),)), ORDER, RINA, lines)
    assert [r.amount for r in rows] == [0] * len(lines)


PRICE = Price(80_000, 90_000, 120_000)


@pytest.mark.parametrize(
    ("unit_price", "base", "amounts"),
    [
        (100_000, 200_000, [16_000, 40_000]),
        (100_000, 150_000, [15_000, 0]),
        (80_000, 160_000, [16_000, 0]),
        (90_000, 180_000, [16_000, 20_000]),
        (120_000, 240_000, [16_000, 80_000]),
        (130_000, 260_000, [16_000, 0]),
    ],
)
def test_a_resellers_margin_is_a_row_of_its_own(
    unit_price: int, base: int, amounts: list[int]
) -> None:
    terms = Terms((percent(1000),), prices={"prd_1": PRICE})
    sold = line(1, base, quantity=2, unit_price=unit_price)
    rows = worth(terms, ORDER, RINA, [sold])
    assert [r.amount for r in rows] == amounts
    outside = not 90_000 <= unit_price <= 120_000
    assert rows[1].notes == (("price_outside",) if outside else ())
    above = base - min(base, 160_000)
    assert rows[1] == Worth(1, -2, "margin", "margin", above, None, amounts[1], rows[1].notes)
    assert [r.kind for r in worth(terms, ORDER, Who("buzzer", "rina"), [sold])] == ["percent"]


@given(st.integers(1, 9_999), st.integers(80_000, 10**7), st.integers(1, 50))
def test_shares_of_a_margin_re_add(share_bp: int, unit_price: int, quantity: int) -> None:
    terms = Terms((percent(0),), prices={"prd_1": Price(80_000, 0, 10**7)})
    base = unit_price * quantity
    whole = line(1, base, quantity=quantity, unit_price=unit_price)
    parts = [
        replace(whole, share_bp=share_bp),
        replace(whole, share_bp=10_000 - share_bp, share_from_bp=share_bp),
    ]
    margins = [worth(terms, ORDER, RINA, [part])[1].amount for part in parts]
    assert sum(margins) == (unit_price - 80_000) * quantity


def test_an_event_rule_decides_no_line() -> None:
    bonus = Rule("b", "bonus", amount=5, at_sales=1)
    rows = worth(Terms((bonus, percent(1000))), ORDER, RINA, [line()])
    assert [r.rule_index for r in rows] == [1]
