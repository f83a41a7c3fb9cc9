"""Price a changed order anew, with the same touches and terms, and post the difference per line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.terms.rules import MARGIN
from jejaring import world
from jejaring.ledger.rules import Draft
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.commissions import accrue, release, reverse, rules, shares
from referrals.commissions.accrue import Hold, Priced
from referrals.commissions.limits import Limits, Sold, limits_for
from referrals.commissions.models import Commission
from referrals.commissions.months import counted_under, open_months
from referrals.commissions.reverse import Cause, Changes, Group
from referrals.commissions.rules import LineNow
from referrals.commissions.shares import Shares
from referrals.commissions.write import Ledgered
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order


@dataclass
class Pricing:
    """One order being priced anew: its credits, its commissions, and what is to be written."""

    found: Evidence
    order: Order
    credits: Sequence[Credit]
    rows: list[Commission]
    cause: Cause
    changes: Changes

    @property
    def out(self) -> Ledgered:
        return self.changes.out


@dataclass(frozen=True)
class _Due:
    """What a line, partner and rule earns now (`entitled`, `due` after refunds) and has (`net`)."""

    group: Group
    own: list[Commission]
    priced: Priced | None
    entitled: int
    line: LineNow
    net: int

    @property
    def due(self) -> int:
        return rules.still_due(self.entitled, self.line)

    @property
    def delta(self) -> int:
        return self.due - self.net

    @property
    def is_capped(self) -> bool:
        """Whether the month's limit still keeps something back."""
        return self.priced is not None and "month_cap" in self.priced.worth.notes

    def kept(self, granted: int) -> int:
        """What it is entitled to once so much was granted: not to what the budget has not."""
        if granted >= self.delta:
            return self.entitled
        return rules.entitled_for(self.net + granted, self.line)


async def amend(this: Pricing) -> None:
    """Post per line the difference between what it earned and earns: less is reversed, more is a
    further commission with its own hold. A closed order earns nothing.
    """
    month, given = _month(this), list(this.credits)
    recruiting = await shares.load(this.found, [(this.order, given)])
    places = recruiting.places([(month, this.order.shop.id, given)])
    limits = await limits_for(this.found, [(month, given)], places)
    await open_months(this.found, [(_month(this), this.order, this.credits)])
    dues, selfish = _dues(this, limits)
    lowered = [(d.own, -d.delta) for d in dues if d.delta < 0]
    await reverse.take_back(lowered, this.cause, this.changes)
    for own, amount in lowered:
        campaign_id = own[0].campaign_id
        if campaign_id in limits.budgets:
            limits.budgets[campaign_id] += rules.of_budget(own[0].kind, amount)
    now, closed = world.now(), this.order.sale.state in CLOSED_STATES
    for due in dues:
        entitled = due.entitled
        # A new line has its row as at a first recording, also where that earns nothing yet: tiers
        # of the month count by it, and what a refund has taken may come back.
        is_new = not due.own and due.priced is not None and not closed
        if due.delta > 0 or is_new:
            entitled = due.kept(_raise(this, due, limits, now))
        if due.own:
            _keep(this, due.own[0], entitled)
            if entitled == due.entitled and not due.is_capped:
                reverse.kept_back(due.own[0], None, this.changes)
    _share(this, recruiting, limits)
    await reverse.follow(this.rows, this.cause, this.changes)
    _selfish(this, selfish, now)
    this.out.events += accrue.told(this.order, this.out.commissions)
    await limits.reserve()


def _dues(this: Pricing, limits: Limits) -> tuple[list[_Due], dict[Group, Priced]]:
    """Every line, partner and rule that earned or earns something; and what self-referrals would
    have earned.
    """
    order = this.order
    grouped = reverse.groups(this.rows)
    month = _month(this)
    for own in grouped.values():
        so_far = limits.so_far(own[0].enrolment_id, month)
        net = rules.of_budget(own[0].kind, sum(row.amount - row.reversed for row in own))
        so_far[own[0].rule] = so_far.get(own[0].rule, 0) - net
    off_books = {_group(r) for r in this.rows if r.state not in rules.ON_BOOKS}
    no_budget = Limits(months=limits.months)
    sold = Sold(month, limits.volumes, _kept(this))
    worths = accrue.price(this.found, order, this.credits, sold)
    selfish = _by_group(p for p in worths if p.credit.self_referral)
    worths = [p for p in worths if not p.credit.self_referral]
    priced = _by_group(accrue.limit(this.found, month, worths, no_budget))
    lines = {line.id: line for line in order.lines}
    dues = []
    # By the lines' numbers, so that a short budget goes to the earlier line.
    wanted = (set(grouped) | set(priced)) - off_books
    for group in sorted(wanted, key=lambda g: (lines[g[0]].position, *g)):
        own, now_worth = grouped.get(group, []), priced.get(group)
        entitled = now_worth.worth.amount if now_worth else 0
        net = sum(row.amount - row.reversed for row in own)
        line = reverse.line_now(order, lines[group[0]])
        dues.append(_Due(group, own, now_worth, entitled, line, net))
    _keep_rejected(this, priced | selfish)
    return dues, selfish


