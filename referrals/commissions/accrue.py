"""Accrue: what each credited line earns, within the limits, as rows and entries for many sales."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.enrolments.rules import FRAUD
from campaigns.terms.rules import MARGIN, CreditedLine, OrderFacts, Who, Worth, worth
from jejaring import world
from jejaring.db import bulk
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.money import split
from jejaring.ledger.rules import Draft
from jejaring.settings import settings
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.attribution.rules import CHANNEL, moment
from referrals.commissions import hold, release, rules, shares
from referrals.commissions.limits import Limits, Sold, limits_for
from referrals.commissions.models import Commission
from referrals.commissions.months import counted_under, open_months
from referrals.commissions.write import Ledgered
from referrals.orders.models import Sale, SaleLine
from referrals.orders.rules import CLOSED_STATES, counts_from
from referrals.orders.store import Order, milestones_of


@dataclass(frozen=True)
class Priced:
    """One worth of one credited line."""

    credit: Credit
    line: SaleLine
    worth: Worth


def price(
    found: Evidence, order: Order, given: Sequence[Credit], sold: Sold | None = None
) -> list[Priced]:
    """What the credits of one order are worth, before months and budget, self-referral included;
    given are all of its credits: partners who share a line share its base and its limits.
    """
    sold = sold or Sold()
    parts = parts_of(order, given)
    lines = {line.id: line for line in order.lines}
    facts = OrderFacts(
        order.sale.base, moment(order.sale.placed_at), order.sale.new_buyer, order.shop.zone
    )
    by_partner: dict[str, list[Credit]] = {}
    # In one order however they were read: who gets an odd rupiah must not change with a re-pricing.
    for credit in sorted(given, key=lambda c: (c.touch_id, c.enrolment_id)):
        by_partner.setdefault(credit.enrolment_id, []).append(credit)
    priced: list[Priced] = []
    for own in by_partner.values():
        because = own[0].because
        who = Who(str(because["role"]), str(because["partner"]), str(because["tier"]))
        terms = found.terms_by(own[0].campaign_id, own[0].terms_number)
        places = {lines[c.line_id].position: c for c in own}
        own.sort(key=lambda c: lines[c.line_id].position)
        # A line that the order no longer has takes no part, whatever a rule spreads.
        there = [c for c in own if lines[c.line_id].quantity]
        credited = [credited_line(order, lines[c.line_id], c, parts[c.id]) for c in there]
        if len(by_partner) > 1:
            terms = rules.without_order_limits(terms)
        rows = worth(terms, facts, who, credited, sold.of(own[0].enrolment_id))
        if not own[0].self_referral:
            sold.add(own[0].enrolment_id, rows)
        for row in rows:
            credit = places[row.position]
            priced.append(Priced(credit, lines[credit.line_id], row))
    return priced if len(by_partner) < 2 else _order_limited(found, priced)


def _order_limited(found: Evidence, priced: Sequence[Priced]) -> list[Priced]:
    """A rule's limit per order holds for all partners together."""
    campaigns: dict[tuple[str, int], list[Priced]] = {}
    for p in priced:
        place = (p.credit.campaign_id, p.credit.terms_number)
        campaigns.setdefault(place, []).append(p)
    return [
        p
        for (campaign_id, number), own in campaigns.items()
        for p in _with(
            own,
            rules.order_limited([p.worth for p in own], found.terms_by(campaign_id, number)),
        )
    ]


def parts_of(order: Order, given: Sequence[Credit]) -> dict[str, tuple[int, int]]:
    """What each credit has of its line, by its id: rupiah of the base (they re-add to it), and the
    basis points that stand before it. In the order of touch ids, as the shares were made.
    """
    lines: dict[str, list[Credit]] = {}
    for credit in sorted(given, key=lambda c: (c.touch_id, c.enrolment_id)):
        lines.setdefault(credit.line_id, []).append(credit)
    found: dict[str, tuple[int, int]] = {}
    for line in (line for line in order.lines if line.id in lines):
        own = lines[line.id]
        before = 0
        for credit, base in zip(own, split(line.base, [c.share_bp for c in own]), strict=True):
            found[credit.id] = (base, before)
            before += credit.share_bp
    return found


