"""What an order line is worth under a version of the terms: the first rule that holds decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from campaigns.terms import steps
from campaigns.terms.steps import Step
from jejaring.kit.money import FULL_BP, MAX_AMOUNT, percent_of, split
from jejaring.kit.periods import DEFAULT_ZONE, months_after

ROLES = ("reseller", "buzzer", "influencer", "follower")
TIERS = ("bronze", "silver", "gold")
CHANNELS = ("link", "scan", "coupon", "chat", "marketplace")
ITEMS = ("direct", "indirect")
LINE_KINDS = ("percent", "per_order", "per_item", "tiers", "recurring")
EVENT_KINDS: tuple[str, ...] = ("per_click", "per_post", "bonus")
# A reseller's margin on top: no rule of the list decides it, no budget and no limit holds it.
MARGIN, MARGIN_INDEX = "margin", -2
# Kinds that are counted per month (or day) under their names, which must differ.
COUNTED = ("tiers", "bonus", "per_click", "per_post")
ANY_OF = ("product_id", "sku", "category", "role", "partner", "tier", "channel", "item")


@dataclass(frozen=True)
class Policy:
    """How a campaign's touches share a line (`last_touch`, `first_touch`, `linear` or `position`),
    and how long they count.
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
    """One rule: its conditions, what it pays, and its limits in rupiah (None = no limit).

    kind `percent` has `rate_bp`, `per_order` and `per_item` have `amount`; a zero pays zero.
    `tiers` have `steps`: `marginal` ones pay each part of the month's volume at its own rate,
    `whole` ones pay all of it at the highest rate reached, when the month is over.
    """

    name: str
    kind: str
    when: When = field(default_factory=When)
    rate_bp: int | None = None
    amount: int | None = None
    max_per_order: int | None = None
    max_per_partner_month: int | None = None
    mode: str | None = None
    steps: tuple[Step, ...] = ()
    months: int | None = None
    max_per_day: int | None = None
    at_sales: int | None = None
    at_volume: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is paid only when the month is over, though it decides lines."""
        return self.kind == "tiers" and self.mode == "whole"


@dataclass(frozen=True)
class Recruiter:
    """The share of who recruited a partner: `rate_bp` on top of the recruit's commission, while the
    recruiter had sales of their own in the last `active_days` days.
    """

    rate_bp: int
    active_days: int = 30


@dataclass(frozen=True)
class Price:
    """What a reseller may sell a product for: between floor and ceiling; what is above `base` is
    their margin, and percentages are of `base`. Rupiah a piece.
    """

    base: int
    floor: int
    ceiling: int


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
    recruiter: Recruiter | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderFacts:
    """The order as a whole: base in rupiah, whether its buyer is new (None = unknown), and the zone
    of the merchant's calendar.
    """

    base: int
    placed_at: datetime
    new_buyer: bool | None = None
    zone: str = DEFAULT_ZONE


@dataclass(frozen=True)
class Who:
    """The credited partner (by slug) in the role and tier of their enrolment."""

    role: str
    partner: str
    tier: str = "bronze"


@dataclass(frozen=True)
class CreditedLine:
    """A line as it is credited to one partner: `base` is the whole line's, `share_base` the part
    (in rupiah) and `share_bp` the part (in basis points) of it that is this partner's; the line's
    shares before it hold `share_from_bp`, so that all parts of an amount re-add to it. `bonded_at`
    is when the buyer's first credited order was placed, of a line that the bond credits.
    """

    position: int
    sku: str
    product_id: str | None
    category: str
    quantity: int
    base: int
    share_base: int
    share_bp: int = FULL_BP
    share_from_bp: int = 0
    item: str = "direct"
    channel: str = "link"
    bonded_at: datetime | None = None
    unit_price: int = 0


@dataclass(frozen=True)
class Worth:
    """What one line earns, and by which rule; `each` is a fixed rule's own amount; `notes` are
    reason codes (`max_per_order`). Of tiers: `before` is the month's volume in front of this line,
    `parts` what of its base fell into which rate; `estimate` (of whole ones, which earn when the
    month is over) what it would earn as the month stands.
    """

    position: int
    rule_index: int
    rule: str
    kind: str
    base: int
    rate_bp: int | None
    amount: int
    notes: tuple[str, ...] = ()
    before: int | None = None
    parts: tuple[tuple[int, int], ...] = ()
    estimate: int | None = None
    each: int | None = None


@dataclass(frozen=True)
class Month:
    """What tiers need to know of the partner's month: `volumes` in rupiah by rule name, as it
    stands before this order; `kept` the volume that stood before a line when it was first priced,
    by (position, rule name): a line keeps the rate it got.
    """

    volumes: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[tuple[int, str], int] = field(default_factory=dict)


NO_MONTH = Month()


def fold(category: str) -> str:
    """A category as it is compared: no outer spaces, one case."""
    return " ".join(category.split()).casefold()


def worth(
    terms: Terms,
    order: OrderFacts,
    who: Who,
    lines: Sequence[CreditedLine],
    month: Month = NO_MONTH,
) -> tuple[Worth, ...]:
    """What this partner's lines of one order earn, in the order of `lines`, at most one row each.

    For each line the first rule whose conditions all hold decides; a line without one is absent.
    percent: share_base × rate_bp / 10 000, half up to the rupiah. per_item: amount × quantity, at
    most Rp10^12 a line, times the share, half up. per_order: amount once per order and rule, spread
    over the rule's lines by their bases (largest remainder, ties to the earlier line), then times
    each share.
    tiers: each line's share_base continues the month's volume; marginal ones pay Σ part × rate,
    half up once per line, whole ones nothing yet.
    A rule's `max_per_order` is spread over its lines by what each would have paid. Month limits
    and the campaign's budget are not applied here. A reseller's line of a product with a selling
    price has a row more, its margin, and its rules see `base` × quantity only.
    """
    prices = [
        terms.prices.get(i.product_id or "") if who.role == "reseller" else None for i in lines
    ]
    margins = [_margin(p, line) for p, line in zip(prices, lines, strict=True) if p]
    lines = [_at_base(p, line) if p else line for p, line in zip(prices, lines, strict=True)]
    chosen: dict[int, list[CreditedLine]] = {}
    for line in lines:
        index = _first(terms.rules, order, who, line)
        if index is not None:
            chosen.setdefault(index, []).append(line)
    found = [
        row
        for index, matched in chosen.items()
        for row in _priced(index, terms.rules[index], matched, month)
    ]
    place = {line.position: i for i, line in enumerate(lines)}
    return tuple(sorted([*found, *margins], key=lambda row: place[row.position]))


def _goods(price: Price, line: CreditedLine) -> int:
    """What of a line is the goods' own price: discounts come off the margin first."""
    return min(line.base, price.base * line.quantity)


