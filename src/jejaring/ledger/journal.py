"""The journal: entries as they were posted, newest first; and the partners' balances in sum."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from jejaring.db import sql
from jejaring.kit import paging
from jejaring.kit.errors import Invalid
from jejaring.ledger.accounts import PARTNER_PARTS
from jejaring.ledger.models import Entry, Posting

_STANDING = ", ".join(
    f"CAST(coalesce(sum(CASE WHEN account LIKE '%:{part}' THEN amount ELSE 0 END), 0) AS BIGINT) "
    f"AS {part}"
    for part in PARTNER_PARTS
)


@dataclass(frozen=True)
class PostingRow:
    """A positive amount moved from one account to another."""

    from_account: str
    to_account: str
    amount: int


@dataclass(frozen=True)
class EntryRow:
    """One event in the books with its postings."""

    id: int
    at: datetime
    event: str
    key: str
    merchant_id: str
    postings: tuple[PostingRow, ...]


async def page(
    merchant_id: str | None, limit: int = 50, cursor: str | None = None
) -> tuple[list[EntryRow], str | None]:
    """Entries of a merchant (None: of all), newest first, and the next page's cursor. Invalid at
    `/cursor` for a foreign one.
    """
    wanted = Entry.all() if merchant_id is None else Entry.filter(merchant_id=merchant_id)
    if cursor is not None:
        last = paging.decode(cursor)
        if not last.id.isdecimal() or len(last.id) > 18:
            raise Invalid.at("/cursor", "bad_cursor")
        wanted = wanted.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=int(last.id)))
    found = await wanted.order_by("-at", "-id").limit(limit + 1)
    rows, more = paging.cut(found, limit)
    postings: dict[int, list[PostingRow]] = {}
    for posting in await Posting.filter(entry_id__in=[row.id for row in rows]).order_by("id"):
        moved = PostingRow(posting.from_account, posting.to_account, posting.amount)
        postings.setdefault(posting.entry_id, []).append(moved)
    shown = [
        EntryRow(r.id, r.at, r.event, r.key, r.merchant_id, tuple(postings.get(r.id, ())))
        for r in rows
    ]
    after = paging.encode(paging.Cursor(rows[-1].at, str(rows[-1].id))) if more else None
    return shown, after


async def count(merchant_id: str | None = None) -> int:
    """How many entries there are."""
    wanted = Entry.all() if merchant_id is None else Entry.filter(merchant_id=merchant_id)
    return await wanted.count()


async def standing(merchant_id: str | None = None) -> dict[str, int]:
    """The partners' balances in all, by part, as they are shown (`owed_back` ≥ 0)."""
    where = "account LIKE 'partner:%'" + ("" if merchant_id is None else " AND merchant_id = ?")
    values = [] if merchant_id is None else [merchant_id]
    rows = await sql.rows(f"SELECT {_STANDING} FROM ledger_balance WHERE {where}", values)  # noqa: S608 — our constants
    found = {part: int(rows[0][part]) for part in PARTNER_PARTS}
    return found | {"owed_back": -found["owed_back"]}
