"""Last month's sales under new terms, beside what they really earned; nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from campaigns.terms import monthly
from campaigns.terms.rules import (
    LINE_KINDS,
    MARGIN,
    CreditedLine,
    Month,
    OrderFacts,
    Terms,
    Who,
    Worth,
    holds,
    worth,
)
from jejaring import world
from jejaring.db import sql
from jejaring.identity.models import Organisation
from jejaring.kit.money import half_up
from jejaring.kit.periods import day_of, month_bounds, month_of
from referrals.attribution.models import Credit
from referrals.attribution.rules import moment
from referrals.commissions import reverse, rules
from referrals.commissions.accrue import counting_from, credited_line, parts_of
from referrals.months.gather import orders_of
from referrals.orders.models import SaleLine
from referrals.orders.rules import CLOSED_STATES, Shop
from referrals.orders.store import Order

MOST = 5_000
RECENT = timedelta(days=30)
_SALES = (
    "SELECT s.id AS id FROM sale s WHERE s.merchant_id = ? AND s.placed_at >= ? AND s.placed_at < ?"
    " AND EXISTS (SELECT 1 FROM credit c WHERE c.sale_id = s.id AND c.ended_by IS NULL{of})"
    " ORDER BY s.placed_at DESC, s.id DESC LIMIT ?"
)


@dataclass(frozen=True)
class Side:
    """A partner's part: orders, their base, what they really earned and would have; rupiah."""

    partner: str
    sales: int
    base: int
    real: int
    new: int


@dataclass(frozen=True)
class Simulation:
    """A span of sales under new terms. `rules`: what each rule would have paid; `left_out`: kinds
    of the new terms that sales alone cannot tell; `whole` false where only the newest were looked
    at.
    """

    since: datetime
    until: datetime
    partners: tuple[Side, ...]
    rules: Mapping[str, int]
    left_out: tuple[str, ...]
    whole: bool

    @property
    def sales(self) -> int:
        """Orders, counted once for each credited partner."""
        return sum(side.sales for side in self.partners)

    @property
    def real(self) -> int:
        return sum(side.real for side in self.partners)

    @property
    def new(self) -> int:
        return sum(side.new for side in self.partners)


@dataclass
class _Count:
    """What is added up: per enrolment orders, base, rupiah by rule; and the lines by the month."""

    terms: Terms
    orders: dict[str, set[str]] = field(default_factory=dict)
    bases: dict[str, int] = field(default_factory=dict)
    paid: dict[str, dict[str, int]] = field(default_factory=dict)
    volumes: dict[str, dict[str, int]] = field(default_factory=dict)
    lines: dict[tuple[str, str], list[monthly.Sold]] = field(default_factory=dict)
    sold: set[str] = field(default_factory=set)

    def add(self, enrolment_id: str, rule: str, amount: int) -> None:
        """Rupiah by a rule."""
        own = self.paid.setdefault(enrolment_id, {})
        own[rule] = own.get(rule, 0) + amount


async def simulate(row: Campaign, terms: Terms, most: int = MOST) -> Simulation:
    """The last calendar month's credited sales of the campaign under the terms (the last 30 days
    where that month has none; all credited sales of what it covers where it has none of its own).

    Credit stays as it was given: only what it is worth is worked out anew, with refunds, limits and
    month's ends, without a budget. What is really there is on the books now.
    """
    zone = (await Organisation.get(id=row.merchant_id)).zone
    now = world.now()
    start, _ = month_bounds(month_of(now, zone), zone)
    before, _ = month_bounds(month_of(start - timedelta(days=1), zone), zone)
    own = await Credit.exists(campaign_id=row.id, ended_by=None)
    for since, until in ((before, start), (now - RECENT, now)):
        ids = await _ids(row, (since, until), most, own=own)
        if ids:
            break
    count = _Count(terms)
    covered = (await lifecycle.facts({row.id}))[row.id]
    orders = await orders_of(Shop(row.merchant_id, zone), ids) if ids else []
    for order, given in orders:
        kept = [c for c in given if not c.self_referral and (not own or c.campaign_id == row.id)]
        lines = {line.id for line in order.lines if covered.covers(line.product_id)}
        _price(count, order, given, [c for c in kept if c.line_id in lines])
    _month_ends(count)
    return Simulation(
        since=since,
        until=until,
        partners=await _sides(row, count, (since, until), own=own),
        rules=_by_rule(count),
        left_out=_left_out(terms),
        whole=len(ids) < most,
    )