def _by_group(worths: Iterable[Priced]) -> dict[Group, Priced]:
    return {(p.line.id, p.credit.enrolment_id, p.worth.rule_index): p for p in worths}


def _keep_rejected(this: Pricing, priced: Mapping[Group, Priced]) -> None:
    """A rejected line, too, is worth what its order now says, also one that was a self-referral
    from the start: should an appeal bring it back.
    """
    gone = [row for row in this.rows if row.state == "rejected"]
    gone = [row for row in gone if row.times_rejected or row.reason_code == rules.SELF_REFERRAL]
    own = [row for row in gone if row.parent_id is None and not row.key.startswith("amend:")]
    for row in own:
        worth = priced.get(_group(row))
        _keep(this, row, worth.worth.amount if worth else 0)


def _kept(this: Pricing) -> dict[str, dict[tuple[int, str], int]]:
    """What had been sold in the month before each line of tiers when that was first priced."""
    found: dict[str, dict[tuple[int, str], int]] = {}
    for row in this.rows:
        before, line = row.because.get("before"), row.because.get("line")
        if isinstance(before, int) and isinstance(line, int):
            found.setdefault(row.enrolment_id, {}).setdefault((line, row.rule), before)
    return found


def _month(this: Pricing) -> str:
    return counted_under(this.order, this.rows)


def _group(row: Commission) -> Group:
    return (row.line_id or "", row.enrolment_id, row.rule_index)


def _raise(this: Pricing, due: _Due, limits: Limits, now: datetime) -> int:
    """A further commission for what is due beyond what there is (the first one may be of 0); how
    much the budget granted.
    """
    assert due.priced is not None  # noqa: S101 — only a worth can be due
    granted = due.delta
    if due.priced.worth.kind != MARGIN:
        granted = limits.take(due.priced.credit.campaign_id, due.delta)
    (worth,) = rules.budget_limited([rules.resized(due.priced.worth, due.delta)], granted)
    if not granted and due.own:
        return 0
    number = this.order.sale.version
    first = not due.own
    accrued = rules.accrual_key(*due.group, due.priced.credit.decision_id)
    key = accrued if first else rules.amend_key(due.own[0].id, number)
    priced = Priced(due.priced.credit, due.priced.line, worth)
    hold = _hold(this, priced, now, first=first)
    row = accrue.commission(this.order, priced, key, hold, _month(this))
    # Before the line's refunds, as everywhere; what the budget did not grant is not entitled to.
    row.because["entitled"] = due.kept(granted) if first else 0
    event = "accrue" if first else "amend"
    moves = rules.accrue_moves(row.partner_id, row.amount)
    this.out.entries.append(Draft(row.merchant_id, key, event, moves, release.memo(row)))
    accrue.begin(this.found, row, this.out)
    this.out.commissions.append(row)
    this.changes.rows.append((row, row.amount))
    return granted


def _share(this: Pricing, recruiting: Shares, limits: Limits) -> None:
    """Recruiters' shares of what the change added."""
    fresh = list(this.out.commissions)
    for row in shares.of_rows(recruiting, this.found, this.order, fresh, limits):
        moves = rules.accrue_moves(row.partner_id, row.amount)
        this.out.entries.append(Draft(row.merchant_id, row.key, "accrue", moves, release.memo(row)))
        accrue.begin(this.found, row, this.out)
        this.out.commissions.append(row)
        this.changes.rows.append((row, row.amount))


def _hold(this: Pricing, priced: Priced, now: datetime, *, first: bool) -> Hold:
    credit = priced.credit
    days = this.found.terms_by(credit.campaign_id, credit.terms_number).hold_days
    at = accrue.counting_from(this.order.sale)
    when = rules.release_time(at, days) if first else rules.amended_release_time(at, now, days)
    return Hold(when, days, now)


def _keep(this: Pricing, leader: Commission, entitled: int) -> None:
    """The leading row keeps what the line is entitled to now."""
    if reverse.entitled([leader]) != entitled:
        leader.because = {**leader.because, "entitled": entitled}
        this.out.change(leader)


def _selfish(this: Pricing, selfish: Mapping[Group, Priced], now: datetime) -> None:
    """Lines that an upsert added to a self-referral are seen as rejected, too."""
    known = {_group(row) for row in this.rows}
    if this.order.sale.state in CLOSED_STATES:
        return
    for group, p in selfish.items():
        if group not in known:
            hold = _hold(this, p, now, first=True)
            key = rules.accrual_key(*group, p.credit.decision_id)
            this.out.commissions.append(accrue.commission(this.order, p, key, hold, _month(this)))
