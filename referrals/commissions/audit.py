"""`check` for commissions: rows against reversals, items, entries and the partners' balances."""

from jejaring.db import sql
from jejaring.ledger.rules import Difference
from jejaring.ledger.statements import balances

ROOM = "commissions"
_STATES = (
    "SELECT merchant_id, partner_id, state, CAST(SUM(amount - reversed) AS BIGINT) AS rest "
    "FROM commission WHERE state IN ('pending', 'held') GROUP BY merchant_id, partner_id, state"
)
_REVERSED = (
    "SELECT c.id, c.reversed, CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) AS taken "
    "FROM commission c LEFT JOIN reversal r ON r.commission_id = c.id "
    "GROUP BY c.id, c.reversed HAVING c.reversed <> COALESCE(SUM(r.amount), 0) LIMIT 1000"
)
# What was released and is not taken back stands in items; what an approved payout holds is owed.
_ITEMS = (
    "SELECT c.id, c.amount - c.reversed + COALESCE(o.owed, 0) AS due, "
    "COALESCE(i.kept, 0) AS kept FROM commission c "
    "LEFT JOIN (SELECT commission_id, CAST(SUM(from_owed) AS BIGINT) AS owed FROM reversal "
    "GROUP BY commission_id) o ON o.commission_id = c.id "
    "LEFT JOIN (SELECT source_id, CAST(SUM(amount - reversed) AS BIGINT) AS kept "
    "FROM payable_item WHERE kind = 'commission' GROUP BY source_id) i ON i.source_id = c.id "
    "WHERE (CASE WHEN c.state = 'payable' THEN c.amount - c.reversed + COALESCE(o.owed, 0) "
    "ELSE 0 END) <> COALESCE(i.kept, 0) LIMIT 1000"
)
_ENTRIES = (
    "SELECT c.id, c.amount FROM commission c LEFT JOIN ledger_entry e "
    "ON e.merchant_id = c.merchant_id AND e.key = c.key "
    "WHERE c.amount > 0 AND e.id IS NULL AND NOT (c.state = 'rejected' AND c.times_rejected = 0) "
    "AND NOT EXISTS (SELECT 1 FROM ledger_entry u WHERE u.merchant_id = c.merchant_id "
    "AND u.key = 'unreject:' || c.id || ':0') LIMIT 1000"
)
# A decision leaves its entry: the last rejection of a rejected one, the last hold of a held one.
_DECIDED = (
    "SELECT c.id, c.state, c.times_rejected FROM commission c LEFT JOIN ledger_entry e "
    "ON e.merchant_id = c.merchant_id AND e.key = 'reject:' || c.id || ':' || c.times_rejected "
    "WHERE c.amount > c.reversed AND c.state = 'rejected' AND c.times_rejected > 0 "
    "AND e.id IS NULL LIMIT 1000"
)
_HELD = (
    "SELECT c.id, c.times_held FROM commission c LEFT JOIN ledger_entry e "
    "ON e.merchant_id = c.merchant_id AND e.key = 'hold:' || c.id || ':' || c.times_held "
    "WHERE c.state = 'held' AND c.amount > c.reversed AND e.id IS NULL LIMIT 1000"
)


_RESERVED = (
    "SELECT k.id, k.reserved, CAST(COALESCE(SUM(c.amount - c.reversed), 0) AS BIGINT) AS rest "
    "FROM campaign k LEFT JOIN commission c ON c.campaign_id = k.id AND c.state <> 'rejected' "
    "AND c.kind <> 'margin' GROUP BY k.id, k.reserved "
    "HAVING k.reserved <> COALESCE(SUM(c.amount - c.reversed), 0)"
)


async def audit() -> list[Difference]:
    """Every difference: pending and held against the books, reversals, items, missing entries, and
    what the campaigns' budgets hold.
    """
    return [*await _balances(), *await _rows()]


async def _balances() -> list[Difference]:
    due: dict[tuple[str, str, str], int] = {}
    for row in await sql.rows(_STATES):
        due[row["merchant_id"], row["partner_id"], row["state"]] = int(row["rest"])
    found: list[Difference] = []
    for balance in await balances(None, None):
        for part in ("pending", "held"):
            expected = due.pop((balance.merchant_id, balance.partner_id, part), 0)
            stands = int(getattr(balance, part))
            if expected != stands:
                where = f"{balance.merchant_id} {balance.partner_id}"
                found.append(Difference(ROOM, part, where, expected, stands))
    found += [
        Difference(ROOM, part, f"{merchant} {partner}", expected, 0)
        for (merchant, partner, part), expected in due.items()
        if expected
    ]
    return found


async def _rows() -> list[Difference]:
    found = [
        Difference(ROOM, "reversed", row["id"], row["taken"], row["reversed"])
        for row in await sql.rows(_REVERSED)
    ]
    found += [
        Difference(ROOM, "items", row["id"], row["due"], row["kept"])
        for row in await sql.rows(_ITEMS)
    ]
    found += [
        Difference(ROOM, "entry", row["id"], row["amount"], None)
        for row in await sql.rows(_ENTRIES)
    ]
    found += [
        Difference(ROOM, "reserved", row["id"], row["rest"], row["reserved"])
        for row in await sql.rows(_RESERVED)
    ]
    found += [
        Difference(ROOM, "rejected", row["id"], f"reject:{row['id']}:{row['times_rejected']}", None)
        for row in await sql.rows(_DECIDED)
    ]
    found += [
        Difference(ROOM, "hold", row["id"], f"hold:{row['id']}:{row['times_held']}", None)
        for row in await sql.rows(_HELD)
    ]
    return found
