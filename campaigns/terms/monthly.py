"""What a month is worth under a rule when it is over: tiers and bonuses of what survived."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.terms import steps
from campaigns.terms.rules import Rule


@dataclass(frozen=True)
class Sold:
    """A line that counts for a rule, in the version that it was sold under: `base` is what is left
    of the partner's part of it, `earned` what it has of this rule so far (rupiah); `short` where
    the budget or a limit cut it, so that it gets no more. Lines of one order have one `order`.
    """

    order: str
    rule: Rule
    base: int
    earned: int = 0
    short: bool = False


@dataclass(frozen=True)
class Month:
    """A month in sum: rupiah sold, orders, and what is due for them by the rule."""

    volume: int
    sales: int
    due: int


def tiers(lines: Sequence[Sold]) -> Month:
    """The month by its tiers, its lines in the order in which they were recorded.

    marginal: each line continues the volume of those before it; whole: every line at the rate that
    the whole volume reached. Each line is rounded half up; an order has its `max_per_order`, a line
    that was cut short what it earned at most, the month its `max_per_partner_month`.
    """
    volume, before = sum(line.base for line in lines), 0
    orders: dict[str, int] = {}
    limits: dict[str, int | None] = {}
    for line in lines:
        ladder = line.rule.steps
        spread = steps.parts(ladder, before, line.base)
        if line.rule.whole:
            spread = ((line.base, steps.rate_at(ladder, volume)),)
        amount = steps.paid(spread)
        if line.short:
            amount = min(amount, line.earned)
        orders[line.order] = orders.get(line.order, 0) + amount
        limits[line.order] = line.rule.max_per_order
        before += line.base
    due = sum(_at_most(amount, limits[order]) for order, amount in orders.items())
    last = lines[-1].rule.max_per_partner_month if lines else None
    return Month(volume, len(orders), _at_most(due, last))


def befores(lines: Sequence[Sold]) -> list[int]:
    """What had been sold before each line, of what survived."""
    found, before = [], 0
    for line in lines:
        found.append(before)
        before += line.base
    return found


def bonus(lines: Sequence[Sold]) -> Month:
    """The month by a bonus, its lines in the order in which they were placed: the order that
    reaches the target earns the bonus, by the terms that it was sold under; once a month.
    """
    volume = 0
    orders: set[str] = set()
    due: int | None = None
    for line in lines:
        volume += line.base
        orders.add(line.order)
        if due is None and _reached(line.rule, len(orders), volume):
            due = _at_most(line.rule.amount or 0, line.rule.max_per_partner_month)
    return Month(volume, len(orders), due or 0)


def _reached(rule: Rule, sales: int, volume: int) -> bool:
    if rule.at_sales is not None:
        return sales >= rule.at_sales
    return rule.at_volume is not None and volume >= rule.at_volume


def _at_most(amount: int, limit: int | None) -> int:
    return amount if limit is None else min(amount, limit)
