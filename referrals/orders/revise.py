"""Change a stored order to what a new body says; its lines keep their places."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from jejaring.db import bulk
from referrals.orders import rules, store
from referrals.orders.models import Refund, Sale, SaleLine
from referrals.orders.rules import LineDraft, LineLeft, SaleDraft
from referrals.orders.store import Item, Order

_STATE = ("state", "version", "paid_at", "delivered_at", "closed_at")
_LINE = ("quantity", "unit_price", "discount", "base", "refunded", "returned")
_FIELDS = (
    "placed_at",
    "source_updated_at",
    "items_total",
    "discount",
    "shipping",
    "base",
    "click_id",
    "coupon",
    "note",
    "creator",
    "content_hash",
    "buyer_phone",
    "buyer_email",
    "notes",
    *_STATE,
)


def set_state(sale: Sale, state: str, at: datetime) -> None:
    """Put the order's state, its milestones and its next version on the row, not saved yet."""
    reached = rules.milestones(store.milestones_of(sale), state, at)
    sale.state = state
    sale.version += 1
    sale.paid_at, sale.delivered_at = reached.paid_at, reached.delivered_at
    sale.closed_at = reached.closed_at


async def save_state(sale: Sale, state: str, at: datetime) -> None:
    """Move the order to a state that it has been in since `at`: one version more."""
    set_state(sale, state, at)
    await sale.save(update_fields=_STATE)


async def note_time(sale: Sale, updated_at: datetime | None) -> None:
    """Remember that the source said the same again, later."""
    if updated_at is not None and updated_at != sale.source_updated_at:
        await Sale.filter(id=sale.id).update(source_updated_at=updated_at)


async def revise(
    order: Order, draft: SaleDraft, content: str, items: Mapping[tuple[str, str], Item]
) -> list[SaleLine]:
    """Save the body's amounts on the order and its lines; the lines that it added.

    Lines are matched by sku, then by order among equals. A line that the body no longer has stays
    with quantity and base 0. What was refunded of a line is what its refunds say, at most its new
    base: lowered and raised again, an order is what it was. What exceeded the
    order when it came stays without effect.
    """
    sale = order.sale
    totals = rules.totals(draft.lines, draft.discount)
    base_of = dict(zip(map(id, draft.lines), totals.bases, strict=True))
    stored = [(line.position, line.sku) for line in order.lines]
    kept, fresh, dropped = rules.matched(stored, draft.lines)
    lines = {line.position: line for line in order.lines}
    given_back = _given_back(await _applied(order))
    changed = [
        lines[position]
        for position, line in kept
        if _put(lines[position], line, base_of[id(line)], given_back)
    ]
    for position in dropped:
        gone = lines[position]
        if _put(gone, LineDraft(gone.sku, 0, gone.unit_price), 0, given_back):
            changed.append(gone)
    await bulk.update(changed, *_LINE)
    last = max(lines, default=0)
    added = [
        store.add_line(order, last + i, line, base_of[id(line)], items)
        for i, line in enumerate(fresh, 1)
    ]
    await bulk.insert(added)
    for name, value in store.columns(draft, totals, content).items():
        setattr(sale, name, value)
    phone, email = store.buyer_hashes(draft)
    sale.buyer_phone, sale.buyer_email = phone or sale.buyer_phone, email or sale.buyer_email
    await sale.save(update_fields=_FIELDS)
    return added


async def give_back(order: Order, undone: Refund) -> None:
    """Let go of what a refund took (its row is marked already): those that came after it, and were
    cut short by it, take their part of what is left now.
    """
    refunds = await _applied(order)
    since = undone.applied_at
    later = [r for r in refunds if since is None or r.applied_at is None or r.applied_at >= since]
    before = [_left(line) for line in order.lines]
    _set_refunded(order, refunds)
    await _top_up(order, refunds, later)
    moved = [line for line, old in zip(order.lines, before, strict=True) if _left(line) != old]
    await bulk.update(moved, "refunded", "returned")


async def _applied(order: Order) -> list[Refund]:
    """The order's refunds and lost disputes, as they were applied."""
    wanted = Refund.filter(sale_id=order.sale.id, state="applied")
    return await wanted.order_by("applied_at", "received_at", "id")


def _given_back(refunds: Sequence[Refund]) -> dict[int, tuple[int, int]]:
    return rules.given_back([(refund.spread, refund.items) for refund in refunds])


async def _top_up(order: Order, refunds: Sequence[Refund], short: Sequence[Refund]) -> None:
    """Let those of `short` that were cut short take what is left now; the lines are not stored."""
    taken = [rules.Taken(r.amount, r.asked, r.spread) for r in short]
    grown = []
    for row, spread in zip(short, rules.topped_up(taken, lefts(order)), strict=True):
        if spread != row.spread:
            row.spread = spread
            grown.append(row)
    await bulk.update(grown, "spread")
    _set_refunded(order, refunds)


def _set_refunded(order: Order, refunds: Sequence[Refund]) -> None:
    back = _given_back(refunds)
    for line in order.lines:
        refunded, returned = back.get(line.position, (0, 0))
        line.refunded = min(refunded, line.base)
        line.returned = min(returned, line.quantity)


def _left(line: SaleLine) -> LineLeft:
    return LineLeft(line.position, line.quantity, line.base, line.refunded, line.returned)


def lefts(order: Order) -> list[LineLeft]:
    """The order's lines as refunds find them."""
    return [_left(line) for line in order.lines]


def _put(row: SaleLine, draft: LineDraft, base: int, back: Mapping[int, tuple[int, int]]) -> bool:
    """Put the draft on the line's row; whether that changed it."""
    refunded, returned = back.get(row.position, (0, 0))
    values = {
        "quantity": draft.quantity,
        "unit_price": draft.unit_price,
        "discount": draft.discount,
        "base": base,
        "refunded": min(refunded, base),
        "returned": min(returned, draft.quantity),
    }
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    return before != values
