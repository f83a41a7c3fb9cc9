"""Terms in plain sentences: message ids with values, worded at the edge in the reader's language.

A value may itself be a message, or a tuple of messages that are alternatives or run on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.terms.rules import (
    EVENT_KINDS,
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
_EVERY = {"per_click": "every_click", "per_post": "every_post", "bonus": "all_sales"}
_SHOWN_CLICKS = 100
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
    lines = [rule for rule in terms.rules if rule.kind not in EVENT_KINDS]
    for rule in terms.rules:
        found += of_rule(rule, names or {}, further=rule in lines[1:])
    if lines and (lines[-1].when.asks or lines[-1].kind == "recurring"):
        found.append(Message("explain.nothing_else"))
    if terms.max_per_partner_month is not None:
        found.append(Message("explain.max_month", {"amount": terms.max_per_partner_month}))
    policy = terms.attribution
    found.append(Message(f"explain.{policy.model}", {"days": policy.window_days}))
    if terms.bond_days:
        found.append(Message("explain.bond", {"days": terms.bond_days}))
    coupon = "coupon_wins" if policy.coupon_beats_click else "click_wins"
    found.append(Message(f"explain.{coupon}"))
    found.append(Message("explain.base"))
    held = "hold" if terms.hold_days else "hold_none"
    found.append(Message(f"explain.{held}", {"days": terms.hold_days}))
    if terms.buyer_discount_bp:
        found.append(Message("explain.buyer_discount", {"rate": terms.buyer_discount_bp}))
    for product_id, price in terms.prices.items():
        name = (names or {}).get(product_id, product_id)
        found.append(Message("explain.selling_price", {"name": name, **vars(price)}))
    if terms.recruiter is not None:
        share = {"rate": terms.recruiter.rate_bp, "days": terms.recruiter.active_days}
        found.append(Message("explain.recruiter", share))
    return found


def of_rule(rule: Rule, names: Mapping[str, str], *, further: bool) -> list[Message]:
    """A rule's sentence and one more for each of its limits; `further`: not the first of those that
    decide lines.
    """
    reach = conditions(rule.when, names)
    every = _EVERY.get(rule.kind, "every_other_sale" if further else "every_sale")
    values = {
        "name": rule.name,
        "rate": rule.rate_bp,
        "amount": rule.amount,
        "when": reach or (Message(f"explain.{every}"),),
        "steps": _steps(rule),
        "months": rule.months,
        "sales": rule.at_sales,
        "volume": rule.at_volume,
        "most": rule.max_per_day,
    }
    found = [Message(f"explain.{_said(rule)}", values)]
    if rule.kind == "per_click":
        found.append(Message("explain.click_once"))
    if rule.kind == "per_post":
        who = "post_how" if rule.when.role is not None else "post_how_posters"
        found.append(Message(f"explain.{who}"))
    if rule.kind == "bonus":
        found.append(Message("explain.bonus_when"))
    if rule.max_per_order is not None:
        limit = {"name": rule.name, "amount": rule.max_per_order}
        found.append(Message("explain.rule_max_order", limit))
    if rule.max_per_partner_month is not None:
        limit = {"name": rule.name, "amount": rule.max_per_partner_month}
        found.append(Message("explain.rule_max_month", limit))
    return found


def _said(rule: Rule) -> str:
    if rule.kind == "tiers":
        return f"tiers_{rule.mode}"
    if rule.kind == "bonus":
        return "bonus_sales" if rule.at_sales is not None else "bonus_volume"
    return rule.kind


def _steps(rule: Rule) -> tuple[Message, ...]:
    """Each step as a phrase: up to the next one, or from its own beginning on."""
    found = []
    for i, step in enumerate(rule.steps):
        ends = rule.steps[i + 1].start if i + 1 < len(rule.steps) else None
        values = {"rate": step.rate_bp, "start": step.start, "ends": ends}
        kind = "only" if len(rule.steps) == 1 else "last"
        if ends is not None:
            kind = "first" if i == 0 else "middle"
        found.append(Message(f"explain.step.{kind}", values))
    return tuple(found)


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
    a partner and to a buyer of whom its conditions hold. Without a line rule: what the first event
    rule pays.
    """
    lines = [rule for rule in terms.rules if rule.kind not in EVENT_KINDS]
    if not lines:
        return _event(terms.rules[0])
    rule = min(lines, key=lambda r: (r.when.asks, r.kind == "recurring"))
    row, quantity = _sold(terms, rule, max(price, 1))
    plain = quantity == 1 and len(lines) == 1
    kind = "example_whole" if row.estimate is not None else "example"
    return Message(
        "explain.example_one" if plain and kind == "example" else f"explain.{kind}",
        {
            "quantity": quantity,
            "price": max(price, 1),
            "base": max(price, 1) * quantity,
            "rule": row.rule,
            "rate": row.rate_bp,
            "amount": row.amount if row.estimate is None else row.estimate,
        },
    )


def _event(rule: Rule) -> Message:
    values: dict[str, Any] = {"rule": rule.name, "amount": rule.amount or 0}
    if rule.kind == "per_click":
        most = rule.max_per_day or 0
        values |= {"clicks": _SHOWN_CLICKS, "total": min(_SHOWN_CLICKS * values["amount"], most)}
    values |= {"sales": rule.at_sales, "volume": rule.at_volume}
    return Message(f"explain.example_{_said(rule)}", values)


def _sold(terms: Terms, rule: Rule, price: int) -> tuple[Worth, int]:
    """What one line earns that satisfies the rule (an earlier rule may still take it)."""
    when = rule.when
    least = max(when.min_line, when.min_order)
    quantity = max(when.min_quantity, -(-least // price), 1)
    placed_at = when.from_ or (when.until - _MOMENT if when.until else _SOME_DAY)
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
        bonded_at=placed_at if rule.kind == "recurring" else None,
    )
    who = Who(_one(when.role, "reseller"), _one(when.partner, ""), _one(when.tier, "bronze"))
    order = OrderFacts(line.base, placed_at, when.new_buyer)
    return worth(terms, order, who, [line])[0], quantity


def _one(wanted: frozenset[str] | None, otherwise: str) -> str:
    return otherwise if wanted is None else min(wanted)
