"""What was sold, as values: drafts, totals, how states move, how a refund spreads over lines."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from jejaring.kit.errors import BadField, Invalid
from jejaring.kit.money import MAX_AMOUNT, half_up, split
from jejaring.kit.periods import DEFAULT_ZONE, day_start

OPEN_STATES = ("placed", "paid", "delivered", "completed")
CLOSED_STATES = ("cancelled", "returned")
STATES = OPEN_STATES + CLOSED_STATES
MARKETPLACES = ("shopee", "tokopedia", "tiktok", "lazada")
SOURCES = ("website", "whatsapp", "offline", *MARKETPLACES, "woocommerce", "shopify", "api")
AHEAD = timedelta(minutes=5)
LATE = timedelta(hours=72)


@dataclass(frozen=True)
class Shop:
    """The merchant whose sale it is, and the zone of its calendar."""

    id: str
    zone: str = "Asia/Jakarta"


@dataclass(frozen=True)
class LineDraft:
    """One item as received; `discount` is for the whole line, in rupiah."""

    sku: str
    quantity: int
    unit_price: int
    discount: int = 0

    @property
    def net(self) -> int:
        """quantity × unit_price less the line's discount."""
        return self.quantity * self.unit_price - self.discount


@dataclass(frozen=True)
class SaleDraft:
    """An order as any door hands it over. phone is E.164, email trimmed lower case, or None."""

    order_id: str
    source: str
    placed_at: datetime
    state: str
    lines: tuple[LineDraft, ...]
    discount: int = 0
    shipping: int = 0
    currency: str = "IDR"
    updated_at: datetime | None = None
    click_id: str | None = None
    coupon: str | None = None
    note: str | None = None
    creator: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Totals:
    """items_total = Σ quantity × unit_price; base = that less all discounts; `bases` per line."""

    items_total: int
    base: int
    bases: tuple[int, ...]


def totals(lines: Sequence[LineDraft], discount: int) -> Totals:
    """The order's discount is spread over the lines by their nets, by largest remainder.

    discount is in rupiah and at most the sum of the nets (see `wrong`).
    """
    nets = [line.net for line in lines]
    parts = split(discount, nets)
    bases = tuple(net - part for net, part in zip(nets, parts, strict=True))
    return Totals(sum(line.quantity * line.unit_price for line in lines), sum(bases), bases)


def wrong(draft: SaleDraft, now: datetime) -> list[BadField]:
    """Every fault of a draft that its shape cannot see; empty for a good one."""
    found = [
        BadField(f"/items/{i}/discount", "discount_over_line")
        for i, line in enumerate(draft.lines)
        if line.net < 0
    ]
    if sum(line.quantity * line.unit_price for line in draft.lines) > MAX_AMOUNT:
        found.append(BadField("/items", "order_too_large", {"amount": MAX_AMOUNT}))
    if not found and draft.discount > sum(line.net for line in draft.lines):
        found.append(BadField("/discount", "discount_over_total"))
    if draft.placed_at > now + AHEAD:
        found.append(BadField("/placed_at", "placed_ahead"))
    if draft.updated_at is not None and draft.updated_at > now + AHEAD:
        found.append(BadField("/updated_at", "updated_ahead"))
    return found


def check(draft: SaleDraft, now: datetime) -> None:
    """Invalid with every fault at once."""
    found = wrong(draft, now)
    if found:
        raise Invalid(fields=found)


def content_hash(draft: SaleDraft, buyer_phone: str | None, buyer_email: str | None) -> str:
    """SHA-256 over the full body as understood, but for `updated_at`; the buyer by keyed hashes."""
    body: dict[str, Any] = {
        "placed_at": draft.placed_at.astimezone(UTC).isoformat(),
        "state": draft.state,
        "lines": [[e.sku, e.quantity, e.unit_price, e.discount] for e in draft.lines],
        "discount": draft.discount,
        "shipping": draft.shipping,
        "currency": draft.currency,
        "click_id": draft.click_id,
        "coupon": draft.coupon,
        "note": draft.note,
        "creator": draft.creator,
        "buyer": [buyer_phone, buyer_email],
    }
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def next_state(current: str, wanted: str, *, newer: bool) -> str:
    """The state after a message that says `wanted`: forward only, closed is final; a *newer*
    message (by its `updated_at`) may say anything.
    """
    if newer or may_move(current, wanted):
        return wanted
    return current


