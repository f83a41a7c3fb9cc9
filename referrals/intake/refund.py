"""Refunds: applied to their order, or kept until it comes; and dropped when it never does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db import bulk, sql
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.trail.write import draft as noted
from jejaring.trail.write import note
from referrals.attribution.models import Credit
from referrals.commissions.reverse import Cause
from referrals.intake import changes
from referrals.orders import revise, rules
from referrals.orders.models import Refund, Sale
from referrals.orders.rules import Part, Shop
from referrals.orders.store import Order

# How long a refund waits for its order.
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class RefundDraft:
    """A refund as received: rupiah by `amount`, or (line, quantity) `items`; one of the two."""

    refund_id: str
    reason: str
    amount: int | None = None
    items: tuple[tuple[int, int], ...] = ()

    @property
    def content(self) -> str:
        return rules.refund_hash(self.amount, self.items, self.reason)


@dataclass(frozen=True)
class RefundOutcome:
    """What became of a refund: `created`, `unchanged` or `waiting`."""

    refund: Refund
    status: str


async def refund(
    shop: Shop, sale_id: str, draft: RefundDraft, actor: str | None = None
) -> RefundOutcome:
    """Refund a part of a known order. The same refund_id and content again is `unchanged`; what is
    new is on the trail under the actor, if one is given.

    Raises NotFound, Invalid, and Conflict `refund_exists` for other content.
    """
    sale = await Sale.get_or_none(id=sale_id, merchant_id=shop.id)
    if sale is None:
        raise NotFound
    return await refund_order(shop, (sale.source, sale.order_id), draft, actor)


async def refund_order(
    shop: Shop, order: tuple[str, str], draft: RefundDraft, actor: str | None = None
) -> RefundOutcome:
    """Refund an order by its source and order id; one that is not known yet waits for it."""
    if (draft.amount is None) == (not draft.items):
        raise Invalid.at("/amount", "amount_or_items")
    try:
        return await transact(lambda: _refund(shop, order, draft, actor))
    except IntegrityError:  # another process was first with this refund; now it is known
        return await transact(lambda: _refund(shop, order, draft, actor))


async def _refund(
    shop: Shop, order: tuple[str, str], draft: RefundDraft, actor: str | None
) -> RefundOutcome:
    where: dict[str, Any] = {"merchant_id": shop.id, "source": order[0], "order_id": order[1]}
    # The order's row first: two refunds of one order take their turns.
    sale = await Sale.filter(**where).select_for_update().first()
    known = await Refund.get_or_none(**where, refund_id=draft.refund_id, kind="refund")
    if known is not None:
        if known.content_hash != draft.content:
            raise Conflict("refund_exists", refund_id=draft.refund_id)
        return RefundOutcome(known, "unchanged")
    row = Refund(
        id=world.new_id("ref"),
        **where,
        kind="refund",
        refund_id=draft.refund_id,
        sale_id=sale.id if sale else None,
        state="waiting",
        reason=draft.reason,
        amount=draft.amount,
        items=[{"line": line, "quantity": quantity} for line, quantity in draft.items],
        content_hash=draft.content,
        received_at=world.now(),
    )
    await row.save(force_create=True)
    if actor is not None:
        subject = sale.id if sale else row.id
        told = {"refund_id": row.refund_id, "order_id": row.order_id, "amount": row.amount}
        await note("sale.refunded", subject, actor=actor, organisation_id=shop.id, **told)
    if sale is None:
        return RefundOutcome(row, "waiting")
    change = await changes.begin(shop, sale.id)
    await apply(change, row)
    return RefundOutcome(row, "created")


async def apply_waiting(order: Order, given: list[Credit], refunds: Sequence[Refund]) -> None:
    """Apply refunds that came before their order. One that does not fit the order (an unknown
    line, too many units) is kept as `refused`, and the order says so.
    """
    for row in refunds:
        change = await changes.around(order, given)
        row.sale_id = order.sale.id
        try:
            await apply(change, row)
        except Invalid:
            row.state = "refused"
            await row.save(update_fields=["state", "sale_id"])
            order.sale.notes = [
                *order.sale.notes,
                {"code": "refund_refused", "refund_id": row.refund_id},
            ]
            await order.sale.save(update_fields=["notes"])


async def apply_left_over(limit: int = 100) -> int:
    """Apply waiting refunds whose order is known: the two came at once, in two transactions that
    did not see each other. How many.
    """
    rows = await sql.rows(
        "SELECT r.id, s.id AS sale_id FROM refund r JOIN sale s ON s.merchant_id = r.merchant_id "
        "AND s.source = r.source AND s.order_id = r.order_id WHERE r.state = 'waiting' "
        "ORDER BY r.received_at, r.id LIMIT ?",
        [limit],
    )
    for row in rows:
        await transact(partial(_late, row["id"], row["sale_id"]))
    return len(rows)


async def drop_stale(limit: int = 200) -> int:
    """Give up refunds whose order did not come within 90 days; how many. The trail keeps them."""
    return await transact(partial(_drop, world.now() - KEPT, limit))


async def _drop(before: datetime, limit: int) -> int:
    waiting = Refund.filter(state="waiting", received_at__lt=before).order_by("received_at", "id")
    rows = await waiting.limit(limit).select_for_update()
    for row in rows:
        row.state = "dropped"
    await bulk.update(rows, "state")
    await bulk.insert(
        [
            noted(
                "refund.dropped",
                row.id,
                actor="worker",
                organisation_id=row.merchant_id,
                refund_id=row.refund_id,
                source=row.source,
                order_id=row.order_id,
            )
            for row in rows
        ]
    )
    return len(rows)


async def _late(refund_id: str, sale_id: str) -> None:
    sale = await Sale.filter(id=sale_id).select_related("merchant").get()
    shop = Shop(sale.merchant_id, sale.merchant.zone)
    change = await changes.begin(shop, sale_id)
    row = await Refund.get(id=refund_id)
    if row.state == "waiting":
        await apply_waiting(change.order, change.credits, [row])


async def apply(
    change: changes.Change, row: Refund, event: str = "refund.applied", reason: str = "refund"
) -> None:
    """Take the refund of the lines, and what these no longer earn of their commissions. A closed
    order earns nothing already; reopened, it earns what its refunds left. Raises Invalid.
    """
    order = change.order
    parts = _parts(order, row)
    lines = {line.position: line for line in order.lines}
    for part in parts:
        lines[part.position].refunded += part.amount
        lines[part.position].returned += part.quantity
    await bulk.update([lines[part.position] for part in parts], "refunded", "returned")
    row.state = "applied"
    row.applied_at = world.now()
    row.spread = {str(part.position): part.amount for part in parts}
    row.asked = {str(part.position): part.asked for part in parts if part.asked}
    await row.save(update_fields=["state", "applied_at", "spread", "asked", "sale_id"])
    await changes.settle(change, Cause(row.id, reason, gives=False))
    await changes.finish(change, event, reason)


def _parts(order: Order, row: Refund) -> tuple[Part, ...]:
    """What the refund takes of each line."""
    left = revise.lefts(order)
    if row.amount is not None:
        return rules.spread_amount(row.amount, left)
    return rules.spread_items([(e["line"], e["quantity"]) for e in row.items], left)