def credited_line(
    order: Order, line: SaleLine, credit: Credit, part: tuple[int, int]
) -> CreditedLine:
    return CreditedLine(
        position=line.position,
        sku=line.sku,
        product_id=line.product_id,
        category=order.category(line),
        quantity=line.quantity,
        base=line.base,
        share_base=part[0],
        share_bp=credit.share_bp,
        share_from_bp=part[1],
        item=credit.item,
        channel=CHANNEL[credit.by],
        bonded_at=_bonded_at(credit),
        unit_price=line.unit_price,
    )


def _bonded_at(credit: Credit) -> datetime | None:
    """When the buyer's first credited order was placed, of a credit by the bond."""
    if credit.by != "bond":
        return None
    since = credit.because.get("since")
    return datetime.fromisoformat(since) if isinstance(since, str) else credit.touch_at


def limit(found: Evidence, month: str, priced: Sequence[Priced], limits: Limits) -> list[Priced]:
    """The worths under the limits per month and the budget. Self-referrals and margins take nothing
    of them.
    """
    kept = [p for p in priced if _is_free(p)]
    by_campaign: dict[str, list[Priced]] = {}
    for own in _by_enrolment(p for p in priced if not _is_free(p)):
        credit = own[0].credit
        terms = found.terms_by(credit.campaign_id, credit.terms_number)
        so_far = limits.so_far(credit.enrolment_id, month)
        rows = rules.month_limited([p.worth for p in own], terms, so_far)
        by_campaign.setdefault(credit.campaign_id, []).extend(_with(own, rows))
    for campaign_id, rows_of in by_campaign.items():
        wanted = [p.worth for p in rows_of]
        granted = limits.take(campaign_id, sum(w.amount for w in wanted))
        for p in _with(rows_of, rules.budget_limited(wanted, granted)):
            so_far = limits.so_far(p.credit.enrolment_id, month)
            so_far[p.worth.rule] = so_far.get(p.worth.rule, 0) + p.worth.amount
            kept.append(p)
    return sorted(kept, key=lambda p: (p.line.position, p.credit.enrolment_id))


def _is_free(p: Priced) -> bool:
    return p.credit.self_referral or p.worth.kind == MARGIN


def _by_enrolment(priced: Iterable[Priced]) -> list[list[Priced]]:
    groups: dict[str, list[Priced]] = {}
    for p in priced:
        groups.setdefault(p.credit.enrolment_id, []).append(p)
    return list(groups.values())


def _with(priced: Sequence[Priced], worths: Sequence[Worth]) -> list[Priced]:
    return [Priced(p.credit, p.line, w) for p, w in zip(priced, worths, strict=True)]


async def accrue(
    found: Evidence,
    orders: Sequence[tuple[Order, list[Credit]]],
    out: Ledgered,
    earned: Sequence[Commission] = (),
) -> dict[str, list[Commission]]:
    """Accrue the commissions of newly recorded orders, by sale id; rows are added to `out`. Of one
    that is given to another, `earned` is what it had before.

    A closed order accrues nothing. One whose hold is over already is released at once.
    """
    months = [counted_under(order, earned) for order, _ in orders]
    by_month = [(month, given) for month, (_, given) in zip(months, orders, strict=True)]
    recruiting = await shares.load(found, orders)
    further = recruiting.places(
        (m, order.shop.id, given) for m, (order, given) in zip(months, orders, strict=True)
    )
    limits = await limits_for(found, by_month, further)
    await open_months(found, [(m, *pair) for m, pair in zip(months, orders, strict=True)])
    now = world.now()
    made: dict[str, list[Commission]] = {}
    for month, (order, given) in zip(months, orders, strict=True):
        if order.sale.state in CLOSED_STATES or not given:
            continue
        sold = Sold(month, limits.volumes)
        priced = limit(found, month, price(found, order, given, sold), limits)
        rows = [_row(found, order, p, (month, now)) for p in priced]
        rows += shares.of_rows(recruiting, found, order, rows, limits)
        made[order.sale.id] = rows
        out.commissions += rows
        _post(found, order, rows, out)
    await limits.reserve()
    return made


def counting_from(sale: Sale) -> datetime | None:
    """From when the holds of a sale run."""
    days = settings().paid_counts_after_days
    return counts_from(sale.source, sale.state, milestones_of(sale), days)


