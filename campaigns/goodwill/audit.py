"""`check` for goodwill: what people decided, against entries and payable items."""

from jejaring.db import sql
from jejaring.ledger.rules import Difference

ROOM = "goodwill"
_ROWS = (
    "SELECT g.id, g.amount, g.state, CAST(COALESCE(p.amount, 0) AS BIGINT) AS posted, "
    "CAST(COALESCE(i.amount, 0) AS BIGINT) AS item FROM goodwill g "
    "LEFT JOIN ledger_entry e ON e.merchant_id = g.merchant_id AND e.key = 'adjust:' || g.id "
    "LEFT JOIN ledger_posting p ON p.entry_id = e.id "
    "AND p.to_account = 'partner:' || g.partner_id || ':payable' "
    "LEFT JOIN payable_item i ON i.merchant_id = g.merchant_id AND i.key = 'adjust:' || g.id "
    "AND i.partner_id = g.partner_id "
    "WHERE COALESCE(p.amount, 0) <> (CASE WHEN g.state = 'done' THEN g.amount ELSE 0 END) "
    "OR COALESCE(i.amount, 0) <> (CASE WHEN g.state = 'done' THEN g.amount ELSE 0 END) LIMIT 1000"
)
_STRAY = (
    "SELECT e.key FROM ledger_entry e LEFT JOIN goodwill g ON g.merchant_id = e.merchant_id "
    "AND e.key = 'adjust:' || g.id WHERE e.event = 'goodwill' AND g.id IS NULL LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Each one done has its entry and its item, each that waits neither; no entry is without it."""
    found = [
        Difference(ROOM, what, row["id"], wanted, row[what])
        for row in await sql.rows(_ROWS)
        for wanted in (row["amount"] if row["state"] == "done" else 0,)
        for what in ("posted", "item")
        if row[what] != wanted
    ]
    found += [
        Difference(ROOM, "decision", row["key"], "decided", None) for row in await sql.rows(_STRAY)
    ]
    return found
