"""Months of tiers and bonuses: opened by their first sale, for the true-up to settle."""

from collections.abc import Sequence

from jejaring import world
from jejaring.kit.periods import month_bounds, month_of
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.commissions.models import Commission, TrueUp
from referrals.orders.store import Order

MONTHLY = ("tiers", "bonus")


def counted_under(order: Order, rows: Sequence[Commission]) -> str:
    """The month whose limits count for an order: that of what it has earned already (`rows`, those
    that are off the books too) stays, wherever its day is moved to and whoever it is given to.
    """
    first = min(rows, key=lambda row: row.created_at, default=None)
    placed = month_of(order.sale.placed_at, order.shop.zone)
    return placed if first is None else first.month


async def open_months(
    found: Evidence, orders: Sequence[tuple[str, Order, Sequence[Credit]]]
) -> None:
    """For each order, its month and its credits: a row per enrolment and rule that is settled by
    the month, if it is not there yet. The campaigns' locks make one writer of each.
    """
    wanted: dict[tuple[str, str, str], TrueUp] = {}
    for month, order, given in orders:
        _, over_at = month_bounds(month, order.shop.zone)
        for credit in given:
            for rule in found.terms_by(credit.campaign_id, credit.terms_number).rules:
                if rule.kind in MONTHLY and not credit.self_referral:
                    row = _row(order, credit, (rule.name, rule.kind))
                    row.month, row.over_at, row.next_at = month, over_at, over_at
                    wanted[credit.enrolment_id, rule.name, month] = row
    if wanted:
        await TrueUp.bulk_create([wanted[key] for key in sorted(wanted)], ignore_conflicts=True)


def _row(order: Order, credit: Credit, rule: tuple[str, str]) -> TrueUp:
    return TrueUp(
        id=world.new_id("tru"),
        merchant_id=order.shop.id,
        partner_id=credit.partner_id,
        enrolment_id=credit.enrolment_id,
        campaign_id=credit.campaign_id,
        rule=rule[0],
        kind=rule[1],
    )
