"""The terms form: what is typed as terms, terms as what is typed, and one worked order. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from campaigns.terms.rules import ROLES, CreditedLine, OrderFacts, Terms, Who, worth
from dashboards.frame.rules import read_number, read_rate, read_rupiah
from jejaring.kit.errors import BadField
from jejaring.kit.money import FULL_BP, percent_of

MODELS = ("last_touch", "first_touch", "linear", "position")
MAX_MORE = 4
KINDS = ("percent", "per_order", "per_item")
_SHARED = ("disc", "hold", "window", "model", "coupon", "all", "more")
_RULE = ("kind", "rate", "max", "month")
DEFAULT: Mapping[str, str] = {
    "kind": "percent", "rate": "10", "max": "", "month": "", "disc": "", "hold": "7",
    "window": "30", "model": "last_touch", "coupon": "1", "all": "", "more": "0",
}  # fmt: skip
PRESETS: Mapping[str, Mapping[str, str]] = {
    "percent": {"kind": "percent", "rate": "10"},
    "code": {"kind": "percent", "rate": "12", "disc": "5", "max": "150.000"},
    "item": {"kind": "per_item", "rate": "10.000"},
}
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_POINTER = re.compile(r"(?:/terms)?/rules/(\d+)(?:/|$)")


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


def names(more: int) -> list[str]:
    """Every field of the form with `more` special rules above the general one."""
    special = [f"{n}-{i}" for i in range(1, more + 1) for n in (*_RULE, "category", "role")]
    return [*_RULE, *_SHARED, *special]


def special(typed: Mapping[str, str]) -> int:
    """How many special rules the form has (0…4)."""
    text = typed.get("more", "0")
    return min(int(text), MAX_MORE) if text.isdecimal() and len(text) == 1 else 0


def preset(name: str) -> dict[str, str]:
    """The form as a preset fills it in; an unknown one is the default."""
    return {**DEFAULT, **PRESETS.get(name, {})}


def read(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[BadField]]:
    """The terms' body (JSON) of a form, and every wrong field by its name.

    A special rule without a rate is left out: that is how it is removed.
    """
    bad: list[BadField] = []
    tails = [f"-{i}" for i in range(1, special(typed) + 1) if typed.get(f"rate-{i}", "").strip()]
    rules = [_rule(typed, tail, bad) for tail in tails]
    general = _rule(typed, "", bad)
    general["name"] = "Produk lain" if rules else "Semua produk"
    body: dict[str, Any] = {
        "rules": [*rules, general],
        "hold_days": _days(typed, "hold", 0, 7, bad),
        "attribution": {
            "model": typed["model"] if typed.get("model") in MODELS else "last_touch",
            "window_days": _days(typed, "window", 1, 30, bad),
            "coupon_beats_click": bool(typed.get("coupon")),
        },
    }
    limit = _rupiah(typed, "all", bad)
    if limit is not None:
        body["max_per_partner_month"] = limit
    if typed.get("disc", "").strip():
        discount = _rate(typed, "disc", bad)
        if discount:
            body["buyer_discount"] = {"kind": "percent", "rate_bp": discount}
    return body, bad


def _rule(typed: Mapping[str, str], tail: str, bad: list[BadField]) -> dict[str, Any]:
    kind = typed.get(f"kind{tail}", "percent")
    kind = kind if kind in KINDS else "percent"
    when = _when(typed, tail) if tail else {}
    if tail and not when:
        bad.append(BadField(f"/category{tail}", "form.rule_for_what"))
    rule: dict[str, Any] = {"name": _name(when), "when": when}
    if kind == "percent":
        rule["pay"] = {"kind": kind, "rate_bp": _rate(typed, f"rate{tail}", bad)}
    else:
        rule["pay"] = {"kind": kind, "amount": _needed(typed, f"rate{tail}", bad)}
    for name, key in (("max", "max_per_order"), ("month", "max_per_partner_month")):
        limit = _rupiah(typed, f"{name}{tail}", bad)
        if limit is not None:
            rule[key] = limit
    return rule


def _when(typed: Mapping[str, str], tail: str) -> dict[str, Any]:
    words = typed.get(f"category{tail}", "").split(",")
    wanted = list(dict.fromkeys(w.strip() for w in words if w.strip()))
    when: dict[str, Any] = {"category": wanted} if wanted else {}
    if typed.get(f"role{tail}") in ROLES:
        when["role"] = [typed[f"role{tail}"]]
    return when


def _name(when: Mapping[str, Sequence[str]]) -> str:
    parts = [", ".join(when.get("category", ())), ", ".join(when.get("role", ()))]
    return (" · ".join(p for p in parts if p) or "Aturan")[:80]


def _rate(typed: Mapping[str, str], name: str, bad: list[BadField]) -> int:
    text = typed.get(name, "").strip()
    rate = read_rate(text)
    if rate is None:
        bad.append(BadField(f"/{name}", "form.rate" if text else "field.missing"))
    elif rate > FULL_BP:
        bad.append(BadField(f"/{name}", "form.rate_high", {"rate": rate}))
    return rate or 0


def _rupiah(typed: Mapping[str, str], name: str, bad: list[BadField]) -> int | None:
    text = typed.get(name, "").strip()
    amount = read_rupiah(text)
    if text and amount is None:
        bad.append(BadField(f"/{name}", "form.rupiah"))
    return amount


def _needed(typed: Mapping[str, str], name: str, bad: list[BadField]) -> int:
    if not typed.get(name, "").strip():
        bad.append(BadField(f"/{name}", "field.missing"))
        return 0
    return _rupiah(typed, name, bad) or 0


def _days(
    typed: Mapping[str, str], name: str, least: int, otherwise: int, bad: list[BadField]
) -> int:
    text = typed.get(name, "").strip()
    days = read_number(text) if text else otherwise
    if days is None or not least <= days <= 365:
        bad.append(BadField(f"/{name}", "form.days", {"least": least}))
        return otherwise
    return days


def typed_of(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The form that a stored body would fill in; None for terms that say more than the form can."""
    rules: Sequence[Mapping[str, Any]] = body["rules"]
    fits = len(rules) <= MAX_MORE + 1 and not rules[-1].get("when")
    if not fits or not all(_is_special(rule) for rule in rules[:-1]):
        return None
    if any(rule["pay"]["kind"] not in KINDS for rule in rules):
        return None
    policy = body.get("attribution") or {}
    discount = body.get("buyer_discount") or {}
    typed = {
        **DEFAULT,
        "hold": str(body.get("hold_days", 7)),
        "window": str(policy.get("window_days", 30)),
        "model": str(policy.get("model", "last_touch")),
        "coupon": "1" if policy.get("coupon_beats_click", True) else "",
        "all": _plain(body.get("max_per_partner_month")),
        "disc": _percent(discount.get("rate_bp")),
        "more": str(len(rules) - 1),
    }
    for i, rule in enumerate(rules[:-1], start=1):
        typed |= _typed_rule(rule, f"-{i}")
    return typed | _typed_rule(rules[-1], "")


