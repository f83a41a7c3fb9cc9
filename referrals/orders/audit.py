"""`check` for orders: their totals are their lines, and what is refunded of each line is what its
refunds and lost disputes took.
"""

from jejaring.db import sql
from jejaring.ledger.rules import Difference
from referrals.orders import rules
from referrals.orders.models import Refund, SaleLine

ROOM = "orders"
CHUNK = 500
_GROUNDLESS = (
    "SELECT l.id, l.refunded FROM sale_line l WHERE (l.refunded > 0 OR l.returned > 0) "
    "AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.sale_id = l.sale_id AND r.state = 'applied') "
    "LIMIT 1000"
)
_REFUNDED = (
    "SELECT DISTINCT sale_id FROM refund WHERE state = 'applied' AND sale_id > ? "
    "ORDER BY sale_id LIMIT ?"
)
_TOTALS = (
    "SELECT s.id, s.base, s.items_total, CAST(COALESCE(SUM(l.base), 0) AS BIGINT) AS lines, "
    "CAST(COALESCE(SUM(l.quantity * l.unit_price), 0) AS BIGINT) AS items "
    "FROM sale s LEFT JOIN sale_line l ON l.sale_id = s.id GROUP BY s.id, s.base, s.items_total "
    "HAVING s.base <> COALESCE(SUM(l.base), 0) "
    "OR s.items_total <> COALESCE(SUM(l.quantity * l.unit_price), 0) LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Orders whose totals are not their lines'; lines that say more or less than their refunds, and
    refunded ones without any refund.
    """
    found = [
        Difference(
            ROOM,
            "totals",
            row["id"],
            (row["lines"], row["items"]),
            (row["base"], row["items_total"]),
        )
        for row in await sql.rows(_TOTALS)
    ]
    found += [
        Difference(ROOM, "refunded", row["id"], 0, row["refunded"])
        for row in await sql.rows(_GROUNDLESS)
    ]
    last = ""
    while True:
        ids = [row["sale_id"] for row in await sql.rows(_REFUNDED, [last, CHUNK])]
        if ids:
            found += await _lines(ids)
        if len(ids) < CHUNK:
            return found
        last = ids[-1]


async def _lines(sale_ids: list[str]) -> list[Difference]:
    refunds: dict[str, list[Refund]] = {}
    for row in await Refund.filter(sale_id__in=sale_ids, state="applied"):
        refunds.setdefault(row.sale_id or "", []).append(row)
    found = []
    for line in await SaleLine.filter(sale_id__in=sale_ids):
        back = rules.given_back([(row.spread, row.items) for row in refunds[line.sale_id]])
        amount, units = back.get(line.position, (0, 0))
        expected = (min(amount, line.base), min(units, line.quantity))
        if (line.refunded, line.returned) != expected:
            now = (line.refunded, line.returned)
            found.append(Difference(ROOM, "refunded", line.id, expected, now))
    return found
