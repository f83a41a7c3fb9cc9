"""Terms as they are stored: JSON that the shape has accepted, read into values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from campaigns.terms.rules import ANY_OF, Policy, Price, Recruiter, Rule, Terms, When, fold
from campaigns.terms.steps import Step


def read(body: Mapping[str, Any]) -> Terms:
    """The terms in a stored body (JSON that the shape has accepted), with the defaults filled in.

    Raises KeyError or ValueError for a body that the shape would have refused.
    """
    policy = body.get("attribution") or {}
    discount = body.get("buyer_discount") or {}
    return Terms(
        rules=tuple(_rule(raw) for raw in body["rules"]),
        attribution=replace(Policy(), **{k: v for k, v in policy.items() if v is not None}),
        hold_days=_or(body.get("hold_days"), 7),
        max_per_partner_month=body.get("max_per_partner_month"),
        bond_days=_or(body.get("bond_days"), 0),
        buyer_discount_bp=discount.get("rate_bp"),
        prices={
            raw["product_id"]: Price(raw["base"], raw["floor"], raw["ceiling"])
            for raw in body.get("selling_prices") or ()
        },
        recruiter=Recruiter(**body["recruiter"]) if body.get("recruiter") else None,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _rule(raw: Mapping[str, Any]) -> Rule:
    pay = raw["pay"]
    return Rule(
        name=raw["name"],
        kind=pay["kind"],
        when=_when(raw.get("when") or {}),
        rate_bp=pay.get("rate_bp"),
        amount=pay.get("amount"),
        max_per_order=raw.get("max_per_order"),
        max_per_partner_month=raw.get("max_per_partner_month"),
        mode=pay.get("mode"),
        steps=tuple(Step(step["from"], step["rate_bp"]) for step in pay.get("steps") or ()),
        months=pay.get("months"),
        max_per_day=pay.get("max_per_day"),
        at_sales=pay.get("at_sales"),
        at_volume=pay.get("at_volume"),
    )


def _when(raw: Mapping[str, Any]) -> When:
    given: dict[str, Any] = {n: _set(raw[n]) for n in ANY_OF if raw.get(n) is not None}
    if "category" in given:
        given["category"] = frozenset(fold(c) for c in given["category"])
    given |= {n: raw.get(n) or 0 for n in ("min_line", "min_order", "min_quantity")}
    given |= {"from_": _instant(raw.get("from")), "until": _instant(raw.get("until"))}
    return When(**given, new_buyer=raw.get("new_buyer"))


def _set(value: str | Sequence[str]) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