def _is_special(rule: Mapping[str, Any]) -> bool:
    when: Mapping[str, Any] = rule.get("when") or {}
    return bool(when) and set(when) <= {"category", "role"} and len(when.get("role", ())) <= 1


def _typed_rule(rule: Mapping[str, Any], tail: str) -> dict[str, str]:
    pay = rule["pay"]
    percent = pay["kind"] == "percent"
    typed = {
        f"kind{tail}": pay["kind"],
        f"rate{tail}": _percent(pay["rate_bp"]) if percent else _plain(pay["amount"]),
        f"max{tail}": _plain(rule.get("max_per_order")),
        f"month{tail}": _plain(rule.get("max_per_partner_month")),
    }
    when: Mapping[str, Any] = rule.get("when") or {}
    if tail:
        typed[f"category{tail}"] = ", ".join(when.get("category", ()))
        typed[f"role{tail}"] = "".join(when.get("role", ()))
    return typed


def _plain(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}".replace(",", ".")


def _percent(rate_bp: int | None) -> str:
    if rate_bp is None:
        return ""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole},{rest:02d}".rstrip("0") if rest else str(whole)


def field_of(pointer: str, more: int) -> str:
    """The form's field that a pointer into the terms means: rule i is special rule i + 1, the last
    the general one.
    """
    found = _POINTER.match(pointer)
    if found is None:
        return pointer.removeprefix("/terms").strip("/").partition("/")[0]
    index = int(found[1])
    return "rate" if index >= more else f"rate-{index + 1}"


def worked(terms: Terms, product: Product) -> Worked:
    """One piece sold by a reseller at the product's price, with the buyer's discount taken off."""
    discount = terms.buyer_discount_bp or 0
    paid = product.price - percent_of(product.price, discount)
    line = CreditedLine(
        position=1, sku=product.sku, product_id=product.id, category=product.category, quantity=1,
        base=paid, share_base=paid, channel="coupon" if discount else "link",
    )  # fmt: skip
    rows = worth(terms, OrderFacts(paid, _SOME_DAY), Who("reseller", ""), [line])
    return Worked(product.name, product.price, paid, sum(row.amount for row in rows))
