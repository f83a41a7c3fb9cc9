"""Release: when the hold is over, pending becomes payable, and the payouts room gets its item."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.ledger.rules import Draft
from jejaring.payouts.items import ItemDraft
from referrals.commissions import rules, write
from referrals.commissions.models import Commission
from referrals.commissions.write import Ledgered

BATCH = 200


def is_due(row: Commission, now: datetime) -> bool:
    """Whether the row waits for nothing but its clock, and the clock has come."""
    return row.state == "pending" and row.release_at is not None and row.release_at <= now


def mark(row: Commission, now: datetime, entries: list[Draft], drafts: list[ItemDraft]) -> None:
    """Make the row payable; its entry and its item are added to the lists, none for a rest of 0."""
    rest = row.amount - row.reversed
    row.state = "payable"
    row.released_at = now
    key = rules.release_key(row.id, row.times_held)
    moves = rules.release_moves(row.partner_id, rest)
    entries.append(Draft(row.merchant_id, key, "release", moves, memo(row)))
    if rest:
        drafts.append(item_of(row, key, rest, now))


def memo(row: Commission) -> dict[str, object]:
    """What an entry tells of its commission, for the statement: whose order it is, or else (of
    clicks, posts, months) what it is for.
    """
    names = ("order_id", "line") if "order_id" in row.because else ("label",)
    known = {name: row.because[name] for name in names if name in row.because}
    return {"commission": row.id} | known


def item_of(row: Commission, key: str, amount: int, now: datetime) -> ItemDraft:
    """The payable item of a commission."""
    return ItemDraft(
        merchant_id=row.merchant_id,
        partner_id=row.partner_id,
        key=key,
        kind="commission",
        source_id=row.id,
        label=str(row.because.get("label", row.rule)),
        amount=amount,
        not_before=now,
    )


def told(rows: Iterable[Commission]) -> list[Event]:
    """One `commission.released` per merchant and partner."""
    groups: dict[tuple[str, str], list[Commission]] = {}
    for row in rows:
        groups.setdefault((row.merchant_id, row.partner_id), []).append(row)
    return [
        publish.draft(
            "commission.released",
            partner_id,
            own[0].id,
            merchant_id=merchant_id,
            commissions=[{"id": r.id, "amount": r.amount - r.reversed} for r in own],
        )
        for (merchant_id, partner_id), own in groups.items()
    ]


def release(rows: Sequence[Commission], now: datetime, out: Ledgered) -> None:
    """Release stored rows that are due; what that makes is added to `out`."""
    due = [row for row in rows if is_due(row, now)]
    for row in due:
        mark(row, now, out.entries, out.items)
        out.change(row)
    out.events += told(due)


async def release_due() -> int:
    """Release everything that is due, 200 a transaction; how many. Any number of workers may."""
    done = 0
    while count := await transact(_batch):
        done += count
        if count < BATCH:
            break
    return done


async def _batch() -> int:
    now = world.now()
    query = Commission.filter(state="pending", release_at__lte=now).order_by("release_at", "id")
    query = query.limit(BATCH)
    if not sql.on_sqlite():
        query = query.select_for_update(skip_locked=True)
    rows = await query
    out = Ledgered()
    release(rows, now, out)
    await write.write(out)
    return len(rows)
