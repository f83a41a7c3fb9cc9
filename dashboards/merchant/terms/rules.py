"""The terms as a form: presets, rules in their order, settings, selling prices, and one worked
order. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from campaigns.terms.rules import EVENT_KINDS, CreditedLine, OrderFacts, Terms, Who, worth
from dashboards.frame.rules import read_rate
from dashboards.merchant.terms import written
from dashboards.merchant.terms.written import Page, percent, plain
from jejaring.kit.errors import BadField
from jejaring.kit.money import FULL_BP, percent_of

MODELS = ("last_touch", "first_touch", "linear", "position")
MAX_RULES = 50
SETTINGS: Mapping[str, str] = {
    "disc": "", "hold": "7", "window": "30", "model": "last_touch", "coupon": "1", "all": "",
    "bond": "", "share": "", "active": "30", "start": "now", "day": "",
}  # fmt: skip
PRESETS: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "percent": ({"kind": "percent", "rate": "10"}, {}),
    "code": ({"kind": "percent", "rate": "12", "max": "150.000"}, {"disc": "5"}),
    "item": ({"kind": "per_item", "amount": "10.000"}, {}),
}
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_RULE = re.compile(r"(?:/terms)?/rules/(\d+)(?:/(.*))?")
_PRICE = re.compile(r"(?:/terms)?/selling_prices/(\d+)(?:/(.*))?")
_PLACES = {
    "/hold_days": "hold", "/attribution/window_days": "window", "/attribution/model": "model",
    "/max_per_partner_month": "all", "/recruiter/rate_bp": "share", "/bond_days": "bond",
    "/recruiter/active_days": "active", "/buyer_discount/rate_bp": "disc", "/effective_at": "day",
    "/day": "day", "/rules": "",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """Everything that is typed: settings by name, rules in order (each with its `key`), and prices
    (each with its `product_id`).
    """

    settings: Mapping[str, str] = field(default_factory=lambda: dict(SETTINGS))
    rules: tuple[Mapping[str, str], ...] = ()
    prices: tuple[Mapping[str, str], ...] = ()

    def rule(self, key: str) -> Mapping[str, str] | None:
        """The rule with this key."""
        return next((rule for rule in self.rules if rule["key"] == key), None)

    def price(self, product_id: str) -> Mapping[str, str] | None:
        """The product's selling price."""
        return next((one for one in self.prices if one["product_id"] == product_id), None)

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "settings": dict(self.settings),
            "rules": [dict(rule) for rule in self.rules],
            "prices": [dict(price) for price in self.prices],
        }


def of(stored: Mapping[str, Any]) -> Typed:
    """What was stored as JSON."""
    return Typed(dict(stored["settings"]), tuple(stored["rules"]), tuple(stored["prices"]))


def preset(name: str, prices: tuple[Mapping[str, str], ...] = ()) -> Typed:
    """The form as a preset fills it in, selling prices kept; an unknown one is the first."""
    rule, settings = PRESETS.get(name, PRESETS["percent"])
    filled = {"key": "1", **dict.fromkeys(written.names(rule["kind"]), ""), **rule}
    filled["name"] = written.title(filled)
    return Typed({**SETTINGS, **settings}, (filled,), prices)


def typed_of(body: Mapping[str, Any], zone: str) -> Typed:
    """Stored terms as they would be typed; the rules are keyed by their place."""
    policy = body.get("attribution") or {}
    recruiter, discount = body.get("recruiter") or {}, body.get("buyer_discount") or {}
    settings = {
        **SETTINGS,
        "disc": percent(discount.get("rate_bp")),
        "hold": str(_or(body.get("hold_days"), 7)),
        "window": str(_or(policy.get("window_days"), 30)),
        "model": str(policy.get("model") or "last_touch"),
        "coupon": "1" if _or(policy.get("coupon_beats_click"), True) else "",
        "all": plain(body.get("max_per_partner_month")),
        "bond": plain(body.get("bond_days") or None),
        "share": percent(recruiter.get("rate_bp")),
        "active": str(_or(recruiter.get("active_days"), 30)),
    }
    rules = [
        {"key": str(i), **written.typed_of(rule, zone)} for i, rule in enumerate(body["rules"], 1)
    ]
    prices = [
        {"product_id": price["product_id"], **{n: plain(price[n]) for n in PRICES}}
        for price in body.get("selling_prices") or ()
    ]
    return Typed(settings, tuple(rules), tuple(prices))


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


