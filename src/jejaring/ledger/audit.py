"""`check` for the books: every rule that must hold whatever happened, re-added from the rows."""

from typing import Any

from jejaring.db import sql
from jejaring.ledger import accounts
from jejaring.ledger.rules import Difference, Move, content_hash, may_stand

ROOM = "ledger"
BATCH = 5000

_SIDES = (
    "SELECT merchant_id, account, CAST(SUM(amount) AS BIGINT) AS amount FROM ("
    "SELECT merchant_id, to_account AS account, amount FROM ledger_posting UNION ALL "
    "SELECT merchant_id, from_account, -amount FROM ledger_posting) sides "
    "GROUP BY merchant_id, account ORDER BY merchant_id, account"
)
_ENTRIES = (
    "SELECT e.id, e.merchant_id, e.key, e.event, e.content_hash, p.id AS posting, "
    "p.merchant_id AS posting_merchant, p.from_account, p.to_account, p.amount "
    "FROM (SELECT * FROM ledger_entry WHERE id > ? ORDER BY id LIMIT ?) e "
    "LEFT JOIN ledger_posting p ON p.entry_id = e.id ORDER BY e.id, p.id"
)
_ORPHANS = (
    "SELECT p.id, p.merchant_id FROM ledger_posting p "
    "LEFT JOIN ledger_entry e ON e.id = p.entry_id WHERE e.id IS NULL LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Sums are zero, balances are what the postings say, signs hold, entries are as posted.

    Call it inside one transaction (repeatable read on PostgreSQL), so that it sees one moment.
    """
    return [*await _sums_and_balances(), *await _entries(), *await _orphans()]


async def _sums_and_balances() -> list[Difference]:
    sums: dict[str, int] = {}
    added: dict[tuple[str, str], int] = {}
    found: list[Difference] = []
    for row in await sql.rows(_SIDES):
        merchant, account, amount = row["merchant_id"], row["account"], int(row["amount"])
        sums[merchant] = sums.get(merchant, 0) + amount
        if not accounts.is_partner(account) and account not in accounts.MERCHANT_ACCOUNTS:
            found.append(Difference(ROOM, "unknown_account", merchant, None, account))
        if accounts.is_partner(account):
            added[merchant, account] = amount
        if not may_stand(account, amount):
            found.append(Difference(ROOM, "sign", f"{merchant} {account}", 0, amount))
    found += [Difference(ROOM, "sum", m, 0, total) for m, total in sums.items() if total]
    stored = {
        (row["merchant_id"], row["account"]): int(row["amount"])
        for row in await sql.rows("SELECT merchant_id, account, amount FROM ledger_balance")
    }
    found += [
        Difference(ROOM, "balance", " ".join(where), added.get(where, 0), stored.get(where, 0))
        for where in sorted(stored.keys() | added.keys())
        if stored.get(where, 0) != added.get(where, 0)
    ]
    return found


async def _entries() -> list[Difference]:
    """Each entry's postings are its own, and hash to what was posted."""
    found: list[Difference] = []
    last = 0
    while rows := await sql.rows(_ENTRIES, [last, BATCH]):
        last = rows[-1]["id"]
        entries: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            entries.setdefault(row["id"], []).append(row)
        for lines in entries.values():
            found += _entry(lines)
    return found


def _entry(lines: list[dict[str, Any]]) -> list[Difference]:
    first = lines[0]
    subject = f"{first['merchant_id']} {first['key']}"
    if first["posting"] is None:
        return [Difference(ROOM, "entry_without_postings", subject, "postings", None)]
    others = [r["posting_merchant"] for r in lines if r["posting_merchant"] != r["merchant_id"]]
    if others:
        return [Difference(ROOM, "foreign_posting", subject, first["merchant_id"], others[0])]
    try:
        moves = [Move(r["from_account"], r["to_account"], r["amount"]) for r in lines]
    except ValueError as exc:
        return [Difference(ROOM, "bad_posting", subject, "a move", str(exc))]
    digest = content_hash(first["event"], moves)
    if digest != first["content_hash"]:
        return [Difference(ROOM, "content", subject, first["content_hash"], digest)]
    return []


async def _orphans() -> list[Difference]:
    return [
        Difference(ROOM, "posting_without_entry", row["merchant_id"], "an entry", row["id"])
        for row in await sql.rows(_ORPHANS)
    ]
