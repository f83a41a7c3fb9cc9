"""A rule that can never decide a line is found, and who takes its lines is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.reach import hidden_by
from campaigns.terms.rules import ROLES, CreditedLine, OrderFacts, Rule, Terms, When, Who, worth

DAY = datetime(2026, 11, 24, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


def words(*values: str) -> frozenset[str]:
    return frozenset(values)


def rules(*whens: When) -> list[Rule]:
    return [Rule(f"r{i}", "percent", when, rate_bp=1000) for i, when in enumerate(whens)]


@pytest.mark.parametrize(
    ("whens", "hiders"),
    [
        ([When(), When(role=words("buzzer"))], (0,)),
        ([When(role=words("buzzer")), When()], ()),
        ([When(role=words("buzzer")), When(role=words("buzzer", "reseller"))], ()),
        ([When(role=words("buzzer", "reseller")), When(role=words("buzzer"))], (0,)),
        ([When(sku=words("A")), When(sku=words("A"), min_order=5)], (0,)),
        ([When(sku=words("A"), min_order=5), When(sku=words("A"))], ()),
        ([When(min_order=5), When(min_line=5)], (0,)),
        ([When(min_line=5), When(min_order=5)], ()),
        ([When(min_quantity=1), When()], (0,)),
        ([When(from_=DAY), When(from_=LATER)], (0,)),
        ([When(until=LATER), When(from_=LATER), When()], (0, 1)),
        ([When(until=DAY), When(from_=LATER), When()], ()),
        ([When(new_buyer=True), When(new_buyer=False), When()], ()),
        ([*[When(role=words(role)) for role in ROLES], When()], (0, 1, 2, 3)),
        ([When(item=words("direct")), When(item=words("indirect")), When(sku=words("A"))], (0, 1)),
        ([When(sku=words("A")), When(sku=words("B")), When(sku=words("A", "B"))], (0, 1)),
        ([When(sku=words("A")), When(sku=words("B")), When(sku=words("B", "C"))], ()),
        ([When(sku=words("A")), When(category=words("A")), When()], ()),
        ([When(), When(from_=LATER, until=DAY)], ()),
        # Every word that there is asks for nothing.
        ([When(role=words("reseller", "buzzer", "influencer", "follower")), When()], (0,)),
        ([When(tier=words("bronze", "silver", "gold")), When()], (0,)),
        ([When(channel=words("link", "scan", "coupon", "chat", "marketplace")), When()], (0,)),
        ([When(item=words("direct", "indirect")), When()], (0,)),
        ([When(), When(new_buyer=False)], (0,)),
        ([When(until=DAY), When(from_=DAY, until=LATER), When(until=LATER)], (0, 1)),
        ([When(from_=DAY + MICRO), When(from_=DAY)], ()),
        # The first and the second take something; the third finds it taken.
        (
            [
                *[When(sku=words(sku)) for sku in "ABA"],
                *[When(role=words(r)) for r in ROLES],
                When(),
            ],
            (0, 1, 3, 4, 5, 6),
        ),
    ],
)
def test_who_hides_the_last_rule(whens: list[When], hiders: tuple[int, ...]) -> None:
    assert hidden_by(rules(*whens), len(whens) - 1) == hiders


def bonded(months: int | None, when: When | None = None) -> Rule:
    return Rule("bond", "recurring", when or When(), rate_bp=1000, months=months)


@pytest.mark.parametrize(
    ("found", "hiders"),
    [
        ([bonded(6), bonded(3)], (0,)),
        ([bonded(3), bonded(6)], ()),
        ([bonded(3), bonded(None)], ()),
        ([bonded(1), bonded(1)], (0,)),
        ([*rules(When()), bonded(6)], (0,)),
        ([bonded(6), *rules(When())], ()),
        ([bonded(None), bonded(1)], ()),
        # A bond counts to its own end only, so two rules take the rest of the month.
        (
            [
                bonded(3, When(until=LATER)),
                *rules(When(until=DAY), When(from_=DAY, until=LATER), When(until=LATER)),
            ],
            (0, 1, 2),
        ),
        ([*rules(When()), Rule("b", "bonus", amount=5, at_sales=1)], ()),
        ([Rule("b", "bonus", amount=5, at_sales=1), *rules(When())], ()),
    ],
)
def test_what_a_bond_pays_is_hidden_by_what_lasts_as_long(
    found: list[Rule], hiders: tuple[int, ...]
) -> None:
    assert hidden_by(found, len(found) - 1) == hiders


def test_past_many_pieces_the_rule_is_kept() -> None:
    many = [
        When(
            sku=words(f"S{i}"),
            category=words(f"c{i}"),
            partner=words(f"p{i}"),
            min_order=i,
            min_quantity=i,
        )
        for i in range(1, 40)
    ]
    assert hidden_by(rules(*many, When()), len(many)) == ()


whens = st.builds(
    When,
    role=st.none() | st.frozensets(st.sampled_from(ROLES), min_size=1),
    sku=st.none() | st.frozensets(st.sampled_from("AB"), min_size=1),
    new_buyer=st.sampled_from([None, True, False]),
    min_order=st.sampled_from([0, 5]),
    min_line=st.sampled_from([0, 5]),
    min_quantity=st.sampled_from([0, 2]),
)
SALES = [
    (role, sku, new, order_base, line_base, quantity)
    for role in ROLES
    for sku in "ABC"
    for new in (True, False, None)
    for order_base, line_base in ((0, 0), (5, 0), (5, 5))
    for quantity in (1, 2)
]


@given(st.lists(whens, min_size=1, max_size=5))
def test_a_rule_is_hidden_exactly_when_it_decides_no_sale(found: list[When]) -> None:
    made = rules(*found)
    decided: set[int] = set()
    for role, sku, new, order_base, line_base, quantity in SALES:
        values: dict[str, Any] = {"product_id": None, "category": "", "share_base": line_base}
        one = CreditedLine(1, sku, quantity=quantity, base=line_base, **values)
        order = OrderFacts(order_base, DAY, new)
        decided |= {w.rule_index for w in worth(Terms(tuple(made)), order, Who(role, "x"), [one])}
    for index in range(len(made)):
        assert bool(hidden_by(made, index)) is (index not in decided)
