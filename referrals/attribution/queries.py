"""Touches as a partner may read them: their own, of orders they earn with and of those they lost.

Nobody else is named: not who got an order, not whose order it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from jejaring.db import bulk, sql
from referrals.attribution.models import Touch

_LOST = """
SELECT t.by, t.at, t.reason, s.placed_at, m.name AS shop, c.name AS campaign
FROM touch t JOIN sale s ON s.id = t.sale_id JOIN organisation m ON m.id = s.merchant_id
 JOIN campaign c ON c.id = t.campaign_id
WHERE t.partner_id = ? AND NOT t.won AND (? = '' OR s.merchant_id = ?) AND NOT EXISTS (
 SELECT 1 FROM touch w WHERE w.sale_id = t.sale_id AND w.partner_id = t.partner_id AND w.won)
ORDER BY t.id DESC LIMIT ?"""


@dataclass(frozen=True)
class Lost:
    """A touch of an order that went to somebody else, or to nobody; `reason` is a code."""

    by: str
    at: datetime
    reason: str
    placed_at: datetime
    shop: str
    campaign: str


async def own(partner_id: str, sale_ids: Collection[str]) -> dict[str, list[Touch]]:
    """The partner's own touches of these orders, by order, in the order of time."""
    if not sale_ids:
        return {}
    found: dict[str, list[Touch]] = {}
    mine = Touch.filter(sale_id__in=list(sale_ids), partner_id=partner_id)
    for row in await mine.order_by("at", "id"):
        found.setdefault(row.sale_id, []).append(row)
    return found


async def lost(partner_id: str, merchant_id: str | None, limit: int) -> list[Lost]:
    """The latest touches of orders in which the partner got nothing (of one shop, if given), newest
    first.
    """
    merchant = merchant_id or ""
    rows = await sql.rows(_LOST, [partner_id, merchant, merchant, limit])
    return [
        Lost(
            by=row["by"],
            at=bulk.instant(row["at"]),
            reason=row["reason"],
            placed_at=bulk.instant(row["placed_at"]),
            shop=row["shop"],
            campaign=row["campaign"],
        )
        for row in rows
    ]
