"""The only writer of the ledger: entries, their postings and the partners' balances, once per key.

Three statements for any number of entries: the entries, the postings, the balances. The balances
are added to by one upsert whose rows are sorted, so that two posts take their locks in one order;
the database itself refuses an overdrawn one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import inside
from jejaring.ledger.accounts import PARTNER_PARTS, is_partner, partner
from jejaring.ledger.rules import (
    ContentDiffers,
    Draft,
    Move,
    Overdrawn,
    changes,
    content_hash,
    draws,
    kept,
)

# Both databases bind about 32 000 values a statement.
CHUNK = 1000
Key = tuple[str, str]
T = TypeVar("T")

_ENTER = (
    "INSERT INTO ledger_entry (merchant_id, key, event, content_hash, at, memo) VALUES {slots} "
    "ON CONFLICT (merchant_id, key) DO NOTHING RETURNING id, merchant_id, key"
)
_KNOWN = (
    "SELECT merchant_id, key, content_hash FROM ledger_entry "
    "WHERE (merchant_id, key) IN (VALUES {slots})"
)
_POSTINGS = (
    "INSERT INTO ledger_posting (entry_id, merchant_id, from_account, to_account, amount) "
    "VALUES {slots}"
)
_HELD = (
    "SELECT merchant_id, account, amount FROM ledger_balance "
    "WHERE (merchant_id, account) IN (VALUES {slots})"
)
_IN_ORDER = ' ORDER BY merchant_id COLLATE "C", account COLLATE "C" FOR UPDATE'
_BALANCES = (
    "INSERT INTO ledger_balance (merchant_id, account, amount) VALUES {slots} "
    "ON CONFLICT (merchant_id, account) DO UPDATE "
    "SET amount = ledger_balance.amount + excluded.amount RETURNING merchant_id, account, amount"
)


async def post(
    merchant_id: str,
    key: str,
    event: str,
    moves: Sequence[Move],
    memo: Mapping[str, Any] | None = None,
) -> bool:
    """Post one entry in the caller's transaction; False if it is in the books already.

    Moves of 0 are left out; without any other nothing is written, True. Raises ContentDiffers
    where the key has other content, Overdrawn where a balance would go where it may not.
    """
    return (await post_many([Draft(merchant_id, key, event, tuple(moves), memo or {})]))[0]


async def post_many(drafts: Sequence[Draft]) -> list[bool]:
    """Post many entries at once; per draft what `post` says of one, in the order given."""
    if not inside():
        raise RuntimeError("post joins the caller's transaction, and there is none")
    wanted: dict[Key, Draft] = {}
    hashes: dict[Key, str] = {}
    answers: list[bool] = []
    for draft in drafts:
        place = (draft.merchant_id, draft.key)
        digest = content_hash(draft.event, draft.moves)
        if place in hashes and hashes[place] != digest:
            raise ContentDiffers(*place)
        answers.append(place not in hashes)
        hashes[place] = digest
        if kept(draft.moves):
            wanted.setdefault(place, draft)
    fresh = await _enter(wanted, hashes)
    await _write_postings(wanted, fresh)
    await add_balances(_balance_changes(wanted, fresh))
    return [
        first and ((d.merchant_id, d.key) not in wanted or (d.merchant_id, d.key) in fresh)
        for first, d in zip(answers, drafts, strict=True)
    ]


async def _enter(wanted: Mapping[Key, Draft], hashes: Mapping[Key, str]) -> dict[Key, int]:
    """Insert the entries that are new; their row ids by (merchant, key)."""
    now = world.now()
    fresh: dict[Key, int] = {}
    for chunk in _chunks(sorted(wanted)):
        values: list[Any] = []
        for place in chunk:
            draft = wanted[place]
            memo = json.dumps(dict(draft.memo), ensure_ascii=False)
            values += [*place, draft.event, hashes[place], now, memo]
        found = await sql.rows(
            sql.fill(_ENTER, len(chunk), 6),
            values,
        )
        fresh |= {(row["merchant_id"], row["key"]): row["id"] for row in found}
    await _compare([place for place in wanted if place not in fresh], hashes)
    return fresh


async def _compare(known: Sequence[Key], hashes: Mapping[Key, str]) -> None:
    """Those in the books already must have the same content."""
    for chunk in _chunks(known):
        found = await sql.rows(
            sql.fill(_KNOWN, len(chunk), 2),
            [part for place in chunk for part in place],
        )
        for row in found:
            place = (row["merchant_id"], row["key"])
            if row["content_hash"] != hashes[place]:
                raise ContentDiffers(*place)


async def _write_postings(wanted: Mapping[Key, Draft], fresh: Mapping[Key, int]) -> None:
    flat = [
        (entry_id, place[0], move.from_account, move.to_account, move.amount)
        for place, entry_id in fresh.items()
        for move in kept(wanted[place].moves)
    ]
    for chunk in _chunks(flat):
        await sql.rows(
            sql.fill(_POSTINGS, len(chunk), 5),
            [value for row in chunk for value in row],
        )


def _balance_changes(wanted: Mapping[Key, Draft], fresh: Iterable[Key]) -> dict[Key, int]:
    """What the new entries add to each partner account, by (merchant, account)."""
    found: dict[Key, int] = {}
    for place in fresh:
        for account, change in changes(wanted[place].moves).items():
            if is_partner(account):
                where = (place[0], account)
                found[where] = found.get(where, 0) + change
    return found


async def add_balances(deltas: Mapping[Key, int]) -> dict[Key, int]:
    """Add to stored balances and lock their rows, in one order; the new balances.

    With zeros it only locks (and makes the rows). Raises Overdrawn.
    """
    new: dict[Key, int] = {}
    for chunk in _chunks(sorted(deltas)):
        try:
            found = await sql.rows(
                sql.fill(_BALANCES, len(chunk), 3),
                [value for place in chunk for value in (*place, deltas[place])],
            )
        except IntegrityError as exc:
            raise Overdrawn([p[1] for p in chunk if draws(p[1], deltas[p])]) from exc
        new |= {(row["merchant_id"], row["account"]): row["amount"] for row in found}
    return new


async def lock(merchant_id: str, accounts: Iterable[str]) -> dict[str, int]:
    """Lock a merchant's partner accounts till the transaction ends; their balances."""
    held = await add_balances({(merchant_id, account): 0 for account in accounts})
    return {account: amount for (_, account), amount in held.items()}


async def hold(pairs: Iterable[tuple[str, str]]) -> dict[Key, int]:
    """Lock the balances that these (merchant, partner) pairs have, in the one order, making none;
    by (merchant, account). A change of an order holds all that it may move before it moves any.
    """
    names = [(m, partner(p, part)) for m, p in set(pairs) for part in PARTNER_PARTS]
    in_order = "" if sql.on_sqlite() else _IN_ORDER
    found: dict[Key, int] = {}
    for chunk in _chunks(sorted(names)):
        rows = await sql.rows(
            sql.fill(_HELD, len(chunk), 2) + in_order, [part for name in chunk for part in name]
        )
        found |= {(row["merchant_id"], row["account"]): row["amount"] for row in rows}
    return found


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
