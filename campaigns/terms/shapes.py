"""Terms as they are sent and shown: closed, with every bad field named."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from campaigns.terms.reach import hidden_by
from campaigns.terms.rules import COUNTED, EVENT_KINDS, Rule
from campaigns.terms.stored import read
from jejaring.kit.errors import Invalid
from jejaring.web.api import bad_fields
from jejaring.web.shapes import Amount, Code, Line, Name, RateBp, Shape, When

Kind = Literal[
    "percent", "per_order", "per_item", "tiers", "recurring", "per_click", "per_post", "bonus"
]
_NEEDS = {
    "percent": {"rate_bp"},
    "per_order": {"amount"},
    "per_item": {"amount"},
    "tiers": {"mode", "steps"},
    "recurring": {"rate_bp", "months"},
    "per_click": {"amount", "max_per_day"},
    "per_post": {"amount"},
    "bonus": {"amount"},
}
_TARGETS = {"at_sales", "at_volume"}
# What an event rule may ask: a click has no order, a post no product.
_ASKS = {
    "per_click": {"role", "partner", "tier", "product_id", "channel", "from_", "until"},
    "per_post": {"role", "partner", "tier", "from_", "until"},
}


def _as_list(value: Any) -> Any:
    """One word means a list of one."""
    return [value] if isinstance(value, str) else value


AnyOf = Annotated[list[Line], Field(min_length=1, max_length=200), BeforeValidator(_as_list)]
ProductIds = Annotated[
    list[Annotated[Line, Field(max_length=32)]],
    Field(min_length=1, max_length=200),
    BeforeValidator(_as_list),
]
Skus = Annotated[list[Code], Field(min_length=1, max_length=200), BeforeValidator(_as_list)]
Role = Literal["reseller", "buzzer", "influencer", "follower"]
Roles = Annotated[list[Role], Field(min_length=1, max_length=4), BeforeValidator(_as_list)]
Tiers = Annotated[
    list[Literal["bronze", "silver", "gold"]],
    Field(min_length=1, max_length=3),
    BeforeValidator(_as_list),
]
Channels = Annotated[
    list[Literal["link", "scan", "coupon", "chat", "marketplace"]],
    Field(min_length=1, max_length=5),
    BeforeValidator(_as_list),
]
RuleName = Annotated[Name, Field(max_length=80)]


Wrong = tuple[tuple[str | int, ...], str, dict[str, Any]]


class Sparse(Shape):
    """Shown without the fields that are not set; `from_` is `from` outside."""

    @model_serializer(mode="wrap")
    def _only_set(self, handler: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # annotated, it would lose its documented schema
        return {k.rstrip("_"): v for k, v in handler(self).items() if v is not None}


def _wrong(*found: tuple[tuple[str | int, ...], str, dict[str, Any]]) -> ValidationError:
    """Several wrong fields, each at its own place."""
    return ValidationError.from_exception_data(
        "terms",
        [
            InitErrorDetails(
                type=PydanticCustomError(code, code.replace("_", " "), values),
                loc=loc,
                input=None,
            )
            for loc, code, values in found
        ],
    )


class WhenIn(Sparse):
    """The conditions of a rule: all must hold; lists mean any of."""

    product_id: ProductIds | None = None
    sku: Skus | None = None
    category: AnyOf | None = None
    role: Roles | None = None
    partner: AnyOf | None = None
    tier: Tiers | None = None
    channel: Channels | None = None
    new_buyer: bool | None = None
    min_line: Amount | None = None
    min_order: Amount | None = None
    min_quantity: Annotated[int, Field(ge=1, le=100_000)] | None = None
    from_: Annotated[When | None, Field(alias="from")] = None
    until: When | None = None
    item: Literal["direct", "indirect"] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise _wrong((("until",), "until_before_from", {"from": self.from_.isoformat()}))
        return self


class StepIn(Sparse):
    """A step of tiers: from this much sold on, this rate."""

    from_: Annotated[Amount, Field(alias="from")]
    rate_bp: RateBp


class PayIn(Sparse):
    """What a rule pays: percent {rate_bp}, per_order {amount}, per_item {amount}, tiers {mode,
    steps: from 0, rising}, recurring {rate_bp, months}, per_click {amount, max_per_day (rupiah)},
    per_post {amount}, bonus {amount, at_sales or at_volume}.
    """

    kind: Kind
    rate_bp: RateBp | None = None
    amount: Amount | None = None
    mode: Literal["marginal", "whole"] | None = None
    steps: Annotated[list[StepIn], Field(min_length=1, max_length=20)] | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    max_per_day: Amount | None = None
    at_sales: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    at_volume: Amount | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = _NEEDS[self.kind]
        given = {name for name, value in self if name != "kind" and value is not None}
        extra = given - needs
        wrong: list[tuple[tuple[str | int, ...], str, dict[str, Any]]]
        wrong = [((n,), "missing_for_kind", {"kind": self.kind}) for n in sorted(needs - given)]
        if self.kind == "bonus":
            targets = given & _TARGETS
            extra -= _TARGETS
            if len(targets) != 1:
                wrong.append((("at_sales",), "one_target", {}))
        wrong += [((n,), "not_for_kind", {"kind": self.kind}) for n in sorted(extra)]
        wrong += self._steps()
        if wrong:
            raise _wrong(*wrong)
        return self

    def _steps(self) -> list[tuple[tuple[str | int, ...], str, dict[str, Any]]]:
        """Steps begin at 0 and rise."""
        starts = [step.from_ for step in self.steps or ()] if self.kind == "tiers" else []
        wrong: list[tuple[tuple[str | int, ...], str, dict[str, Any]]] = []
        if starts and starts[0] != 0:
            wrong.append((("steps", 0, "from"), "steps_from_zero", {}))
        wrong += [
            (("steps", i, "from"), "steps_not_rising", {"amount": before})
            for i, (before, start) in enumerate(pairwise(starts), start=1)
            if start <= before
        ]
        return wrong


class RuleIn(Sparse):
    """One rule; in the list the first whose conditions all hold decides a line."""

    name: RuleName | None = None
    when: WhenIn | None = None
    pay: PayIn
    max_per_order: Amount | None = None
    max_per_partner_month: Amount | None = None

    @model_validator(mode="after")
    def _of_kind(self) -> Self:
        kind = self.pay.kind
        wrong: list[tuple[tuple[str | int, ...], str, dict[str, Any]]] = []
        if kind in EVENT_KINDS and self.max_per_order is not None:
            wrong.append((("max_per_order",), "not_for_kind", {"kind": kind}))
        asked = {name for name, value in self.when or () if value is not None}
        wrong += [
            (("when", name.rstrip("_")), "not_for_kind", {"kind": kind})
            for name in sorted(asked - _ASKS.get(kind, asked))
        ]
        if wrong:
            raise _wrong(*wrong)
        return self


class AttributionIn(Shape):
    """Who gets the credit, and how long a touch counts."""

    model: Literal["last_touch", "first_touch", "linear", "position"] = "last_touch"
    window_days: Annotated[int, Field(ge=1, le=365)] = 30
    coupon_beats_click: bool = True


class RecruiterIn(Shape):
    """The recruiter's share."""

    rate_bp: Annotated[int, Field(ge=0, le=5_000)]
    active_days: Annotated[int, Field(ge=1, le=365)] = 30


