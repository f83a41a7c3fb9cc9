"""Accrue: what each credited line earns, within the limits, as rows and entries for many sales."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.lifecycle import budget
from campaigns.terms.rules import CreditedLine, OrderFacts, Terms, Who, Worth, worth
from jejaring import world
from jejaring.db import bulk, sql
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.money import percent_of
from jejaring.kit.periods import month_of
from jejaring.ledger.rules import Draft
from jejaring.settings import settings
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.attribution.rules import CHANNEL, moment
from referrals.commissions import release, rules
from referrals.commissions.models import Commission
from referrals.commissions.write import Ledgered
from referrals.orders.models import Sale, SaleLine
from referrals.orders.rules import CLOSED_STATES, counts_from
from referrals.orders.store import Order, milestones_of

SoFar = dict[tuple[str, str], dict[str, int]]


@dataclass
class Limits:
    """What is left under the limits, kept while a batch is priced: `months` by (enrolment, month)
    and rule name in rupiah, `budgets` by campaign (absent: no limit), `taken` of these.
    """

    months: SoFar = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def so_far(self, enrolment_id: str, month: str) -> dict[str, int]:
        """The month's rupiah by rule; changed as rows are added."""
        return self.months.setdefault((enrolment_id, month), {})

    def take(self, campaign_id: str, wanted: int) -> int:
        """What the budget grants of the wanted rupiah, and take it."""
        left = self.budgets.get(campaign_id)
        granted = wanted if left is None else max(min(left, wanted), 0)
        if left is not None:
            self.budgets[campaign_id] = left - granted
        self.taken[campaign_id] = self.taken.get(campaign_id, 0) + granted
        return granted

    async def reserve(self) -> None:
        """Write down what was taken of the budgets, whose rows are locked since they were read."""
        for campaign_id in sorted(self.taken):
            if self.taken[campaign_id]:
                limited = campaign_id in self.budgets
                await budget.take(campaign_id, self.taken[campaign_id], limited=limited)


@dataclass(frozen=True)
class Priced:
    """One worth of one credited line."""

    credit: Credit
    line: SaleLine
    worth: Worth


def price(found: Evidence, order: Order, given: Sequence[Credit]) -> list[Priced]:
    """What the credits of one order are worth, before months and budget, self-referral included."""
    lines = {line.id: line for line in order.lines}
    facts = OrderFacts(order.sale.base, moment(order.sale.placed_at), order.sale.new_buyer)
    by_partner: dict[str, list[Credit]] = {}
    for credit in given:
        by_partner.setdefault(credit.enrolment_id, []).append(credit)
    priced: list[Priced] = []
    for own in by_partner.values():
        because = own[0].because
        who = Who(str(because["role"]), str(because["partner"]), str(because["tier"]))
        terms = found.terms_by(own[0].campaign_id, own[0].terms_number)
        places = {lines[c.line_id].position: c for c in own}
        credited = [_credited(order, lines[c.line_id], c) for c in own]
        for row in worth(terms, facts, who, credited):
            credit = places[row.position]
            priced.append(Priced(credit, lines[credit.line_id], row))
    return priced


def _credited(order: Order, line: SaleLine, credit: Credit) -> CreditedLine:
    return CreditedLine(
        position=line.position,
        sku=line.sku,
        product_id=line.product_id,
        category=order.category(line),
        quantity=line.quantity,
        base=line.base,
        share_base=percent_of(line.base, credit.share_bp),
        share_bp=credit.share_bp,
        item=credit.item,
        channel=CHANNEL[credit.by],
    )


def limit(found: Evidence, month: str, priced: Sequence[Priced], limits: Limits) -> list[Priced]:
    """The worths under the limits per month and the budget. Self-referrals take nothing of them."""
    kept = [p for p in priced if p.credit.self_referral]
    by_campaign: dict[str, list[Priced]] = {}
    for own in _by_enrolment(p for p in priced if not p.credit.self_referral):
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


def _by_enrolment(priced: Iterable[Priced]) -> list[list[Priced]]:
    groups: dict[str, list[Priced]] = {}
    for p in priced:
        groups.setdefault(p.credit.enrolment_id, []).append(p)
    return list(groups.values())


def _with(priced: Sequence[Priced], worths: Sequence[Worth]) -> list[Priced]:
    return [Priced(p.credit, p.line, w) for p, w in zip(priced, worths, strict=True)]


