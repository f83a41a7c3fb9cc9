"""Payable items: what releases add, refunds take back, and where a source's money stands.

These verbs join the caller's transaction and post nothing: the caller posts the entry.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jejaring import world
from jejaring.db import bulk, sql
from jejaring.payouts.models import PayableItem

Standing = Literal["payable", "in_payout", "paid"]
OPEN_STATES = ("approved", "sending")
FREED_STATES = ("failed", "returned", "cancelled")


_CHAIN = (
    "WITH RECURSIVE chain (root, id, payout_id, rest) AS ("
    "SELECT source_id, id, payout_id, amount - reversed FROM payable_item "
    "WHERE source_id IN ({slots}) "
    "UNION ALL "
    "SELECT chain.root, item.id, item.payout_id, item.amount - item.reversed FROM chain "
    "JOIN payout ON payout.id = chain.payout_id "
    "AND payout.state IN ('failed', 'returned', 'cancelled') "
    "JOIN payable_item item ON item.source_id = payout.id) "
    "SELECT chain.root AS root, chain.rest AS rest, payout.state AS state FROM chain "
    "LEFT JOIN payout ON payout.id = chain.payout_id"
)


@dataclass(frozen=True)
class ItemDraft:
    """An amount (rupiah, > 0) to be paid from `not_before` on; `key` is unique per merchant.

    `source_id` is what refunds come by (a commission's id); `label` is shown as it is.
    """

    merchant_id: str
    partner_id: str
    key: str
    kind: str
    source_id: str
    label: str
    amount: int
    not_before: datetime


@dataclass(frozen=True)
class TakenBack:
    """How much was taken from items not yet in a payout, and how much the partner now owes."""

    from_items: int
    owed: int


async def add(draft: ItemDraft) -> None:
    """One item; the same key again is ignored."""
    await add_many([draft])


async def add_many(drafts: Sequence[ItemDraft]) -> None:
    """Many items in one statement; a key that is there already is ignored, and so is amount 0."""
    now = world.now()
    rows = [
        PayableItem(
            id=world.new_id("itm"),
            merchant_id=draft.merchant_id,
            partner_id=draft.partner_id,
            key=draft.key,
            kind=draft.kind,
            source_id=draft.source_id,
            label=draft.label[:200],
            amount=draft.amount,
            not_before=draft.not_before,
            created_at=now,
        )
        for draft in drafts
        if draft.amount
    ]
    if rows:
        await PayableItem.bulk_create(rows, ignore_conflicts=True)


async def take_back(merchant_id: str, source_id: str, amount: int) -> TakenBack:
    """Take `amount` back from a source: first from items in no payout (oldest first); what is left
    of it belongs to approved payouts, so it is owed, and their items stay as they are.

    Locks the source's items; who takes back from several sources uses `take_back_many`.
    """
    return (await take_back_many(merchant_id, {source_id: amount}))[source_id]


async def take_back_many(merchant_id: str, amounts: Mapping[str, int]) -> dict[str, TakenBack]:
    """The same for many sources of a merchant at once (rupiah by source id); their items are locked
    in the order of their ids.
    """
    if not amounts:
        return {}
    items = (
        await PayableItem.filter(merchant_id=merchant_id, source_id__in=list(amounts))
        .order_by("id")
        .select_for_update()
    )
    left = dict(amounts)
    changed = []
    for item in items:
        part = min(left[item.source_id], item.amount - item.reversed)
        if part and item.payout_id is None:
            left[item.source_id] -= part
            item.reversed += part
            changed.append(item)
    await bulk.update(changed, "reversed")
    return {source: TakenBack(amounts[source] - rest, rest) for source, rest in left.items()}


async def in_payouts(source_ids: Iterable[str]) -> frozenset[str]:
    """Those sources of which an approved payout has, or had, something; their partners' balances
    are locked, so that it stays so.
    """
    rows = await PayableItem.filter(
        source_id__in=list(source_ids), payout_id__isnull=False
    ).values_list("source_id", flat=True)
    return frozenset(str(source) for source in rows)


async def standing(source_ids: Iterable[str]) -> dict[str, Standing]:
    """Where each source's money stands: payable, in a payout, or paid; absent without an item.

    Money of a failed, returned or cancelled payout is followed to the item it came back as. Where
    a source has several items the least advanced of those not taken back whole counts.
    """
    wanted = sorted(set(source_ids))
    found: dict[str, Standing] = {}
    for start in range(0, len(wanted), 1000):
        found |= await _standing(wanted[start : start + 1000])
    return found


async def _standing(source_ids: Sequence[str]) -> dict[str, Standing]:
    rows = await sql.rows(sql.fill(_CHAIN, len(source_ids)), list(source_ids))
    found: dict[str, tuple[bool, int]] = {}
    for row in rows:
        rank = _rank(row["state"])
        if rank is not None:
            # An item taken back whole counts only where there is no other.
            seen = (row["rest"] == 0, rank)
            found[row["root"]] = min(found.get(row["root"], seen), seen)
    return {root: _STANDINGS[rank] for root, (_, rank) in found.items()}


_STANDINGS: tuple[Standing, ...] = ("payable", "in_payout", "paid")


def _rank(state: str | None) -> int | None:
    """0 payable, 1 in a payout, 2 paid; None for a payout whose money came back as an item."""
    if state is None:
        return 0
    if state in FREED_STATES:
        return None
    return 1 if state in OPEN_STATES else 2
