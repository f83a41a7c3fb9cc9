"""Reading the books: balances, the trial balance, the movements between a merchant and a partner.

Everywhere `merchant_id` or `partner_id` None means all of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from jejaring.db import sql
from jejaring.ledger import accounts
from jejaring.ledger.accounts import PARTNER_PARTS

Pair = tuple[str, str]

# `partner:{id}:pending` → `{id}`, alike in both dialects.
_OWNER = (
    "substr(account, 9, length(account) - 8 - CASE WHEN account LIKE '%:pending' THEN 8 "
    "WHEN account LIKE '%:held' THEN 5 WHEN account LIKE '%:payable' THEN 8 ELSE 10 END)"
)
_BALANCES = (
    "SELECT merchant_id, owner, "
    "CAST(SUM(CASE WHEN account LIKE '%:pending' THEN amount ELSE 0 END) AS BIGINT) AS pending, "
    "CAST(SUM(CASE WHEN account LIKE '%:held' THEN amount ELSE 0 END) AS BIGINT) AS held, "
    "CAST(SUM(CASE WHEN account LIKE '%:payable' THEN amount ELSE 0 END) AS BIGINT) AS payable, "
    "CAST(SUM(CASE WHEN account LIKE '%:in_payout' THEN amount ELSE 0 END) AS BIGINT) "
    "AS in_payout, "
    "CAST(SUM(CASE WHEN account LIKE '%:owed_back' THEN -amount ELSE 0 END) AS BIGINT) "
    "AS owed_back "
    "FROM (SELECT merchant_id, account, amount, {owner} AS owner FROM ledger_balance "
    "WHERE {where}) rows WHERE {after} GROUP BY merchant_id, owner "
    "ORDER BY {order} LIMIT ?"
)
_SETTLED = (
    "SELECT merchant_id, from_account, to_account, CAST(SUM(amount) AS BIGINT) AS amount "
    "FROM ledger_posting WHERE from_account IN ('expense:write_off', 'cash_out') "
    "AND {where} AND to_account LIKE '%:owed_back' GROUP BY merchant_id, from_account, to_account"
)
_TRIAL = (
    "SELECT kind, CAST(SUM(amount) AS BIGINT) AS amount FROM ("
    "SELECT {kind} AS kind, amount FROM (SELECT merchant_id, to_account AS account, amount "
    "FROM ledger_posting UNION ALL SELECT merchant_id, from_account, -amount FROM ledger_posting"
    ") sides WHERE {where}) kinds GROUP BY kind"
)
_KIND = (
    "CASE WHEN account NOT LIKE 'partner:%' THEN account "
    "WHEN account LIKE '%:pending' THEN 'partner:pending' "
    "WHEN account LIKE '%:held' THEN 'partner:held' "
    "WHEN account LIKE '%:payable' THEN 'partner:payable' "
    "WHEN account LIKE '%:in_payout' THEN 'partner:in_payout' ELSE 'partner:owed_back' END"
)
# Balance now less all that happened since: one statement, so one moment.
_OPENING = (
    "SELECT merchant_id, account, CAST(SUM(amount) AS BIGINT) AS amount FROM ("
    "SELECT merchant_id, account, amount FROM ledger_balance UNION ALL "
    "SELECT p.merchant_id, p.to_account, -p.amount FROM ledger_posting p "
    "JOIN ledger_entry e ON e.id = p.entry_id WHERE e.at >= ? AND {entry} UNION ALL "
    "SELECT p.merchant_id, p.from_account, p.amount FROM ledger_posting p "
    "JOIN ledger_entry e ON e.id = p.entry_id WHERE e.at >= ? AND {entry}"
    ") sides WHERE account LIKE 'partner:%' AND {where} GROUP BY merchant_id, account"
)
_MOVES = (
    "SELECT e.id, e.merchant_id, e.at, e.key, e.event, e.memo, p.from_account, p.to_account, "
    "p.amount "
    "FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id WHERE e.id IN ("
    "SELECT id FROM ledger_entry e WHERE e.at >= ? AND e.at < ? AND {entry} "
    "ORDER BY e.at {way}, e.id {way} LIMIT ?) ORDER BY e.at {way}, e.id {way}, p.id"
)

# Twice five accounts, each through an index that begins with the merchant.
_OF_PARTNER = (
    "e.id IN (SELECT entry_id FROM ledger_posting WHERE from_account IN (?, ?, ?, ?, ?) "
    "AND merchant_id IN (SELECT merchant_id FROM ledger_balance WHERE account IN (?, ?, ?, ?, ?)) "
    "UNION SELECT entry_id FROM ledger_posting WHERE to_account IN (?, ?, ?, ?, ?) "
    "AND merchant_id IN (SELECT merchant_id FROM ledger_balance WHERE account IN (?, ?, ?, ?, ?)))"
)


@dataclass(frozen=True)
class BalanceRow:
    """What stands between a merchant and a partner: rupiah, all ≥ 0, `owed_back` as it is shown.

    `written_off` and `repaid` settled an owed back amount otherwise than by netting. Paid, and so
    earned, is known to payouts.
    """

    merchant_id: str
    partner_id: str
    pending: int = 0
    held: int = 0
    payable: int = 0
    in_payout: int = 0
    owed_back: int = 0
    written_off: int = 0
    repaid: int = 0


@dataclass(frozen=True)
class Movement:
    """What one entry did to a partner's five accounts; here `owed_back` counts negative."""

    entry_id: int
    merchant_id: str
    partner_id: str
    at: datetime
    key: str
    event: str
    memo: dict[str, Any]
    changes: dict[str, int]

    @property
    def amount(self) -> int:
        """How much more (or less) the merchant owes the partner afterwards."""
        return sum(self.changes.values())