async def limits_for(found: Evidence, orders: Sequence[tuple[str, list[Credit]]]) -> Limits:
    """Lock the campaigns, then the enrolments that have a month's limit (both by id), and read what
    is left; for the month and the credits of each order.
    """
    given = [c for _, made in orders for c in made]
    if not given:
        return Limits()
    left = budget.left(await budget.lock({c.campaign_id for c in given}))
    months: dict[str, set[str]] = {}
    for month, made in orders:
        for credit in made:
            if _has_month_limit(found.terms_by(credit.campaign_id, credit.terms_number)):
                months.setdefault(credit.enrolment_id, set()).add(month)
    return Limits(months=await _months(months), budgets=left)


def _has_month_limit(terms: Terms) -> bool:
    return terms.max_per_partner_month is not None or any(
        rule.max_per_partner_month is not None for rule in terms.rules
    )


async def _months(wanted: Mapping[str, set[str]]) -> SoFar:
    if not wanted:
        return {}
    ids = sorted(wanted)
    marks = ", ".join("?" * len(ids))
    if not sql.on_sqlite():
        await sql.rows(
            f"SELECT id FROM enrolment WHERE id IN ({marks}) ORDER BY id FOR UPDATE",  # noqa: S608
            ids,
        )
    months = sorted({m for ms in wanted.values() for m in ms})
    rows = await sql.rows(
        "SELECT enrolment_id, month, rule, sum(amount - reversed) AS n FROM commission "  # noqa: S608
        f"WHERE enrolment_id IN ({marks}) AND month IN ({', '.join('?' * len(months))}) "
        "AND state <> 'rejected' GROUP BY enrolment_id, month, rule",
        [*ids, *months],
    )
    found: SoFar = {}
    for row in rows:
        found.setdefault((row["enrolment_id"], row["month"]), {})[row["rule"]] = int(row["n"])
    return found


async def accrue(
    found: Evidence, orders: Sequence[tuple[Order, list[Credit]]], out: Ledgered
) -> dict[str, list[Commission]]:
    """Accrue the commissions of newly recorded orders, by sale id; rows are added to `out`.

    A closed order accrues nothing. One whose hold is over already is released at once.
    """
    months = [month_of(order.sale.placed_at, order.shop.zone) for order, _ in orders]
    by_month = [(month, given) for month, (_, given) in zip(months, orders, strict=True)]
    limits = await limits_for(found, by_month)
    now = world.now()
    made: dict[str, list[Commission]] = {}
    for month, (order, given) in zip(months, orders, strict=True):
        if order.sale.state in CLOSED_STATES or not given:
            continue
        priced = limit(found, month, price(found, order, given), limits)
        rows = [_row(found, order, p, now) for p in priced]
        made[order.sale.id] = rows
        out.commissions += rows
        _post(order, rows, out, now)
    await limits.reserve()
    return made


def counting_from(sale: Sale) -> datetime | None:
    """From when the holds of a sale run."""
    days = settings().paid_counts_after_days
    return counts_from(sale.source, sale.state, milestones_of(sale), days)


def _row(found: Evidence, order: Order, p: Priced, now: datetime) -> Commission:
    terms = found.terms_by(p.credit.campaign_id, p.credit.terms_number)
    key = rules.accrual_key(p.line.id, p.credit.enrolment_id, p.worth.rule_index)
    release_at = rules.release_time(counting_from(order.sale), terms.hold_days)
    return commission(order, p, key, Hold(release_at, terms.hold_days, now))


@dataclass(frozen=True)
class Hold:
    """When a commission is made, and when its hold of so many days is over (None: not known)."""

    release_at: datetime | None
    days: int
    made_at: datetime


def commission(order: Order, p: Priced, key: str, hold: Hold) -> Commission:
    """A commission's row; a self-referral is rejected from the start, so that it can be seen."""
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
        month=month_of(order.sale.placed_at, order.shop.zone),
        release_at=hold.release_at,
        times_held=0,
        reason_code="self_referral" if credit.self_referral else None,
        because={
            "notes": list(w.notes),
            "entitled": w.amount,
            "hold_days": hold.days,
            "line": p.line.position,
            "order_id": order.sale.order_id,
            "label": f"{order.sale.order_id} · {p.line.sku}",
        },
        created_at=hold.made_at,
    )


def _post(order: Order, rows: Sequence[Commission], out: Ledgered, now: datetime) -> None:
    """The entries, items and events of an order's new commissions."""
    for row in rows:
        if row.state == "rejected":
            continue
        moves = rules.accrue_moves(row.partner_id, row.amount)
        out.entries.append(Draft(row.merchant_id, row.key, "accrue", moves, release.memo(row)))
        if release.is_due(row, now):
            release.mark(row, now, out.entries, out.items)
    out.events += told(order, rows)


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