def _row(found: Evidence, order: Order, p: Priced, made: tuple[str, datetime]) -> Commission:
    """`made`: the month under which it is counted, and when."""
    month, now = made
    terms = found.terms_by(p.credit.campaign_id, p.credit.terms_number)
    place = (p.line.id, p.credit.enrolment_id, p.worth.rule_index)
    key = rules.accrual_key(*place, p.credit.decision_id)
    release_at = rules.release_time(counting_from(order.sale), terms.hold_days)
    return commission(order, p, key, Hold(release_at, terms.hold_days, now), month)


@dataclass(frozen=True)
class Hold:
    """When a commission is made, and when its hold of so many days is over (None: not known)."""

    release_at: datetime | None
    days: int
    made_at: datetime


def commission(order: Order, p: Priced, key: str, hold: Hold, month: str) -> Commission:
    """A commission's row, counted under this month; a self-referral is rejected from the start, so
    that it can be seen.
    """
    w, credit = p.worth, p.credit
    return bulk.new(
        Commission,
        id=world.new_id("com"),
        merchant_id=order.shop.id,
        partner_id=credit.partner_id,
        enrolment_id=credit.enrolment_id,
        campaign_id=credit.campaign_id,
        sale_id=order.sale.id,
        line_id=p.line.id,
        key=key,
        kind=w.kind,
        rule=w.rule,
        rule_index=w.rule_index,
        terms_number=credit.terms_number,
        base=w.base,
        rate_bp=w.rate_bp,
        share_bp=credit.share_bp,
        amount=w.amount,
        reversed=0,
        state="rejected" if credit.self_referral else "pending",
        month=month,
        release_at=hold.release_at,
        times_held=0,
        reason_code=rules.SELF_REFERRAL if credit.self_referral else None,
        because={
            **_tiers(w),
            **_fixed(w, p.line.quantity),
            "notes": list(w.notes),
            "entitled": w.amount,
            "hold_days": hold.days,
            "line": p.line.position,
            "order_id": order.sale.order_id,
            "label": f"{order.sale.order_id} · {p.line.sku}",
        },
        created_at=hold.made_at,
    )


def _fixed(w: Worth, quantity: int) -> dict[str, object]:
    """What a row of a fixed amount keeps of its arithmetic."""
    return {} if w.each is None else {"each": w.each, "pieces": quantity}


def _tiers(w: Worth) -> dict[str, object]:
    """What a row of tiers keeps of its month."""
    if w.before is None:
        return {}
    kept: dict[str, object] = {"before": w.before, "parts": [list(part) for part in w.parts]}
    return kept if w.estimate is None else kept | {"estimate": w.estimate}


def _post(found: Evidence, order: Order, rows: Sequence[Commission], out: Ledgered) -> None:
    """The entries, items and events of an order's new commissions."""
    for row in rows:
        if row.state == "rejected":
            continue
        moves = rules.accrue_moves(row.partner_id, row.amount)
        out.entries.append(Draft(row.merchant_id, row.key, "accrue", moves, release.memo(row)))
        begin(found, row, out)
    out.events += told(order, rows)


def begin(found: Evidence, row: Commission, out: Ledgered) -> None:
    """A new row that has its entry is held at once where its partner left for fraud, and payable
    where its hold is over already.
    """
    place = found.enrolments.get(row.enrolment_id)
    if place is not None and place.fraud and row.amount:
        hold.mark([row], FRAUD, out)
    elif release.is_due(row, row.created_at):
        release.mark(row, row.created_at, out.entries, out.items)


def told(order: Order, rows: Iterable[Commission]) -> list[Event]:
    """One `commission.accrued` per partner, for the rows that are on the books."""
    partners: dict[str, list[Commission]] = {}
    for row in rows:
        if row.state != "rejected":
            partners.setdefault(row.partner_id, []).append(row)
    return [
        publish.draft(
            "commission.accrued",
            partner_id,
            order.sale.id,
            merchant_id=order.shop.id,
            commissions=[{"id": r.id, "amount": r.amount, "state": r.state} for r in own],
        )
        for partner_id, own in partners.items()
    ]