def _left_out(terms: Terms) -> tuple[str, ...]:
    kinds = [r.kind for r in terms.rules if r.kind not in (*LINE_KINDS, "bonus")]
    return (*dict.fromkeys(kinds), *(["recruiter"] if terms.recruiter else []))


async def _ids(
    row: Campaign, span: tuple[datetime, datetime], most: int, *, own: bool
) -> list[str]:
    query = _SALES.format(of=" AND c.campaign_id = ?" if own else "")
    values = [row.merchant_id, *span, *([row.id] if own else []), most]
    return [found["id"] for found in await sql.rows(query, values)]


def _price(count: _Count, order: Order, given: Sequence[Credit], kept: Sequence[Credit]) -> None:
    """One order: every partner's lines under the terms, within the limits per order and month."""
    if not kept or order.sale.state in CLOSED_STATES:
        return
    parts = parts_of(order, given)
    lines = {line.id: line for line in order.lines}
    sale = order.sale
    facts = OrderFacts(sale.base, moment(sale.placed_at), sale.new_buyer, order.shop.zone)
    found: list[tuple[Credit, SaleLine, Worth]] = []
    # In the order in which a sale is priced: who gets an odd rupiah must be the same.
    kept = sorted(kept, key=lambda c: (c.touch_id, c.enrolment_id))
    places_of = dict.fromkeys(c.enrolment_id for c in kept)
    terms = count.terms if len(places_of) == 1 else rules.without_order_limits(count.terms)
    for enrolment_id in places_of:
        own = [c for c in kept if c.enrolment_id == enrolment_id]
        own.sort(key=lambda c: lines[c.line_id].position)
        who = _who(own[0])
        credited = [credited_line(order, lines[c.line_id], c, parts[c.id]) for c in own]
        month = Month(count.volumes.get(enrolment_id, {}))
        rows = worth(terms, facts, who, credited, month)
        places = {line.position: c for line, c in zip(credited, own, strict=True)}
        found += [
            (places[w.position], lines[places[w.position].line_id], w)
            for w in rows
            if w.kind != MARGIN
        ]
        _seen(count, order, own, parts)
        _bonuses(count, order, (facts, who), list(zip(own, credited, strict=True)))
    limited = rules.order_limited([w for _, _, w in found], count.terms)
    for (credit, line, _), w in zip(found, limited, strict=True):
        _book(count, order, (credit, line), w)


def _who(credit: Credit) -> Who:
    because = credit.because
    return Who(str(because["role"]), str(because["partner"]), str(because["tier"]))


def _seen(
    count: _Count, order: Order, own: Sequence[Credit], parts: Mapping[str, tuple[int, int]]
) -> None:
    place = own[0].enrolment_id
    count.orders.setdefault(place, set()).add(order.sale.id)
    count.bases[place] = count.bases.get(place, 0) + sum(parts[c.id][0] for c in own)
    count.sold.add(order.sale.id)


def _left(line: SaleLine, base: int) -> int:
    """What is left of a part of a line after its refunds."""
    return half_up(base * (line.base - line.refunded), line.base) if line.base else 0