def may_move(current: str, wanted: str) -> bool:
    """placed < paid < delivered < completed; cancelled and returned are reachable from these and
    final. Staying is allowed.
    """
    if current in CLOSED_STATES:
        return wanted == current
    return wanted in CLOSED_STATES or OPEN_STATES.index(wanted) >= OPEN_STATES.index(current)


@dataclass(frozen=True)
class Milestones:
    """When the order first was paid, delivered (or completed), closed; None for not yet."""

    paid_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None


def milestones(before: Milestones, state: str, at: datetime) -> Milestones:
    """The milestones once the order is in `state` since `at`; the first time counts and stays.

    delivered_at stays through completed; closed_at is forgotten when a closed order is reopened,
    and delivered_at when it goes back to placed or paid.
    """
    if state in CLOSED_STATES:
        return Milestones(before.paid_at, before.delivered_at, before.closed_at or at)
    if state == "placed":
        return Milestones()
    paid = before.paid_at or at
    return Milestones(paid, None if state == "paid" else before.delivered_at or at)


def counts_from(
    source: str, state: str, reached: Milestones, paid_counts_after_days: int
) -> datetime | None:
    """From when the hold runs: delivered_at; else, but for marketplaces, paid_at and so many days;
    None for an order that is merely placed, or closed.
    """
    if state in CLOSED_STATES:
        return None
    if reached.delivered_at is not None:
        return reached.delivered_at
    if reached.paid_at is not None and source not in MARKETPLACES:
        return reached.paid_at + timedelta(days=paid_counts_after_days)
    return None


@dataclass(frozen=True)
class LineLeft:
    """A line as refunds find it; `base` and `refunded` in rupiah, `returned` of `quantity`."""

    position: int
    quantity: int
    base: int
    refunded: int = 0
    returned: int = 0

    @property
    def left(self) -> int:
        return self.base - self.refunded


@dataclass(frozen=True)
class Part:
    """What one refund takes of one line: rupiah of its base, units of its quantity; `asked` is
    what these units are worth, where less was left.
    """

    position: int
    amount: int
    quantity: int = 0
    asked: int = field(default=0, compare=False)


def spread_amount(amount: int, lines: Sequence[LineLeft]) -> tuple[Part, ...]:
    """A refund by amount: capped at what is left of the order's base (shipping comes off last, so
    the excess takes nothing), spread by largest remainder of what is left on each line.
    """
    left = [line.left for line in lines]
    parts = split(min(amount, sum(left)), left)
    return tuple(Part(line.position, part) for line, part in zip(lines, parts, strict=True) if part)


def spread_items(wanted: Sequence[tuple[int, int]], lines: Sequence[LineLeft]) -> tuple[Part, ...]:
    """A refund of units: (line, quantity) pairs. n of N units take base × n / N: the difference of
    two running values rounded half up, so that N single units take the base exactly; never more
    than what is left; the last unit takes all that is left.

    Raises Invalid at `/items/…` for an unknown line (`unknown_line`) or too many (`over_quantity`).
    """
    known = {line.position: line for line in lines}
    sums: dict[int, int] = {}
    faults: list[BadField] = []
    for i, (position, quantity) in enumerate(wanted):
        line = known.get(position)
        if line is None:
            faults.append(BadField(f"/items/{i}/line", "unknown_line", {"line": position}))
            continue
        sums[position] = sums.get(position, 0) + quantity
        rest = line.quantity - line.returned
        if sums[position] > rest:
            faults.append(BadField(f"/items/{i}/quantity", "over_quantity", {"n": rest}))
    if faults:
        raise Invalid(fields=faults)
    return tuple(_units(known[position], n) for position, n in sorted(sums.items()))


