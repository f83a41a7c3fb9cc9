"""`check` for credit: shares sum to the whole, of one campaign; no money without credit."""

from jejaring.db import sql
from jejaring.ledger.rules import Difference

ROOM = "attribution"
_SHARES = (
    "SELECT line_id, CAST(SUM(share_bp) AS BIGINT) AS n FROM credit WHERE ended_by IS NULL "
    "GROUP BY line_id HAVING SUM(share_bp) <> 10000 LIMIT 1000"
)
_CAMPAIGNS = (
    "SELECT line_id, count(DISTINCT campaign_id) AS n FROM credit WHERE ended_by IS NULL "
    "GROUP BY line_id HAVING count(DISTINCT campaign_id) > 1 LIMIT 1000"
)
# Nobody's money stands on the books by a credit that a person has taken away.
_ENDED = (
    "SELECT c.id, c.state FROM commission c WHERE c.state IN ('pending', 'held', 'payable') "
    "AND c.amount > c.reversed AND c.line_id IS NOT NULL AND c.parent_id IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM credit k "
    "WHERE k.line_id = c.line_id AND k.enrolment_id = c.enrolment_id AND k.ended_by IS NULL) "
    "LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Every difference: shares, campaigns, commissions without a credit that counts."""
    return [
        *(
            Difference(ROOM, "shares", r["line_id"], 10_000, r["n"])
            for r in await sql.rows(_SHARES)
        ),
        *(
            Difference(ROOM, "campaigns", r["line_id"], 1, r["n"])
            for r in await sql.rows(_CAMPAIGNS)
        ),
        *(
            Difference(ROOM, "uncredited", r["id"], None, r["state"])
            for r in await sql.rows(_ENDED)
        ),
    ]