PRICES = ("base", "floor", "ceiling")


def read(typed: Typed, zone: str) -> tuple[dict[str, Any], list[BadField]]:
    """The terms' body (JSON) of what is typed, and everything that cannot be read, by field: a
    setting's own name, `{field}-{key}` of a rule, `prices` of the selling prices.
    """
    page = Page(typed.settings)
    rules = []
    for rule in typed.rules:
        body, bad = written.read(rule, zone)
        rules.append(body)
        page.bad += [BadField(f"/{_place(rule, b.pointer[1:])}", b.code, b.values) for b in bad]
    if not rules:
        page.wrong("", "form.no_rule")
    body = {"rules": rules, **_settings(page)}
    prices = []
    for price in typed.prices:
        worded, bad = price_of(price)
        prices.append(worded)
        page.bad += [BadField("/prices", b.code, b.values) for b in bad]
    if prices:
        body["selling_prices"] = prices
    return body, page.bad


def _settings(page: Page) -> dict[str, Any]:
    model = page.text("model")
    body: dict[str, Any] = {
        "hold_days": page.number("hold", 0, 365, 7),
        "attribution": {
            "model": model if model in MODELS else "last_touch",
            "window_days": page.number("window", 1, 365, 30),
            "coupon_beats_click": bool(page.text("coupon")),
        },
    }
    limit = page.rupiah("all")
    if limit is not None:
        body["max_per_partner_month"] = limit
    bond = page.number("bond", 0, 3_650)
    if bond:
        body["bond_days"] = bond
    if page.text("disc"):
        body["buyer_discount"] = {"kind": "percent", "rate_bp": page.rate("disc")}
    if page.text("share"):
        share, days = page.rate("share"), page.number("active", 1, 365, 30)
        body["recruiter"] = {"rate_bp": share, "active_days": days}
    return body


def price_of(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[BadField]]:
    """A selling price (JSON) of what is typed, and what cannot be read, by field."""
    page = Page(typed)
    price: dict[str, Any] = {"product_id": typed["product_id"]}
    return price | {n: page.rupiah(n, needed=True) or 0 for n in PRICES}, page.bad


def _place(rule: Mapping[str, str], name: str) -> str:
    """Where on the page a wrong field of a rule is shown: in itself if it stands there, else on the
    rule's card.
    """
    inline = name in written.inline(rule["kind"])
    return f"{name if inline else 'rule'}-{rule['key']}"


def field_of(typed: Typed, bad: BadField) -> tuple[str, str]:
    """The page's field that a pointer into the terms means, and the code to word it by."""
    found = _RULE.fullmatch(bad.pointer)
    if found is not None and int(found[1]) < len(typed.rules):
        if bad.code == "field.recurring_needs_bond":
            return "bond", "form.needs_bond"
        return _place(typed.rules[int(found[1])], written.field_of(found[2] or "")), bad.code
    if _PRICE.fullmatch(bad.pointer):
        return "prices", bad.code
    place = bad.pointer.removeprefix("/terms")
    return _PLACES.get(place, place.strip("/").partition("/")[0]), bad.code