def _book(count: _Count, order: Order, of: tuple[Credit, SaleLine], w: Worth) -> None:
    """A line's worth: tiers wait for the month's end, the rest is due now, less refunds."""
    credit, line = of
    if w.before is not None:
        left = _left(line, w.base)
        volumes = count.volumes.setdefault(credit.enrolment_id, {})
        volumes[w.rule] = volumes.get(w.rule, 0) + left
        if counting_from(order.sale) is not None:
            rule = count.terms.rules[w.rule_index]
            lines = count.lines.setdefault((credit.enrolment_id, w.rule), [])
            lines.append(monthly.Sold(order.sale.id, rule, left))
        return
    so_far = count.paid.get(credit.enrolment_id, {})
    (limited,) = rules.month_limited([w], count.terms, so_far)
    due = rules.still_due(limited.amount, reverse.line_now(order, line))
    count.add(credit.enrolment_id, w.rule, due)


def _bonuses(
    count: _Count,
    order: Order,
    by: tuple[OrderFacts, Who],
    own: Sequence[tuple[Credit, CreditedLine]],
) -> None:
    if counting_from(order.sale) is None:
        return
    lines = {line.id: line for line in order.lines}
    for rule in (r for r in count.terms.rules if r.kind == "bonus"):
        for credit, credited in own:
            left = _left(lines[credit.line_id], credited.share_base)
            if left and holds(rule.when, *by, credited):
                sold = count.lines.setdefault((credit.enrolment_id, rule.name), [])
                sold.append(monthly.Sold(order.sale.id, rule, left))


def _month_ends(count: _Count) -> None:
    """Tiers and bonuses, within what the month's limit over all rules leaves."""
    cap = count.terms.max_per_partner_month
    for (place, name), lines in sorted(count.lines.items()):
        kind = lines[0].rule.kind
        due = (monthly.tiers(lines) if kind == "tiers" else monthly.bonus(lines)).due
        if cap is not None:
            due = min(due, max(cap - sum(count.paid.get(place, {}).values()), 0))
        count.add(place, name, due)


def _by_rule(count: _Count) -> dict[str, int]:
    found = {rule.name: 0 for rule in count.terms.rules if rule.kind in (*LINE_KINDS, "bonus")}
    for own in count.paid.values():
        for rule, amount in own.items():
            found[rule] += amount
    return found


async def _sides(
    row: Campaign, count: _Count, span: tuple[datetime, datetime], *, own: bool
) -> tuple[Side, ...]:
    """The partners, who would earn most first, with what is on the books for the same sales."""
    if not count.orders:
        return ()
    places = sorted(count.orders)
    marks = ", ".join("?" * len(places))
    mine = " AND c.campaign_id = ?" if own else ""
    rows = await sql.rows(
        "SELECT c.enrolment_id, CAST(sum(c.amount - c.reversed) AS BIGINT) AS n "  # noqa: S608
        "FROM commission c LEFT JOIN sale s ON s.id = c.sale_id "
        f"WHERE c.enrolment_id IN ({marks}){mine} AND c.state <> 'rejected' "
        "AND c.kind NOT IN ('per_click', 'per_post', 'recruiter', 'margin') AND ((s.id IS NOT NULL "
        "AND s.placed_at >= ? AND s.placed_at < ?) OR (s.id IS NULL AND c.month = ?)) "
        "GROUP BY c.enrolment_id",
        [*places, *([row.id] if own else []), *span, _month(span)],
    )
    real = {found["enrolment_id"]: int(found["n"]) for found in rows}
    slugs = await sql.rows(
        "SELECT e.id, o.slug FROM enrolment e JOIN organisation o ON o.id = e.partner_id "  # noqa: S608
        f"WHERE e.id IN ({marks})",
        places,
    )
    sides = [
        Side(
            partner=found["slug"],
            sales=len(count.orders[found["id"]]),
            base=count.bases[found["id"]],
            real=real.get(found["id"], 0),
            new=sum(count.paid.get(found["id"], {}).values()),
        )
        for found in slugs
    ]
    return tuple(sorted(sides, key=lambda side: (-side.new, -side.real, side.partner)))


def _month(span: tuple[datetime, datetime]) -> str:
    """The calendar month of the middle of the span: its month's end counts as real."""
    return day_of(span[0] + (span[1] - span[0]) / 2).strftime("%Y-%m")