@dataclass(frozen=True)
class _Scope:
    """A condition on rows with merchant_id and account, and one on entries (alias e)."""

    where: str
    values: tuple[Any, ...]
    entry: str
    entry_values: tuple[Any, ...]


def _five(partner_id: str) -> list[str]:
    return [accounts.partner(partner_id, part) for part in PARTNER_PARTS]


def _scope(merchant_id: str | None, partner_id: str | None) -> _Scope:
    where, entry = ["1 = 1"], ["1 = 1"]
    values: list[Any] = []
    entry_values: list[Any] = []
    if merchant_id is not None:
        where.append("merchant_id = ?")
        values.append(merchant_id)
        entry.append("e.merchant_id = ?")
        entry_values.append(merchant_id)
    if partner_id is not None:
        five = _five(partner_id)
        where.append("account IN (?, ?, ?, ?, ?)")
        values += five
        entry.append(_OF_PARTNER)
        entry_values += five * 4
    return _Scope(" AND ".join(where), tuple(values), " AND ".join(entry), tuple(entry_values))


def _put(query: str, **parts: str) -> str:
    for name, text in parts.items():
        query = query.replace("{" + name + "}", text)
    return query


async def balances(
    merchant_id: str | None = None,
    partner_id: str | None = None,
    *,
    limit: int = 100_000,
    before: str | None = None,
) -> list[BalanceRow]:
    """The balances of every pair between whom something was posted, those with the newest other
    side first. `before` is the other side's id on the last row of the page before (only where one
    side is given).
    """
    scope = _scope(merchant_id, partner_id)
    exact = "" if sql.on_sqlite() else ' COLLATE "C"'
    other = "owner" if merchant_id is not None or partner_id is None else "merchant_id"
    query = _put(
        _BALANCES,
        owner=_OWNER,
        where=scope.where,
        after="1 = 1" if before is None else f"{other}{exact} < ?",
        order=f"{other}{exact} DESC, merchant_id{exact}",
    )
    values = [*scope.values, *([] if before is None else [before]), limit]
    found = {
        (row["merchant_id"], row["owner"]): BalanceRow(
            row["merchant_id"], row["owner"], *(row[part] for part in PARTNER_PARTS)
        )
        for row in await sql.rows(query, values)
    }
    for pair, (written_off, repaid) in (await _settled(merchant_id, partner_id)).items():
        if pair in found:
            found[pair] = replace(found[pair], written_off=written_off, repaid=repaid)
    return list(found.values())


