"""Where in the merchant's figures a commission stands: what moved, told as differences to add."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.periods import month_bounds
from referrals.attribution.models import Credit
from referrals.attribution.rules import CHANNEL
from referrals.commissions.models import Commission
from referrals.orders.models import Sale, SaleLine

Moved = Sequence[tuple[Commission, int]]
# Noon in the west, afternoon in the east: one day in every zone of the country.
_NOON = time(5, tzinfo=UTC)


@dataclass(frozen=True)
class _Around:
    """Rows by id; credits by line and enrolment, the first touch of each."""

    sales: Mapping[str, Sale]
    lines: Mapping[str, SaleLine]
    credits: Mapping[tuple[str, str], Credit]


async def deltas(moved: Moved) -> list[dict[str, Any]]:
    """What to add to the figures where commissions' money on the books grew by so much (rupiah;
    negative: shrank). A line's commission stands where its sale was counted; a recruiter's share on
    the order's day under the recruiter, without a link; what came from no order on its own day:
    the clicks' day, or the last of its month.
    """
    around = await _around([row for row, amount in moved if amount])
    found = []
    for row, amount in moved:
        place = _place(row, around) if amount else None
        if place is not None:
            found.append({**place, "sales": 0, "sales_amount": 0, "commission": amount})
    return found


async def told(name: str, moved: Moved) -> list[Event]:
    """The merchant's event of commissions that moved outside of an order's own events; none where
    nothing did.
    """
    figures = await deltas(moved)
    if not figures:
        return []
    first = moved[0][0]
    commissions = [{"id": row.id, "amount": abs(amount)} for row, amount in moved]
    event = publish.draft(
        name,
        first.merchant_id,
        first.id,
        merchant_id=first.merchant_id,
        commissions=commissions,
        figures=figures,
    )
    return [event]


async def _around(rows: Collection[Commission]) -> _Around:
    sales = {row.sale_id for row in rows if row.sale_id}
    lines = {row.line_id for row in rows if row.line_id}
    if not sales:
        return _Around({}, {}, {})
    first: dict[tuple[str, str], Credit] = {}
    given = Credit.filter(line_id__in=list(lines), ended_by=None)
    for credit in await given.order_by("touch_id"):
        first.setdefault((credit.line_id, credit.enrolment_id), credit)
    return _Around(
        sales={sale.id: sale for sale in await Sale.filter(id__in=list(sales))},
        lines={line.id: line for line in await SaleLine.filter(id__in=list(lines))},
        credits=first,
    )


def _place(row: Commission, around: _Around) -> dict[str, Any] | None:
    """The place of a commission; None for one whose credit has ended."""
    bare = {"campaign_id": row.campaign_id, "partner_id": row.partner_id, "link_id": ""}
    if row.sale_id is None:
        return {"placed_at": _day(row), **bare, "product_id": "", "channel": ""}
    line = around.lines.get(row.line_id or "")
    at = around.sales[row.sale_id].placed_at.isoformat()
    product_id = (line.product_id if line else None) or ""
    if row.parent_id is not None:
        return {"placed_at": at, **bare, "product_id": product_id, "channel": ""}
    credit = around.credits.get((row.line_id or "", row.enrolment_id))
    if credit is None:
        return None
    return {
        "placed_at": at,
        "campaign_id": credit.campaign_id,
        "partner_id": credit.partner_id,
        "link_id": str(credit.because.get("link_id", "")),
        "product_id": product_id,
        "channel": CHANNEL[credit.by],
    }


def _day(row: Commission) -> str:
    """Noon of the day that a commission of no order counts on."""
    day = row.because.get("day")
    if isinstance(day, str):
        return datetime.combine(date.fromisoformat(day), _NOON).isoformat()
    end = month_bounds(row.month, "UTC")[1] - timedelta(days=1)
    return datetime.combine(end.date(), _NOON).isoformat()
