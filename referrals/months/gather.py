"""One partner's month under one rule as it stands: which lines count, with how much, and whether
all of its sales are final. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from campaigns.catalog.models import Product
from campaigns.terms import monthly
from campaigns.terms.rules import CreditedLine, OrderFacts, Rule, Terms, Who, holds
from jejaring import world
from jejaring.db import sql
from jejaring.identity.models import Organisation
from jejaring.kit.money import half_up
from jejaring.kit.periods import month_bounds, month_of
from referrals.attribution import evidence
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.attribution.rules import moment
from referrals.commissions import reverse
from referrals.commissions.accrue import counting_from, credited_line, parts_of
from referrals.commissions.models import Commission, TrueUp
from referrals.commissions.rules import LineNow
from referrals.orders.models import Sale, SaleLine
from referrals.orders.rules import CLOSED_STATES, Shop
from referrals.orders.store import Order

_SALES = (
    "SELECT DISTINCT c.sale_id AS id FROM credit c JOIN sale s ON s.id = c.sale_id "
    "WHERE c.enrolment_id = ? AND c.ended_by IS NULL AND c.self_referral = ? "
    "AND s.placed_at >= ? AND s.placed_at < ? "
    "UNION SELECT sale_id FROM commission WHERE enrolment_id = ? AND month = ? "
    "AND sale_id IS NOT NULL"
)
_COUNTING = ("pending", "payable")


@dataclass(frozen=True)
class AllSales:
    """A partner's month, whatever rule its lines were sold under."""

    merchant_id: str
    enrolment_id: str
    month: str
    kind: str = "all"
    rule: str = ""


@dataclass(frozen=True)
class Counted:
    """A line that counts, with its commissions by this rule (none under a bonus)."""

    sold: monthly.Sold
    rows: list[Commission]
    line: LineNow


@dataclass
class SoldMonth:
    """The lines in the order that counts, the terms of the last, and whether all is final."""

    counted: list[Counted] = field(default_factory=list)
    terms: Terms | None = None
    final: bool = True


@dataclass
class _Reading:
    row: TrueUp | AllSales
    found: Evidence
    rows: dict[str, list[Commission]]
    out: SoldMonth


def worth(kind: str, counted: Sequence[Counted]) -> monthly.Month:
    """What the month is worth by its rule."""
    lines = [one.sold for one in counted]
    return monthly.tiers(lines) if kind == "tiers" else monthly.bonus(lines)


def earned(kind: str, counted: Sequence[Counted]) -> int:
    """What its lines have of the rule already; of a bonus nothing."""
    return sum(one.sold.earned for one in counted) if kind == "tiers" else 0


async def gather(row: TrueUp | AllSales) -> SoldMonth:
    """Read the month of this rule, or of all sales: the credited lines of sales placed in it that
    are not closed, count as delivered, and are neither held nor rejected. A sale whose commissions
    were accrued for another month (its day was moved) counts there.
    """
    zone = (await Organisation.get(id=row.merchant_id)).zone
    start, end = month_bounds(row.month, zone)
    values = [row.enrolment_id, False, start, end, row.enrolment_id, row.month]
    ids = [found["id"] for found in await sql.rows(_SALES, values)]
    made = Commission.filter(sale_id__in=ids, enrolment_id=row.enrolment_id, parent_id=None)
    rows: dict[str, list[Commission]] = {}
    months: dict[str | None, str] = {}
    for one in await made.order_by("created_at", "id"):
        rows.setdefault(one.line_id or "", []).append(one)
        months.setdefault(one.sale_id, one.month)
    found = Evidence()
    await evidence.load_promises(found, {row.enrolment_id})
    reading = _Reading(row, found, rows, SoldMonth())
    for order, given in await orders_of(Shop(row.merchant_id, zone), ids):
        placed = month_of(order.sale.placed_at, zone)
        if months.get(order.sale.id, placed) == row.month:
            _read(reading, order, given)
    if row.kind == "tiers":
        reading.out.counted.sort(key=_recorded)
    return reading.out


def _recorded(one: Counted) -> tuple[object, ...]:
    leader = one.rows[0]
    return (leader.created_at, int(str(leader.because.get("before", 0))), leader.sale_id)


