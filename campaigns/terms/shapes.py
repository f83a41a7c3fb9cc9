"""Terms as they are sent and shown: closed, with every bad field named."""

import json
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
from campaigns.terms.rules import KINDS, read
from jejaring.kit.errors import Invalid
from jejaring.web.api import bad_fields
from jejaring.web.shapes import Amount, Code, Line, Name, RateBp, Shape, When

Kind = Literal[
    "percent", "per_order", "per_item", "tiers", "recurring", "per_click", "per_post", "bonus"
]
_NEEDS = {"percent": {"rate_bp"}, "per_order": {"amount"}, "per_item": {"amount"}}


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
    """What a rule pays. `percent` needs rate_bp, `per_order` and `per_item` need amount."""

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
        needs = _NEEDS.get(self.kind)
        if needs is None:
            return self
        given = {name for name, value in self if name != "kind" and value is not None}
        wrong = [((name,), "missing_for_kind", {"kind": self.kind}) for name in needs - given]
        wrong += [((n,), "not_for_kind", {"kind": self.kind}) for n in sorted(given - needs)]
        if wrong:
            raise _wrong(*wrong)
        return self


class RuleIn(Sparse):
    """One rule; in the list the first whose conditions all hold decides a line."""

    name: RuleName | None = None
    when: WhenIn | None = None
    pay: PayIn
    max_per_order: Amount | None = None
    max_per_partner_month: Amount | None = None


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


class TermsIn(Sparse):
    """The terms of a campaign; only `rules` is required."""

    attribution: AttributionIn | None = None
    hold_days: Annotated[int, Field(ge=0, le=365)] | None = None
    rules: Annotated[list[RuleIn], Field(min_length=1, max_length=50)]
    max_per_partner_month: Amount | None = None
    recruiter: RecruiterIn | None = None
    bond_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    buyer_discount: DiscountIn | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        rules = read(normal(self)).rules
        if any(rule.kind not in KINDS for rule in rules):
            return self
        wrong: list[tuple[tuple[str | int, ...], str, dict[str, Any]]] = []
        for index, rule in enumerate(rules):
            hiders = hidden_by(rules, index)
            if hiders:
                names = [f"{i + 1}. {rules[i].name}" for i in hiders]
                wrong.append((("rules", index), "rule_hidden", {"rule": rule.name, "by": names}))
        if wrong:
            raise _wrong(*wrong)
        return self


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
    bond_days: int = 0
    buyer_discount: DiscountIn | None = None


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
