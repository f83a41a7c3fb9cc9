"""`check` for goodwill: what people decided, against entries and payable items."""

from jejaring.db import sql
from jejaring.ledger.rules import Difference

ROOM = "goodwill"
# What each one should have: `given` by its entry and its item, `taken` by those that undo them.
_UNDONE = "(g.state = 'withdrawn' AND g.decided_at IS NOT NULL)"
_GIVEN = f"(CASE WHEN g.state = 'done' OR {_UNDONE} THEN g.amount ELSE 0 END)"
_TAKEN = f"(CASE WHEN {_UNDONE} THEN g.amount ELSE 0 END)"
_FOUND = {
    "posted": ("COALESCE(p.amount, 0)", _GIVEN),
    "item": ("COALESCE(i.amount, 0)", _GIVEN),
    "unposted": ("COALESCE(u.amount, 0)", _TAKEN),
    "item_back": ("COALESCE(i.reversed, 0)", _TAKEN),
}
_SHOWN = ", ".join(
    f"CAST({has} AS BIGINT) AS {name}, CAST({wants} AS BIGINT) AS {name}_wanted"
    for name, (has, wants) in _FOUND.items()
)
_DIFFERS = " OR ".join(f"{has} <> {wants}" for has, wants in _FOUND.values())
_PAYABLE = "'partner:' || g.partner_id || ':payable'"
_ROWS = (
    f"SELECT g.id, {_SHOWN} FROM goodwill g "  # noqa: S608
    "LEFT JOIN ledger_entry e ON e.merchant_id = g.merchant_id AND e.key = 'adjust:' || g.id "
    f"LEFT JOIN ledger_posting p ON p.entry_id = e.id AND p.to_account = {_PAYABLE} "
    "LEFT JOIN ledger_entry b ON b.merchant_id = g.merchant_id AND b.key = 'unadjust:' || g.id "
    f"LEFT JOIN ledger_posting u ON u.entry_id = b.id AND u.from_account = {_PAYABLE} "
    "LEFT JOIN payable_item i ON i.merchant_id = g.merchant_id AND i.key = 'adjust:' || g.id "
    f"AND i.partner_id = g.partner_id WHERE {_DIFFERS} LIMIT 1000"
)
_STRAY = (
    "SELECT e.key FROM ledger_entry e LEFT JOIN goodwill g ON g.merchant_id = e.merchant_id "
    "AND e.key IN ('adjust:' || g.id, 'unadjust:' || g.id) "
    "WHERE e.event = 'goodwill' AND g.id IS NULL LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Each one given has its entry and its item, each withdrawn what undoes them, each that only
    waited neither; no entry is without it.
    """
    found = [
        Difference(ROOM, what, row["id"], row[f"{what}_wanted"], row[what])
        for row in await sql.rows(_ROWS)
        for what in _FOUND
        if row[what] != row[f"{what}_wanted"]
    ]
    found += [
        Difference(ROOM, "decision", row["key"], "decided", None) for row in await sql.rows(_STRAY)
    ]
    return found