async def _settled(merchant_id: str | None, partner_id: str | None) -> dict[Pair, tuple[int, int]]:
    """(written off, repaid) of each pair: what came to owed_back from outside."""
    where, values = ["1 = 1"], []
    if merchant_id is not None:
        where.append("merchant_id = ?")
        values.append(merchant_id)
    if partner_id is not None:
        where.append("to_account = ?")
        values.append(accounts.partner(partner_id, "owed_back"))
    found: dict[Pair, tuple[int, int]] = {}
    for row in await sql.rows(_put(_SETTLED, where=" AND ".join(where)), values):
        pair = (row["merchant_id"], accounts.owner_of(row["to_account"]))
        off, back = found.get(pair, (0, 0))
        amount = int(row["amount"])
        is_off = row["from_account"] == accounts.EXPENSE_WRITE_OFF
        found[pair] = (off + amount, back) if is_off else (off, back + amount)
    return found


async def trial_balance(merchant_id: str | None = None) -> list[tuple[str, int]]:
    """Every account kind (merchant-wide accounts, then `partner:{part}`) with its sum, in the
    order of the chart; all of it sums to zero.
    """
    scope = _scope(merchant_id, None)
    rows = await sql.rows(_put(_TRIAL, kind=_KIND, where=scope.where), scope.values)
    sums = {row["kind"]: row["amount"] for row in rows}
    kinds = (*accounts.MERCHANT_ACCOUNTS, *(f"partner:{part}" for part in PARTNER_PARTS))
    return [(kind, int(sums.get(kind, 0))) for kind in kinds]


async def opening(
    merchant_id: str | None, partner_id: str | None, at: datetime
) -> dict[Pair, dict[str, int]]:
    """The five balances of each pair just before the instant (`owed_back` ≤ 0)."""
    scope = _scope(merchant_id, partner_id)
    query = _put(_OPENING, where=scope.where, entry=scope.entry)
    values = [at, *scope.entry_values, at, *scope.entry_values, *scope.values]
    found: dict[Pair, dict[str, int]] = {}
    for row in await sql.rows(query, values):
        pair = (row["merchant_id"], accounts.owner_of(row["account"]))
        parts = found.setdefault(pair, dict.fromkeys(PARTNER_PARTS, 0))
        parts[row["account"].rpartition(":")[2]] = int(row["amount"])
    return found


async def movements(
    merchant_id: str | None,
    partner_id: str | None,
    span: tuple[datetime, datetime],
    *,
    limit: int,
    newest_first: bool = False,
) -> list[Movement]:
    """What happened in [from, to), by entry, oldest first: at most `limit` entries."""
    scope = _scope(merchant_id, partner_id)
    query = _put(_MOVES, entry=scope.entry, way="DESC" if newest_first else "ASC")
    rows = await sql.rows(query, [*span, *scope.entry_values, limit])
    return _by_entry(rows, partner_id)


def _by_entry(rows: Sequence[dict[str, Any]], partner_id: str | None) -> list[Movement]:
    """Postings, those of an entry side by side → one movement per entry and partner."""
    found: dict[tuple[int, str], Movement] = {}
    for row in rows:
        sides = ((row["from_account"], -row["amount"]), (row["to_account"], row["amount"]))
        for account, change in sides:
            if not accounts.is_partner(account):
                continue
            owner = accounts.owner_of(account)
            if partner_id not in (None, owner):
                continue
            movement = found.setdefault((row["id"], owner), _movement(row, owner))
            part = account.rpartition(":")[2]
            movement.changes[part] = movement.changes.get(part, 0) + change
    return list(found.values())


def _movement(row: dict[str, Any], owner: str) -> Movement:
    """SQLite gives times and JSON back as text, PostgreSQL JSON only."""
    at, memo = row["at"], row["memo"]
    return Movement(
        entry_id=row["id"],
        merchant_id=row["merchant_id"],
        partner_id=owner,
        at=at if isinstance(at, datetime) else datetime.fromisoformat(at),
        key=row["key"],
        event=row["event"],
        memo=json.loads(memo) if isinstance(memo, str) else dict(memo),
        changes={},
    )
