"""The recruiter's share: on top of a recruit's commission, a row of its own that follows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.terms.rules import LINE_KINDS, Recruiter, Terms, Worth
from jejaring import world
from jejaring.db import bulk
from jejaring.kit.money import percent_of
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.commissions import rules
from referrals.commissions.limits import Limits
from referrals.commissions.models import Commission
from referrals.network import queries
from referrals.network.queries import Pair
from referrals.orders.store import Order

RULE = "recruiter"


@dataclass
class Shares:
    """The recruiters of those who are credited in a batch, and when these sold themselves."""

    by: dict[Pair, queries.Recruiter] = field(default_factory=dict)
    sold: dict[Pair, list[datetime]] = field(default_factory=dict)

    def places(self, orders: Iterable[tuple[str, str, Sequence[Credit]]]) -> dict[str, set[str]]:
        """The places whose months a share may touch, of (month, merchant, credits): they are locked
        with the others.
        """
        found: dict[str, set[str]] = {}
        for month, merchant_id, given in orders:
            for credit in given:
                recruiter = self.by.get((merchant_id, credit.partner_id))
                place = recruiter.place(credit.campaign_id) if recruiter else None
                if place is not None:
                    found.setdefault(place, set()).add(month)
        return found

    def active(self, recruiter: queries.Recruiter, at: datetime, terms: Recruiter) -> bool:
        """Whether the recruiter had a sale of their own in the days up to the instant."""
        since = at - timedelta(days=terms.active_days)
        own = self.sold.get((recruiter.merchant_id, recruiter.partner_id), [])
        return any(since <= sold <= at for sold in own)


async def load(found: Evidence, orders: Sequence[tuple[Order, Sequence[Credit]]]) -> Shares:
    """What is needed for these orders; two queries only where no terms give a share."""
    pairs: set[Pair] = set()
    since: list[datetime] = []
    for order, given in orders:
        for credit in given:
            terms = found.terms_by(credit.campaign_id, credit.terms_number).recruiter
            if terms is not None and not credit.self_referral:
                pairs.add((order.shop.id, credit.partner_id))
                since.append(order.sale.placed_at - timedelta(days=terms.active_days))
    if not pairs:
        return Shares()
    by = await queries.recruiters(pairs)
    own = {(r.merchant_id, r.partner_id) for r in by.values()}
    return Shares(by, await queries.own_sales(own, min(since)))


def of_rows(
    shares: Shares, found: Evidence, order: Order, rows: Sequence[Commission], limits: Limits
) -> list[Commission]:
    """The recruiters' rows for an order's new commissions, within the campaign's limits; none for
    what is off the books, not of a line, or nothing.
    """
    made = []
    for row in rows:
        recruiter = shares.by.get((order.shop.id, row.partner_id))
        if recruiter is None or recruiter.same or row.kind not in LINE_KINDS or not row.amount:
            continue
        terms = found.terms_by(row.campaign_id, row.terms_number)
        place = recruiter.place(row.campaign_id)
        if terms.recruiter is None or place is None or row.state == "rejected":
            continue
        if shares.active(recruiter, order.sale.placed_at, terms.recruiter):
            wanted = percent_of(row.amount, terms.recruiter.rate_bp)
            worth = _limited((row, place, wanted), terms, limits)
            made.append(_share(row, recruiter.partner_id, place, worth))
    return made


def _limited(of: tuple[Commission, str, int], terms: Terms, limits: Limits) -> Worth:
    """The share under the month's limit over all rules, and the budget."""
    row, place, wanted = of
    assert terms.recruiter is not None  # noqa: S101 — asked before
    worth = Worth(0, -1, RULE, RULE, row.amount, terms.recruiter.rate_bp, wanted)
    so_far = limits.so_far(place, row.month)
    (worth,) = rules.overall_limited([worth], terms, so_far)
    granted = limits.take(row.campaign_id, worth.amount)
    (worth,) = rules.budget_limited([worth], granted)
    so_far[RULE] = so_far.get(RULE, 0) + worth.amount
    return worth


def _share(row: Commission, partner_id: str, place: str, worth: Worth) -> Commission:
    return bulk.new(
        Commission,
        id=world.new_id("com"),
        merchant_id=row.merchant_id,
        partner_id=partner_id,
        enrolment_id=place,
        campaign_id=row.campaign_id,
        sale_id=row.sale_id,
        line_id=row.line_id,
        key=rules.share_key(row.id, place),
        parent_id=row.id,
        kind=RULE,
        rule=RULE,
        rule_index=-1,
        terms_number=row.terms_number,
        base=row.amount,
        rate_bp=worth.rate_bp,
        share_bp=10_000,
        amount=worth.amount,
        state="pending",
        month=row.month,
        release_at=row.release_at,
        because={
            **{n: row.because[n] for n in ("hold_days", "line", "order_id", "label")},
            "notes": list(worth.notes),
            "entitled": worth.amount,
            "further": row.key.startswith("amend:"),  # it waits as long as what it is a share of
        },
        created_at=row.created_at,
    )
