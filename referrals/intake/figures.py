"""A stored order as figures: what the events tell the dashboards to add."""

from collections.abc import Mapping, Sequence

from jejaring.kit.money import split
from referrals.attribution.models import Credit
from referrals.attribution.rules import CHANNEL
from referrals.commissions.models import Commission
from referrals.commissions.rules import ON_BOOKS
from referrals.intake.rules import Figure, LineFigure, Place, figures
from referrals.orders.models import SaleLine
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order


def of(order: Order, given: Sequence[Credit], rows: Sequence[Commission]) -> list[Figure]:
    """The figures of an order as it stands."""
    credits_of: dict[str, list[Credit]] = {}
    for credit in sorted(given, key=lambda c: (c.touch_id, c.enrolment_id)):
        credits_of.setdefault(credit.line_id, []).append(credit)
    earned: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.state in ON_BOOKS and row.line_id is not None and row.parent_id is None:
            place = (row.line_id, row.enrolment_id)
            earned[place] = earned.get(place, 0) + row.amount - row.reversed
    closed = order.sale.state in CLOSED_STATES
    lines = [
        part
        for line in order.lines
        for part in _line(order, line, credits_of.get(line.id, []), earned)
    ]
    return figures(lines, counts=not closed) + _shares(order, rows)


def _shares(order: Order, rows: Sequence[Commission]) -> list[Figure]:
    """Recruiters' shares: under the recruiter, without a link or channel."""
    products = {line.id: line.product_id or "" for line in order.lines}
    return [
        Figure(
            Place(
                placed_at=order.sale.placed_at,
                campaign_id=row.campaign_id,
                partner_id=row.partner_id,
                product_id=products.get(row.line_id or "", ""),
            ),
            commission=row.amount - row.reversed,
        )
        for row in rows
        if row.parent_id is not None and row.state in ON_BOOKS
    ]


def _line(
    order: Order, line: SaleLine, own: list[Credit], earned: Mapping[tuple[str, str], int]
) -> list[LineFigure]:
    """A line's figures: one for each partner who has a share of it."""
    left = 0 if order.sale.state in CLOSED_STATES else line.base - line.refunded
    if not own:
        return [LineFigure(_place(order, line, None), False, left, 0)]
    parts = split(left, [c.share_bp for c in own])
    return [
        LineFigure(
            place=_place(order, line, credit),
            credited=True,
            left=part,
            commission=earned.get((line.id, credit.enrolment_id), 0),
        )
        for credit, part in zip(own, parts, strict=True)
    ]


def _place(order: Order, line: SaleLine, credit: Credit | None) -> Place:
    product_id = line.product_id or ""
    if credit is None:
        return Place(order.sale.placed_at, product_id=product_id)
    return Place(
        placed_at=order.sale.placed_at,
        campaign_id=credit.campaign_id,
        partner_id=credit.partner_id,
        link_id=str(credit.because.get("link_id", "")),
        product_id=product_id,
        channel=CHANNEL[credit.by],
    )