def put(typed: Typed, rule: Mapping[str, str]) -> Typed:
    """The rule in the place of the one with its key; a new one above the first line rule that asks
    for nothing, which would take all of its lines, an event rule at the end. Names are made unlike.
    """
    others = [one for one in typed.rules if one["key"] != rule["key"]]
    rule = {**rule, "name": _unlike(rule.get("name") or written.title(rule), others)}
    rules = [rule if one["key"] == rule["key"] else one for one in typed.rules]
    if typed.rule(rule["key"]) is None:
        rules.insert(_room_for(rule, rules), rule)
    return replace(typed, rules=tuple(rules))


def _unlike(name: str, others: Sequence[Mapping[str, str]]) -> str:
    taken, number, free = {one.get("name", "") for one in others}, 1, name
    while free in taken:
        number += 1
        free = f"{name[:76]} {number}"
    return free


def _room_for(rule: Mapping[str, str], rules: Sequence[Mapping[str, str]]) -> int:
    if rule["kind"] in EVENT_KINDS:
        return len(rules)
    wide = (
        i
        for i, one in enumerate(rules)
        if one["kind"] not in EVENT_KINDS
        and not any(one.get(name) for name in written.asks(one["kind"]))
    )
    return next(wide, len(rules))


def move(typed: Typed, key: str, by: int) -> Typed:
    """The rule one place up (−1) or down (1); at the edge nothing moves."""
    rules = list(typed.rules)
    at = next((i for i, rule in enumerate(rules) if rule["key"] == key), None)
    if at is None or not 0 <= at + by < len(rules):
        return typed
    rules[at], rules[at + by] = rules[at + by], rules[at]
    return replace(typed, rules=tuple(rules))


def without(typed: Typed, key: str) -> Typed:
    """The terms without this rule."""
    return replace(typed, rules=tuple(rule for rule in typed.rules if rule["key"] != key))


def priced(typed: Typed, price: Mapping[str, str]) -> Typed:
    """The terms with this selling price of its product; one with nothing typed takes it away."""
    others = tuple(one for one in typed.prices if one["product_id"] != price["product_id"])
    given = any(price.get(name) for name in PRICES)
    return replace(typed, prices=(*others, price) if given else others)


def filled(typed: Typed, sent: Mapping[str, str]) -> Typed:
    """The terms with what the page sent: settings, and the fields on the rules' cards."""
    settings = {**typed.settings, **{n: sent[n] for n in SETTINGS if n in sent}}
    rules = []
    for rule in typed.rules:
        named = {n: f"{n}-{rule['key']}" for n in written.inline(rule["kind"])}
        rules.append({**rule, **{n: sent[at] for n, at in named.items() if at in sent}})
    return replace(typed, settings=settings, rules=tuple(rules))


@dataclass(frozen=True)
class Product:
    """What is sold in the worked order; price in rupiah."""

    name: str
    price: int
    id: str | None = None
    sku: str = ""
    category: str = ""


@dataclass(frozen=True)
class Worked:
    """One order in rupiah: price less the buyer's discount is paid, less commission is kept."""

    name: str
    price: int
    paid: int
    commission: int

    @property
    def kept(self) -> int:
        """What the shop receives."""
        return self.paid - self.commission


def paid(typed: Typed, price: int) -> int:
    """What a buyer with a partner's code pays for the price, if the discount can be read."""
    rate = read_rate(typed.settings["disc"])
    return price - percent_of(price, rate) if rate and rate <= FULL_BP else price


def worked(terms: Terms, product: Product) -> Worked:
    """One piece sold by a reseller at the product's price, with the buyer's discount taken off."""
    discount = terms.buyer_discount_bp or 0
    paid = product.price - percent_of(product.price, discount)
    line = CreditedLine(
        position=1, sku=product.sku, product_id=product.id, category=product.category, quantity=1,
        base=paid, share_base=paid, channel="coupon" if discount else "link",
        unit_price=product.price,
    )  # fmt: skip
    rows = worth(terms, OrderFacts(paid, _SOME_DAY), Who("reseller", ""), [line])
    return Worked(product.name, product.price, paid, sum(row.amount for row in rows))
