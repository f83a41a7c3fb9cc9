"""The machine: what people, shops and banks do, in any order, to the product and to the model.

`by` chooses: a plain `Random`, or hypothesis, which can tell a shorter story of what it finds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.proof import terms
from tests.proof.orders import Campaign
from tests.proof.stage import RIVAL, SHOP
from tests.proof.stories import Stories

Draw = Callable[[Random], Any]
chances = st.randoms(use_true_random=False)


class Money(Stories, RuleBasedStateMachine):
    """One history."""

    @initialize(by=chances)
    def opens(self, by: Random) -> None:
        """Three campaigns of two shops, two orders."""
        shops = {"Satu": SHOP, "Dua": SHOP, "Tiga": RIVAL}
        self.begin(by.choice([5, 20, 29]), [
            Campaign(name, shop, terms.terms(by), by.choice(terms.BUDGETS))
            for name, shop in shops.items()
        ])  # fmt: skip
        for _ in range(2):
            self.sells(**{name: draw(by) for name, draw in A_SALE.items()})

    @rule(by=chances)
    def goes_on(self, by: Random) -> None:
        """One of STEPS that can be made now, by its weight."""
        possible = [step for step in STEPS if step.can(self)]
        step = by.choice([step for step in possible for _ in range(step.weight)])
        given = {name: draw(by) for name, draw in step.given.items()}
        self.story.append(f"{step.do.__name__}({given})")
        with self.told():
            step.do(self, **given)

    def teardown(self) -> None:
        with self.told():
            self.finish()


@dataclass(frozen=True)
class Step:
    """What is done, how often, with what, and when it can be."""

    weight: int
    do: Callable[..., None]
    given: dict[str, Draw]
    can: Callable[[Money], bool] = lambda _: True


def one(*of: Any) -> Draw:
    return lambda by: by.choice(of)


def up_to(most: int) -> Draw:
    return lambda by: by.randrange(most + 1)


def some(least: int, most: int, draw: Draw) -> Draw:
    return lambda by: [draw(by) for _ in range(by.randint(least, most))]


def an_item(by: Random) -> dict[str, int | str]:
    return {
        "sku": by.choice(["KEMEJA", "TOPI", "SELENDANG"]),
        "quantity": by.randint(1, 4),
        "unit_price": by.choice([0, 999, 33_333, 250_000, 1_000_000]),
        "discount": by.choice([0, 0, 0, 501]),
    }


any_of = up_to(10_000)
items = some(1, 3, an_item)
states = one("placed", "paid", "delivered", "completed", "cancelled", "returned")
discounts = one(0, 0, 0, 10_000)
prices = one(33_333, 250_000, 250_000, 400_000, 1_000_000)
takes = one("refund", "dispute", "dispute", "return")
yes_or_no = one(True, False)
A_SALE = {
    "who": any_of, "given": items,
    "state": one("placed", "paid", "paid", "delivered", "delivered", "completed"),
    "discount": discounts, "back": one(0, 0, 0, 0, 3, 20), "own": one(True, *[False] * 9),
}  # fmt: skip


def _rows(money: Money) -> bool:
    return bool(money.ground.rows)


def _decided(money: Money) -> bool:
    return any(row.state in ("held", "rejected") for row in money.ground.rows)


def _items(money: Money) -> bool:
    return any(item.payout is None for item in money.model.books.items)


STEPS = [
    Step(8, Money.sells, A_SALE),
    Step(8, Money.tells_again, {
        "which": any_of, "given": items, "state": states, "discount": discounts,
        "told": one("", "", "now", "older"), "way": one(*["PUT"] * 7, "POST"),
        "moved": one(0, 0, 0, -20, -3, 9, 31)}),
    Step(5, Money.moves, {"which": any_of, "state": states}),
    Step(5, Money.decides, {"which": any_of, "place": any_of, "nobody": up_to(4)}),
    Step(8, Money.refunds, {
        "which": any_of, "early": up_to(8), "again": up_to(7),
        "amount": one(1, 7_777, 50_000, 200_000, 10**7),
        "units": some(0, 2, lambda by: (by.randint(1, 4), by.randint(1, 2)))}),
    Step(5, Money.disputes, {
        "which": any_of, "number": one(1, 2), "won": yes_or_no,
        "amount": one(None, 33_000, 150_000)}),
    Step(6, Money.judges, {"which": any_of, "act": one("hold", "hold", "unhold", "reject")}, _rows),
    Step(5, Money.appeals, {"which": any_of, "won": yes_or_no}, _decided),
    Step(2, Money.previews, {"shop": one(SHOP, SHOP, RIVAL), "back": one(0, 0, 2)}),
    Step(5, Money.pays, {"which": any_of, "part": up_to(3)}, _items),
    Step(3, Money.is_paid_to, {"partner": one("rina", "dimas", "wati"), "last": up_to(1)}),
    Step(4, Money.treats, {
        "which": any_of, "act": one("approve", "approve", "cancel", "send")},
        lambda money: bool(money.model.books.runs)),
    Step(5, Money.settles, {
        "which": any_of, "outcome": one("paid", "paid", "failed", "returned")},
        lambda money: bool(money.payouts())),
    Step(3, Money.forgives, {
        "which": any_of, "way": one("write-off", "repay"), "number": up_to(9),
        "part": one("one", "all", "over")},
        lambda money: any(money.model.books.owed.values())),
    Step(3, Money.issues, {"which": any_of, "terms": terms.terms, "days": one(0, 0, 3, 20)}),
    Step(3, Money.tops_up, {"which": any_of, "more": one(-1, 0, 50_000, 300_000, None)}),
    Step(3, Money.gives, {
        "partner": one("rina", "dimas", "wati"), "shop": one(SHOP, SHOP, RIVAL),
        "amount": one(9_999, 50_000), "number": up_to(9)}),
    Step(4, Money.regrets, {"which": any_of}, lambda money: bool(money.model.books.gifts)),
    Step(2, Money.moves_house, {
        "who": any_of, "price": prices, "last": up_to(2), "stays": yes_or_no}),
    Step(1, Money.hears_early, {
        "who": any_of, "price": prices, "amount": one(33_333, 200_000, 10**7)}),
    Step(3, Money.brings, {
        "shop": one(SHOP, RIVAL), "price": prices, "won": yes_or_no,
        "way": one("reject", "reject", "refund", "dispute")}),
    Step(2, Money.runs_dry, {"which": any_of, "price": prices}),
    Step(3, Money.is_seen, {
        "who": any_of, "proved": one(0, 3, 7, 9), "loose": one(0, 1, 3), "again": yes_or_no}),
    Step(2, Money.thanks, {
        "who": any_of, "paid": yes_or_no, "outcome": one("paid", "failed", "returned")}),
    Step(5, Money.days, {"days": one(1, 3, 7, 7, 14, 31, 61, 95)}),
    Step(5, Money.owes, {
        "who": any_of, "price": prices, "then": prices, "way": takes,
        "outcome": one("paid", "failed", "returned"), "by_hand": yes_or_no}),
    Step(4, Money.under_way, {
        "who": any_of, "price": prices, "way": takes,
        "outcome": one("paid", "failed", "returned", "cancel", "changed")}),
    Step(4, Money.keeps, {
        "who": any_of, "price": prices, "end": one("unhold", "reject", "won", "lost"),
        "act": one("hold", "hold", "hold", "reject")}),
    Step(3, Money.thinks_again, {
        "who": any_of, "price": prices, "then": prices, "way": takes,
        "won": one(True, True, False), "own": yes_or_no}),
    Step(2, Money.was_another_s, {
        "who": any_of, "price": prices, "then": prices, "moved": one(-20, -9, 9)}),
    Step(2, Money.grows, {
        "who": any_of, "price": prices, "then": prices, "paid": yes_or_no,
        "state": one("delivered", "delivered", "cancelled", "returned"),
        "moved": one(0, 0, 9, -9)}),
    Step(2, Money.ends_a_month, {
        "who": any_of, "price": prices, "way": takes, "paid": yes_or_no}),
]  # fmt: skip
