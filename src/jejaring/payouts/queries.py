"""Reading payouts: a run with its lines and everyone skipped, pages of runs, the balances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from jejaring.db import sql
from jejaring.identity.models import Organisation
from jejaring.kit import paging
from jejaring.kit.errors import NotFound
from jejaring.ledger import statements
from jejaring.payouts.models import OwedSettlement, PayableItem, Payout, PayoutRun
from jejaring.payouts.rules import Totals
from jejaring.payouts.settle import RETURNED_ITEM

# What arrived: gross of tax and fee, net of what was netted; of what came back a fee stays borne.
_PAID = (
    "SELECT merchant_id, partner_id, CAST(SUM(CASE WHEN state = 'succeeded' THEN gross - netted "
    "ELSE fee END) AS BIGINT) AS paid FROM payout WHERE state IN ('succeeded', 'returned') "
    "AND (? = '' OR merchant_id = ?) AND (? = '' OR partner_id = ?) "
    "GROUP BY merchant_id, partner_id"
)


@dataclass(frozen=True)
class LineView:
    """An item of a payout. `commission_id` is None where it is money that came back from another
    payout; then `label` is that payout's bank reference.
    """

    commission_id: str | None
    amount: int
    label: str


@dataclass(frozen=True)
class PayoutView:
    """One payout of a run, with the method as it was; `state` is draft before approval."""

    id: str
    partner: str
    partner_name: str
    gross: int
    netted: int
    tax: int
    fee: int
    net: int
    method: dict[str, str]
    state: str
    lines: tuple[LineView, ...]
    bank_reference: str | None = None
    settled_reference: str | None = None


@dataclass(frozen=True)
class SkippedView:
    """Who is not paid by a run, and why."""

    partner: str
    partner_name: str
    amount: int
    reason: str


@dataclass(frozen=True)
class RunView:
    """A run as both faces show it."""

    id: str
    state: str
    cutoff: datetime
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None
    totals: Totals
    payouts: tuple[PayoutView, ...]
    skipped: tuple[SkippedView, ...]


@dataclass(frozen=True)
class BalanceView:
    """`/v1/balance`: earned = pending + held + payable + in_payout + paid − owed_back −
    written_off − repaid; all ≥ 0, rupiah.
    """

    merchant: str
    merchant_name: str
    partner: str
    partner_name: str
    pending: int
    held: int
    payable: int
    in_payout: int
    paid: int
    owed_back: int
    written_off: int
    repaid: int
    earned: int


async def run(merchant_id: str, run_id: str) -> RunView:
    """A merchant's run, whole. NotFound."""
    row = await PayoutRun.get_or_none(id=run_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return await view(row)


async def view(row: PayoutRun) -> RunView:
    """A run with its payouts as they stand; the lines are those of its preview, for ever."""
    preview: Any = row.preview
    stored = {payout.id: payout for payout in await Payout.filter(run_id=row.id)}
    lines = await _lines(preview["payouts"])
    people = await names(
        [entry["partner_id"] for entry in (*preview["payouts"], *preview["skipped"])]
    )
    unapproved = "cancelled" if row.state == "cancelled" else "draft"
    return RunView(
        id=row.id,
        state=row.state,
        cutoff=row.cutoff,
        created_at=row.created_at,
        created_by=row.created_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        totals=totals(row),
        payouts=tuple(
            _payout(entry, people, lines, stored.get(entry["id"]), unapproved)
            for entry in preview["payouts"]
        ),
        skipped=tuple(
            SkippedView(*people[entry["partner_id"]], entry["amount"], entry["reason"])
            for entry in preview["skipped"]
        ),
    )


def totals(row: PayoutRun) -> Totals:
    """A run's totals, without loading its payouts."""
    preview: Any = row.preview
    return Totals(**preview["totals"])


def _payout(
    entry: dict[str, Any],
    people: dict[str, tuple[str, str]],
    lines: dict[str, PayableItem],
    stored: Payout | None,
    unapproved: str,
) -> PayoutView:
    slug, name = people[entry["partner_id"]]
    return PayoutView(
        id=entry["id"],
        partner=slug,
        partner_name=name,
        gross=entry["gross"],
        netted=entry["netted"],
        tax=entry["tax"],
        fee=entry["fee"],
        net=entry["net"],
        method=entry["method"],
        state=unapproved if stored is None else stored.state,
        lines=tuple(_line(lines[item_id], amount) for item_id, amount in entry["items"]),
        bank_reference=None if stored is None else stored.bank_reference,
        settled_reference=None if stored is None else stored.settled_reference,
    )


def _line(item: PayableItem, amount: int) -> LineView:
    commission_id = None if item.kind == RETURNED_ITEM else item.source_id
    return LineView(commission_id, amount, item.label)


async def _lines(entries: Sequence[dict[str, Any]]) -> dict[str, PayableItem]:
    ids = [item_id for entry in entries for item_id, _ in entry["items"]]
    found: dict[str, PayableItem] = {}
    for start in range(0, len(ids), 1000):
        for item in await PayableItem.filter(id__in=ids[start : start + 1000]):
            found[item.id] = item
    return found


async def names(organisation_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(handle, name) of organisations by id; an id that is not known stands for itself."""
    wanted = sorted(set(organisation_ids))
    found = {one: (one, one) for one in wanted}
    for start in range(0, len(wanted), 1000):
        rows = await Organisation.filter(id__in=wanted[start : start + 1000])
        found |= {row.id: (row.slug, row.name) for row in rows}
    return found


async def payout(merchant_id: str, payout_id: str) -> PayoutView:
    """One payout of a merchant. NotFound (also while it is only a preview's draft)."""
    row = await Payout.get_or_none(id=payout_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    whole = await run(merchant_id, row.run_id)
    return next(one for one in whole.payouts if one.id == payout_id)


async def runs(
    merchant_id: str, limit: int, cursor: str | None
) -> tuple[list[PayoutRun], str | None]:
    """A page of runs, newest first, and the next page's cursor."""
    query = PayoutRun.filter(merchant_id=merchant_id)
    if cursor is not None:
        last = paging.decode(cursor)
        query = query.filter(Q(created_at__lt=last.at) | Q(created_at=last.at, id__lt=last.id))
    rows, more = paging.cut(await query.order_by("-created_at", "-id").limit(limit + 1), limit)
    after = paging.encode(paging.Cursor(rows[-1].created_at, rows[-1].id)) if more else None
    return rows, after


async def balances(
    merchant_id: str | None = None,
    partner_id: str | None = None,
    *,
    limit: int = 100_000,
    before: str | None = None,
) -> tuple[list[BalanceView], str | None]:
    """The balances of each pair (None: all), the newest other side first; and, where there are
    more than `limit`, the other side's id on the last row: the next page's `before`.
    """
    found = await statements.balances(merchant_id, partner_id, limit=limit + 1, before=before)
    rows, more = paging.cut(found, limit)
    paid = await paid_by_pair(merchant_id, partner_id)
    people = await names(one for row in rows for one in (row.merchant_id, row.partner_id))
    views = [_balance(row, people, paid.get((row.merchant_id, row.partner_id), 0)) for row in rows]
    if not more:
        return views, None
    return views, rows[-1].merchant_id if merchant_id is None else rows[-1].partner_id


async def paid_by_pair(
    merchant_id: str | None = None, partner_id: str | None = None
) -> dict[tuple[str, str], int]:
    """What arrived at each partner from each merchant: Σ gross − netted of succeeded payouts."""
    values = [merchant_id or "", merchant_id or "", partner_id or "", partner_id or ""]
    rows = await sql.rows(_PAID, values)
    return {(row["merchant_id"], row["partner_id"]): int(row["paid"]) for row in rows}


async def owed_waiting(merchant_id: str, partner_id: str) -> list[OwedSettlement]:
    """Write-offs of a partner's debt that wait for a second person, the oldest first."""
    waiting = OwedSettlement.filter(merchant_id=merchant_id, partner_id=partner_id, state="waiting")
    return await waiting.order_by("asked_at", "id").limit(20)


def _balance(
    row: statements.BalanceRow, people: dict[str, tuple[str, str]], paid: int
) -> BalanceView:
    standing = row.pending + row.held + row.payable + row.in_payout
    settled = row.owed_back + row.written_off + row.repaid
    return BalanceView(
        *people[row.merchant_id],
        *people[row.partner_id],
        pending=row.pending,
        held=row.held,
        payable=row.payable,
        in_payout=row.in_payout,
        paid=paid,
        owed_back=row.owed_back,
        written_off=row.written_off,
        repaid=row.repaid,
        earned=standing + paid - settled,
    )
