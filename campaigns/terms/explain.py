"""Terms in plain sentences: message ids with values, worded at the edge in the reader's language.

A value may itself be a message, or a tuple of messages that are alternatives or run on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.terms.rules import (
    CreditedLine,
    OrderFacts,
    Rule,
    Terms,
    When,
    Who,
    Worth,
    worth,
)

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)
_CODED = ("role", "tier", "channel", "item")
_SPOKEN = ("role", "category", "product_id", "sku", "partner", "tier", "channel", "item")


@dataclass(frozen=True)
class Message:
    """A message id (`explain.percent`) with the values that its wording needs."""

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)


def sentences(terms: Terms, names: Mapping[str, str] | None = None) -> list[Message]:
    """What a partner earns, when, and what does not count, in the order in which it is decided.

    `names`: the products' names by id; an id without one is said as it is.
    """
    found: list[Message] = []
    for place, rule in enumerate(terms.rules):
        found += _rule(rule, place, names or {})
    if terms.rules[-1].when.asks:
        found.append(Message("explain.nothing_else"))
    if terms.max_per_partner_month is not None:
        found.append(Message("explain.max_month", {"amount": terms.max_per_partner_month}))
    policy = terms.attribution
    found.append(Message(f"explain.{policy.model}", {"days": policy.window_days}))
    coupon = "coupon_wins" if policy.coupon_beats_click else "click_wins"
    found.append(Message(f"explain.{coupon}"))
    found.append(Message("explain.base"))
    found.append(Message("explain.hold", {"days": terms.hold_days}))
    if terms.buyer_discount_bp:
        found.append(Message("explain.buyer_discount", {"rate": terms.buyer_discount_bp}))
    return found


def _rule(rule: Rule, place: int, names: Mapping[str, str]) -> list[Message]:
    """A rule's sentence and one more for each of its limits."""
    reach = conditions(rule.when, names)
    every = "explain.every_sale" if place == 0 else "explain.every_other_sale"
    values = {
        "name": rule.name,
        "rate": rule.rate_bp,
        "amount": rule.amount,
        "when": reach or (Message(every),),
    }
    found = [Message(f"explain.{rule.kind}", values)]
    if rule.max_per_order is not None:
        limit = {"name": rule.name, "amount": rule.max_per_order}
        found.append(Message("explain.rule_max_order", limit))
    if rule.max_per_partner_month is not None:
        limit = {"name": rule.name, "amount": rule.max_per_partner_month}
        found.append(Message("explain.rule_max_month", limit))
    return found


def conditions(when: When, names: Mapping[str, str]) -> tuple[Message, ...]:
    """Each condition of a rule as a phrase, in a fixed order."""
    found = []
    for name in _SPOKEN:
        wanted = getattr(when, name)
        if wanted is not None:
            found.append(Message(f"explain.when.{name}", {"values": _values(name, wanted, names)}))
    if when.new_buyer is not None:
        found.append(Message(f"explain.when.{'new' if when.new_buyer else 'returning'}_buyer"))
    for name in ("min_line", "min_order", "min_quantity"):
        least = getattr(when, name)
        if least:
            found.append(Message(f"explain.when.{name}", {"least": least}))
    for name, instant in (("from", when.from_), ("until", when.until)):
        if instant is not None:
            found.append(Message(f"explain.when.{name}", {"at": instant}))
    return tuple(found)


def _values(name: str, wanted: frozenset[str], names: Mapping[str, str]) -> tuple[Any, ...]:
    if name == "product_id":
        return tuple(sorted(names.get(product_id, product_id) for product_id in wanted))
    if name not in _CODED:
        return tuple(sorted(wanted))
    return tuple(Message(f"explain.{name}.{value}") for value in sorted(wanted))


def example(terms: Terms, price: int) -> Message:
    """One worked order in rupiah: as many pieces at this price as the broadest rule needs, sold by
    a partner and to a buyer of whom its conditions hold.
    """
    rule = min(terms.rules, key=lambda r: r.when.asks)
    row, quantity = _sold(terms, rule, max(price, 1))
    plain = quantity == 1 and len(terms.rules) == 1
    return Message(
        "explain.example_one" if plain else "explain.example",
        {
            "quantity": quantity,
            "price": max(price, 1),
            "base": max(price, 1) * quantity,
            "rule": row.rule,
            "amount": row.amount,
        },
    )


def _sold(terms: Terms, rule: Rule, price: int) -> tuple[Worth, int]:
    """What one line earns that satisfies the rule (an earlier rule may still take it)."""
    when = rule.when
    least = max(when.min_line, when.min_order)
    quantity = max(when.min_quantity, -(-least // price), 1)
    line = CreditedLine(
        position=1,
        sku=_one(when.sku, ""),
        product_id=_one(when.product_id, "") or None,
        category=_one(when.category, ""),
        quantity=quantity,
        base=price * quantity,
        share_base=price * quantity,
        item=_one(when.item, "direct"),
        channel=_one(when.channel, "link"),
    )
    who = Who(_one(when.role, "reseller"), _one(when.partner, ""), _one(when.tier, "bronze"))
    placed_at = when.from_ or (when.until - _MOMENT if when.until else _SOME_DAY)
    order = OrderFacts(line.base, placed_at, when.new_buyer)
    return worth(terms, order, who, [line])[0], quantity


def _one(wanted: frozenset[str] | None, otherwise: str) -> str:
    return otherwise if wanted is None else min(wanted)