def _units(line: LineLeft, units: int) -> Part:
    after = line.returned + units
    value = half_up(line.base * after, line.quantity)
    value -= half_up(line.base * line.returned, line.quantity)
    taken = line.left if after == line.quantity else min(value, line.left)
    return Part(line.position, taken, units, max(value, taken))


@dataclass(frozen=True)
class Taken:
    """A refund that was applied: its `amount` over the whole order, or what its units were worth
    by line (`asked`), and what it could take by line.
    """

    amount: int | None
    asked: Mapping[str, int]
    spread: Mapping[str, int]


def topped_up(refunds: Sequence[Taken], lines: Sequence[LineLeft]) -> list[dict[str, int]]:
    """What each of these refunds takes once more is left than when it came, by line: what it was
    cut short by, in the order given; an amount is spread by largest remainder of what is left.
    """
    left = {str(line.position): line.left for line in lines}
    found: list[dict[str, int]] = []
    for refund in refunds:
        more: dict[str, int] = {}
        if refund.amount is not None:
            short = min(refund.amount - sum(refund.spread.values()), sum(left.values()))
            more = dict(zip(left, split(short, list(left.values())), strict=True))
        for place, asked in refund.asked.items():
            more[place] = min(asked - refund.spread.get(place, 0), left.get(place, 0))
        left = {place: rest - more.get(place, 0) for place, rest in left.items()}
        places = [p for p in {**refund.spread, **more} if p in refund.spread or more[p]]
        found.append({p: refund.spread.get(p, 0) + more.get(p, 0) for p in places})
    return found


def given_back(
    refunds: Iterable[tuple[Mapping[str, int], Sequence[Mapping[str, int]]]],
) -> dict[int, tuple[int, int]]:
    """What refunds (their spread in rupiah by line, their items) took of each line: rupiah of its
    base, units of its quantity, by the line's position.
    """
    found: dict[int, tuple[int, int]] = {}
    for spread, items in refunds:
        taken = [(int(line), amount, 0) for line, amount in spread.items()]
        taken += [(e["line"], 0, e["quantity"]) for e in items if str(e["line"]) in spread]
        for line, amount, units in taken:
            rupiah, before = found.get(line, (0, 0))
            found[line] = (rupiah + amount, before + units)
    return found


def refund_hash(amount: int | None, items: Sequence[tuple[int, int]], reason: str) -> str:
    """SHA-256 over what a refund says."""
    body = [amount, sorted(list(item) for item in items), reason]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def matched(
    stored: Sequence[tuple[int, str]], drafts: Sequence[LineDraft]
) -> tuple[list[tuple[int, LineDraft]], list[LineDraft], list[int]]:
    """Stored lines (position, sku) against a new body: (kept pairs, new lines, dropped positions).

    Lines are matched by sku, then by order among equals; a line keeps its position for ever.
    """
    free: dict[str, list[int]] = {}
    for position, sku in stored:
        free.setdefault(sku, []).append(position)
    kept: list[tuple[int, LineDraft]] = []
    fresh: list[LineDraft] = []
    for draft in drafts:
        places = free.get(draft.sku)
        if places:
            kept.append((places.pop(0), draft))
        else:
            fresh.append(draft)
    return kept, fresh, sorted(p for places in free.values() for p in places)


def is_new(placed_at: datetime, known: bool, earliest: datetime | None) -> bool | None:
    """Whether the buyer is new: no earlier-placed, not cancelled order under the same phone or
    e-mail (`earliest` is the earliest such one). A buyer without either is unknown: None.
    """
    if not known:
        return None
    return earliest is None or earliest >= placed_at


def span(
    since: date | None, until: date | None, zone: str = DEFAULT_ZONE
) -> tuple[datetime | None, datetime | None]:
    """A filter's [since, until) as instants: a time is itself, a day is midnight in the zone, and
    the last day is included whole.
    """
    if until is not None and not isinstance(until, datetime):
        until = day_start(until + timedelta(days=1), zone)
    if since is not None and not isinstance(since, datetime):
        since = day_start(since, zone)
    return since, until