def _at_base(price: Price, line: CreditedLine) -> CreditedLine:
    return replace(line, share_base=_share(_goods(price, line), line))


def _margin(price: Price, line: CreditedLine) -> Worth:
    """(unit_price − base) × quantity less discounts, times the share; nothing for a price outside
    floor and ceiling.
    """
    fits = price.floor <= line.unit_price <= price.ceiling
    above = _share(line.base, line) - _share(_goods(price, line), line)
    return Worth(
        position=line.position,
        rule_index=MARGIN_INDEX,
        rule=MARGIN,
        kind=MARGIN,
        base=above,
        rate_bp=None,
        amount=above if fits else 0,
        notes=() if fits else ("price_outside",),
    )


def _first(rules: Sequence[Rule], order: OrderFacts, who: Who, line: CreditedLine) -> int | None:
    return next((i for i, rule in enumerate(rules) if decides(rule, order, who, line)), None)


def decides(rule: Rule, order: OrderFacts, who: Who, line: CreditedLine) -> bool:
    """Whether it is a line rule all of whose conditions hold. `recurring` asks for a line that the
    buyer's bond credits, placed within its calendar months after the first credited order.
    """
    if rule.kind not in LINE_KINDS:
        return False
    if rule.kind == "recurring" and not _within(rule.months or 0, order, line):
        return False
    return holds(rule.when, order, who, line)


def _within(months: int, order: OrderFacts, line: CreditedLine) -> bool:
    if line.bonded_at is None:
        return False
    return order.placed_at < months_after(line.bonded_at, months, order.zone)


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
    if rule.kind in ("percent", "recurring"):
        return [percent_of(line.share_base, rule.rate_bp or 0) for line in lines]
    amount = rule.amount or 0
    if rule.kind == "per_order":
        parts = split(amount, [line.base for line in lines])
    else:
        parts = [min(amount * line.quantity, MAX_AMOUNT) for line in lines]
    return [_share(part, line) for part, line in zip(parts, lines, strict=True)]


def _share(amount: int, line: CreditedLine) -> int:
    """The partner's part of a line's amount: the difference of two running values, each half up."""
    before = percent_of(amount, line.share_from_bp)
    return percent_of(amount, line.share_from_bp + line.share_bp) - before


def _priced(index: int, rule: Rule, lines: Sequence[CreditedLine], month: Month) -> Sequence[Worth]:
    if rule.kind == "tiers":
        return _capped(rule, _tiered(index, rule, lines, month))
    rows = [
        _row(index, rule, line, amount)
        for line, amount in zip(lines, _amounts(rule, lines), strict=True)
    ]
    return _capped(rule, rows)


def _row(index: int, rule: Rule, line: CreditedLine, amount: int) -> Worth:
    return Worth(
        position=line.position,
        rule_index=index,
        rule=rule.name,
        kind=rule.kind,
        base=line.share_base,
        rate_bp=rule.rate_bp,
        amount=amount,
        each=rule.amount,
    )


def _tiered(index: int, rule: Rule, lines: Sequence[CreditedLine], month: Month) -> list[Worth]:
    rows = []
    volume = month.volumes.get(rule.name, 0)
    for line in lines:
        before = month.kept.get((line.position, rule.name))
        if before is None:
            before, volume = volume, volume + line.share_base
        spread = steps.parts(rule.steps, before, line.share_base)
        if rule.whole:
            spread = ((line.share_base, steps.rate_at(rule.steps, before + line.share_base)),)
        rate = spread[0][1] if len(spread) == 1 else None
        row = _row(index, rule, line, 0 if rule.whole else steps.paid(spread))
        estimate = steps.paid(spread) if rule.whole else None
        notes = ("at_months_end",) if rule.whole else ()
        rows.append(
            replace(row, rate_bp=rate, before=before, parts=spread, estimate=estimate, notes=notes)
        )
    return rows


def _capped(rule: Rule, rows: Sequence[Worth]) -> Sequence[Worth]:
    """The rows of one order and rule under the rule's limit per order."""
    amounts = [row.amount for row in rows]
    if rule.max_per_order is None or sum(amounts) <= rule.max_per_order:
        return rows
    shown = split(rule.max_per_order, amounts)
    return [
        replace(row, amount=amount, notes=(*row.notes, "max_per_order"))
        for row, amount in zip(rows, shown, strict=True)
    ]