class DiscountIn(Shape):
    """What the coupon takes off for the buyer."""

    kind: Literal["percent"] = "percent"
    rate_bp: RateBp


class PriceIn(Shape):
    """What resellers may sell a product for, in rupiah a piece: above `base` is their margin."""

    product_id: Annotated[Line, Field(max_length=32)]
    base: Amount
    floor: Amount
    ceiling: Amount

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        wrong: list[Wrong] = []
        if self.floor < self.base:
            wrong.append((("floor",), "floor_below_base", {"amount": self.base}))
        if self.ceiling < self.floor:
            wrong.append((("ceiling",), "floor_above_ceiling", {"amount": self.floor}))
        if wrong:
            raise _wrong(*wrong)
        return self


class TermsIn(Sparse):
    """The terms of a campaign; only `rules` is required."""

    attribution: AttributionIn | None = None
    hold_days: Annotated[int, Field(ge=0, le=365)] | None = None
    rules: Annotated[list[RuleIn], Field(min_length=1, max_length=50)]
    max_per_partner_month: Amount | None = None
    recruiter: RecruiterIn | None = None
    bond_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    buyer_discount: DiscountIn | None = None
    selling_prices: Annotated[list[PriceIn], Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        rules = read(normal(self)).rules
        wrong = [*_twins(rules), *_hidden(rules)]
        priced = [price.product_id for price in self.selling_prices or ()]
        wrong += [
            (("selling_prices", i, "product_id"), "product_twice", {})
            for i, product_id in enumerate(priced)
            if product_id in priced[:i]
        ]
        if not self.bond_days:
            wrong += [
                (("rules", i, "pay", "kind"), "recurring_needs_bond", {})
                for i, rule in enumerate(rules)
                if rule.kind == "recurring"
            ]
        if wrong:
            raise _wrong(*wrong)
        return self


def _twins(rules: Sequence[Rule]) -> list[Wrong]:
    """What is counted by the month is counted under its name: that must be its own."""
    found: list[Wrong] = []
    for index, rule in enumerate(rules):
        twins = [earlier for earlier in rules[:index] if earlier.name == rule.name]
        if twins and any(one.kind in COUNTED for one in (rule, *twins)):
            found.append((("rules", index, "name"), "rule_name_twice", {"rule": rule.name}))
    return found


def _hidden(rules: Sequence[Rule]) -> list[Wrong]:
    """Rules that can never decide a line, with those that hide them."""
    found: list[Wrong] = []
    for index, rule in enumerate(rules):
        hiders = hidden_by(rules, index)
        if hiders:
            names = [f"{i + 1}. {rules[i].name}" for i in hiders]
            found.append((("rules", index), "rule_hidden", {"rule": rule.name, "by": names}))
    return found


class NewTerms(TermsIn):
    """A new version, in force now or from a later instant."""

    effective_at: When | None = None


class TermsOut(Sparse):
    """A version of the terms, with its defaults filled in."""

    number: int
    effective_at: When
    created_at: When
    attribution: AttributionIn
    hold_days: int
    rules: list[RuleIn]
    max_per_partner_month: int | None = None
    recruiter: RecruiterIn | None = None
    bond_days: int = 0
    buyer_discount: DiscountIn | None = None
    selling_prices: list[PriceIn] | None = None


DEFAULTS: dict[str, Any] = {"attribution": AttributionIn().model_dump(), "hold_days": 7}


def normal(terms: TermsIn) -> dict[str, Any]:
    """The body as it is stored: JSON with the defaults and the rules' names written out."""
    body = DEFAULTS | terms.model_dump(mode="json", exclude={"effective_at"})
    for number, rule in enumerate(body["rules"], start=1):
        rule.setdefault("name", f"Komisi {number}")
        rule.setdefault("when", {})
    return body


def parse(raw: dict[str, Any]) -> TermsIn:
    """Plain JSON-like terms (of a form, of the demo) as the shape. Invalid with every bad field."""
    try:
        return TermsIn.model_validate_json(json.dumps(raw))
    except ValidationError as exc:
        raise Invalid(fields=bad_fields(exc)) from exc
