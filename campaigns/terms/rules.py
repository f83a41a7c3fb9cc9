"""What an order line is worth under a version of the terms: the first rule that holds decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jejaring.kit.money import FULL_BP, half_up, percent_of, split

ROLES = ("reseller", "buzzer", "influencer", "follower")
TIERS = ("bronze", "silver", "gold")
CHANNELS = ("link", "scan", "coupon", "chat", "marketplace")
ITEMS = ("direct", "indirect")
KINDS = ("percent", "per_order", "per_item")
KINDS_LATER = ("tiers", "recurring", "per_click", "per_post", "bonus")
ANY_OF = ("product_id", "sku", "category", "role", "partner", "tier", "channel", "item")


@dataclass(frozen=True)
class Policy:
    """How a campaign's touches share a line: `last_touch` or `first_touch`, and how long they
    count.
    """

    model: str = "last_touch"
    window_days: int = 30
    coupon_beats_click: bool = True


@dataclass(frozen=True)
class When:
    """A rule's conditions; all of them must hold, and None (or 0) asks for nothing.

    The sets mean *any of*; categories are compared folded. `min_line` (rupiah) and `min_quantity`
    look at the line, `min_order` (rupiah) at the whole order, in base. `from_` ≤ placed_at < until.
    """

    product_id: frozenset[str] | None = None
    sku: frozenset[str] | None = None
    category: frozenset[str] | None = None
    role: frozenset[str] | None = None
    partner: frozenset[str] | None = None
    tier: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    item: frozenset[str] | None = None
    new_buyer: bool | None = None
    min_line: int = 0
    min_order: int = 0
    min_quantity: int = 0
    from_: datetime | None = None
    until: datetime | None = None

    @property
    def asks(self) -> int:
        """How many conditions there are."""
        return sum(value is False or value not in (None, 0) for value in vars(self).values())


@dataclass(frozen=True)
class Rule:
    """One line rule: its conditions, what it pays, and its limits in rupiah (None = no limit).

    kind `percent` has `rate_bp`, `per_order` and `per_item` have `amount`; a zero pays zero.
    """

    name: str
    kind: str
    when: When = field(default_factory=When)
    rate_bp: int | None = None
    amount: int | None = None
    max_per_order: int | None = None
    max_per_partner_month: int | None = None


@dataclass(frozen=True)
class Terms:
    """One version of a campaign's terms. `hold_days` after delivery a commission is payable;
    `buyer_discount_bp` is what the coupon takes off for the buyer (None = nothing).
    """

    rules: tuple[Rule, ...]
    attribution: Policy = field(default_factory=Policy)
    hold_days: int = 7
    max_per_partner_month: int | None = None
    bond_days: int = 0
    buyer_discount_bp: int | None = None


@dataclass(frozen=True)
class OrderFacts:
    """The order as a whole: base in rupiah, and whether its buyer is new (None = unknown)."""

    base: int
    placed_at: datetime
    new_buyer: bool | None = None


@dataclass(frozen=True)
class Who:
    """The credited partner (by slug) in the role and tier of their enrolment."""

    role: str
    partner: str
    tier: str = "bronze"


@dataclass(frozen=True)
class CreditedLine:
    """A line as it is credited to one partner: `base` is the whole line's, `share_base` the part
    (in rupiah) and `share_bp` the part (in basis points) of it that is this partner's.
    """

    position: int
    sku: str
    product_id: str | None
    category: str
    quantity: int
    base: int
    share_base: int
    share_bp: int = FULL_BP
    item: str = "direct"
    channel: str = "link"


@dataclass(frozen=True)
class Worth:
    """What one line earns, and by which rule; `notes` are reason codes (`max_per_order`)."""

    position: int
    rule_index: int
    rule: str
    kind: str
    base: int
    rate_bp: int | None
    amount: int
    notes: tuple[str, ...] = ()


def fold(category: str) -> str:
    """A category as it is compared: no outer spaces, one case."""
    return " ".join(category.split()).casefold()


def worth(
    terms: Terms, order: OrderFacts, who: Who, lines: Sequence[CreditedLine]
) -> tuple[Worth, ...]:
    """What this partner's lines of one order earn, in the order of `lines`, at most one row each.

    For each line the first rule whose conditions all hold decides; a line without one is absent.
    percent: share_base × rate_bp / 10 000, half up to the rupiah. per_item: amount × quantity,
    times the share, half up. per_order: amount once per order and rule, spread over the rule's
    lines by their bases (largest remainder, ties to the earlier line), then times each share.
    A rule's `max_per_order` is spread over its lines by what each would have paid. Month limits
    and the campaign's budget are not applied here.
    """
    chosen: dict[int, list[CreditedLine]] = {}
    for line in lines:
        index = _first(terms.rules, order, who, line)
        if index is not None:
            chosen.setdefault(index, []).append(line)
    found = [
        row
        for index, matched in chosen.items()
        for row in _priced(index, terms.rules[index], matched)
    ]
    place = {line.position: i for i, line in enumerate(lines)}
    return tuple(sorted(found, key=lambda row: place[row.position]))


def _first(rules: Sequence[Rule], order: OrderFacts, who: Who, line: CreditedLine) -> int | None:
    return next((i for i, rule in enumerate(rules) if holds(rule.when, order, who, line)), None)


def holds(when: When, order: OrderFacts, who: Who, line: CreditedLine) -> bool:
    """Whether all conditions hold; one on new or returning buyers never does for an unknown one."""
    values = {
        "product_id": line.product_id,
        "sku": line.sku,
        "category": fold(line.category),
        "role": who.role,
        "partner": who.partner,
        "tier": who.tier,
        "channel": line.channel,
        "item": line.item,
    }
    for name, value in values.items():
        wanted = getattr(when, name)
        if wanted is not None and value not in wanted:
            return False
    return (
        (when.new_buyer is None or when.new_buyer is order.new_buyer)
        and line.base >= when.min_line
        and order.base >= when.min_order
        and line.quantity >= when.min_quantity
        and (when.from_ is None or when.from_ <= order.placed_at)
        and (when.until is None or order.placed_at < when.until)
    )


def _amounts(rule: Rule, lines: Sequence[CreditedLine]) -> list[int]:
    if rule.kind == "percent":
        return [percent_of(line.share_base, rule.rate_bp or 0) for line in lines]
    amount = rule.amount or 0
    if rule.kind == "per_order":
        parts = split(amount, [line.base for line in lines])
    else:
        parts = [amount * line.quantity for line in lines]
    return [half_up(p * line.share_bp, FULL_BP) for p, line in zip(parts, lines, strict=True)]


def _priced(index: int, rule: Rule, lines: Sequence[CreditedLine]) -> list[Worth]:
    amounts = _amounts(rule, lines)
    capped = rule.max_per_order is not None and sum(amounts) > rule.max_per_order
    shown = split(rule.max_per_order or 0, amounts) if capped else amounts
    return [
        Worth(
            position=line.position,
            rule_index=index,
            rule=rule.name,
            kind=rule.kind,
            base=line.share_base,
            rate_bp=rule.rate_bp,
            amount=amount,
            notes=("max_per_order",) if capped else (),
        )
        for line, amount in zip(lines, shown, strict=True)
    ]


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
