"""A stored order as figures: what the events tell the dashboards to add."""

from collections.abc import Sequence

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
    credit_of = {c.line_id: c for c in reversed(given)}
    earned: dict[str, int] = {}
    for row in rows:
        if row.state in ON_BOOKS and row.line_id is not None:
            earned[row.line_id] = earned.get(row.line_id, 0) + row.amount - row.reversed
    closed = order.sale.state in CLOSED_STATES
    lines = [
        LineFigure(
            place=_place(order, line, credit_of.get(line.id)),
            credited=line.id in credit_of,
            left=0 if closed else line.base - line.refunded,
            commission=earned.get(line.id, 0),
        )
        for line in order.lines
    ]
    return figures(lines, counts=not closed)


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