async def orders_of(shop: Shop, ids: Sequence[str]) -> list[tuple[Order, list[Credit]]]:
    """The sales with lines and credits, in the order in which they were placed."""
    lines: dict[str, list[SaleLine]] = {}
    for line in await SaleLine.filter(sale_id__in=ids).order_by("position"):
        lines.setdefault(line.sale_id, []).append(line)
    given: dict[str, list[Credit]] = {}
    for credit in await Credit.filter(sale_id__in=ids, ended_by=None).order_by("id"):
        given.setdefault(credit.sale_id, []).append(credit)
    products = {line.product_id for own in lines.values() for line in own if line.product_id}
    pairs = await Product.filter(id__in=list(products)).values_list("id", "category")
    categories = dict(pairs)
    sales = await Sale.filter(id__in=ids).order_by("placed_at", "id")
    return [
        (Order(shop, sale, lines.get(sale.id, []), categories), given.get(sale.id, []))
        for sale in sales
    ]


def _read(reading: _Reading, order: Order, given: Sequence[Credit]) -> None:
    """Count the order's lines, and note whether it is final."""
    row, out = reading.row, reading.out
    own = [c for c in given if c.enrolment_id == row.enrolment_id and not c.self_referral]
    if not own or order.sale.state in CLOSED_STATES:
        return
    parts = parts_of(order, given)
    lines = {line.id: line for line in order.lines}
    counts = counting_from(order.sale)
    for credit in sorted(own, key=lambda c: lines[c.line_id].position):
        terms = reading.found.terms_by(credit.campaign_id, credit.terms_number)
        made = reading.rows.get(credit.line_id, [])
        over = counts is not None and counts + timedelta(days=terms.hold_days) <= world.now()
        out.final &= over and not any(_waits(one) for one in made)
        if counts is None or (made and all(one.state in ("held", "rejected") for one in made)):
            continue
        one = _count(reading, order, lines[credit.line_id], (credit, terms, parts[credit.id]))
        if one is not None:
            out.terms = terms
            out.counted.append(one)


def _waits(row: Commission) -> bool:
    """Whether a person, or a hold of its own (its order was raised later), is still to come."""
    own = row.state == "pending" and row.release_at is not None and row.release_at > world.now()
    return row.state == "held" or own


def _count(
    reading: _Reading, order: Order, line: SaleLine, by: tuple[Credit, Terms, tuple[int, int]]
) -> Counted | None:
    """The line as it counts for the rule; None if it does not."""
    credit, terms, part = by
    state = reverse.line_now(order, line)
    left = half_up(part[0] * (line.base - line.refunded), line.base) if line.base else 0
    if not left and (line.base or line.returned >= line.quantity):
        return None
    if reading.row.kind == "tiers":
        return _tiered(reading, terms, line, (left, state))
    if reading.row.kind == "all":
        return Counted(monthly.Sold(order.sale.id, terms.rules[0], left), [], state)
    rule = next((r for r in terms.rules if (r.kind, r.name) == ("bonus", reading.row.rule)), None)
    if rule is None or not _holds(rule, order, credit, credited_line(order, line, credit, part)):
        return None
    return Counted(monthly.Sold(order.sale.id, rule, left), [], state)


def _holds(rule: Rule, order: Order, credit: Credit, line: CreditedLine) -> bool:
    sale, because = order.sale, credit.because
    facts = OrderFacts(sale.base, moment(sale.placed_at), sale.new_buyer, order.shop.zone)
    who = Who(str(because["role"]), str(because["partner"]), str(because["tier"]))
    return holds(rule.when, facts, who, line)


def _tiered(
    reading: _Reading, terms: Terms, line: SaleLine, now: tuple[int, LineNow]
) -> Counted | None:
    """The line by the commissions that it has of the rule; the first made leads."""
    own = [
        one
        for one in reading.rows.get(line.id, [])
        if one.kind == "tiers" and one.rule == reading.row.rule and one.state in _COUNTING
    ]
    if not own:
        return None
    own.sort(key=lambda one: one.key.startswith("amend:"))
    short = any("budget_spent" in _notes(one) for one in own)
    paid = sum(one.amount - one.reversed for one in own)
    rule = terms.rules[own[0].rule_index]
    return Counted(monthly.Sold(line.sale_id, rule, now[0], paid, short), own, now[1])


def _notes(row: Commission) -> list[object]:
    notes = row.because.get("notes")
    return notes if isinstance(notes, list) else []
