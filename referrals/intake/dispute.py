"""Disputes (chargebacks): a lost one takes back like a refund, a won one gives it again."""

from dataclasses import dataclass
from typing import Literal

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, NotFound
from jejaring.trail.write import note
from referrals.attribution.models import Touch
from referrals.commissions import amend, reverse
from referrals.commissions.amend import Pricing
from referrals.commissions.reverse import Cause
from referrals.intake import changes, refund, upsert
from referrals.intake.refund import RefundOutcome
from referrals.orders import revise, rules
from referrals.orders.models import Refund, Sale
from referrals.orders.rules import Shop

KIND = "dispute"


@dataclass(frozen=True)
class DisputeDraft:
    """What became of a dispute. `amount` in rupiah; None: all that is left of the order (lost), or
    what was lost (won).
    """

    dispute_id: str
    outcome: Literal["lost", "won"]
    amount: int | None = None


async def dispute(
    shop: Shop, sale_id: str, draft: DisputeDraft, actor: str | None = None
) -> RefundOutcome:
    """Record a dispute's outcome; `created` when it is news, which is on the trail under the actor
    if one is given, else `unchanged`.

    Won is final: `lost` that is heard after `won` changes nothing, nor does `won` where nothing
    was lost. Raises NotFound, Conflict `dispute_exists` for another amount.
    """
    try:
        return await transact(lambda: _noted(shop, sale_id, draft, actor))
    except IntegrityError:  # another process was first with this dispute; now it is known
        return await transact(lambda: _noted(shop, sale_id, draft, actor))


async def _noted(shop: Shop, sale_id: str, draft: DisputeDraft, actor: str | None) -> RefundOutcome:
    found = await _dispute(shop, sale_id, draft)
    if actor is not None and found.status == "created":
        told = {"dispute_id": draft.dispute_id, "amount": found.refund.amount}
        action = f"sale.dispute_{draft.outcome}"
        await note(action, sale_id, actor=actor, organisation_id=shop.id, **told)
    return found


async def _dispute(shop: Shop, sale_id: str, draft: DisputeDraft) -> RefundOutcome:
    sale = await Sale.filter(id=sale_id, merchant_id=shop.id).select_for_update().first()
    if sale is None:
        raise NotFound
    known = await Refund.get_or_none(sale_id=sale.id, kind=KIND, refund_id=draft.dispute_id)
    if known is None:
        return await _first(await changes.begin(shop, sale.id), draft)
    if None not in (draft.amount, known.amount) and draft.amount != known.amount:
        raise Conflict("dispute_exists", dispute_id=draft.dispute_id)
    if draft.outcome == "lost" or known.state == "undone":
        return RefundOutcome(known, "unchanged")
    change = await changes.begin(shop, sale.id)
    known.state, known.undone_at = "undone", world.now()
    await known.save(update_fields=["state", "undone_at"])
    await revise.give_back(change.order, known)
    await _earn_again(change, Cause(known.id, "dispute_won"))
    await changes.finish(change, "dispute.won", "dispute_won")
    return RefundOutcome(known, "created")


async def _earn_again(change: changes.Change, cause: Cause) -> None:
    """Give back what was taken; what a line earns beyond that is a further commission."""
    found = None
    if reverse.is_short(change.order, change.rows):
        touches = await Touch.filter(sale_id=change.order.sale.id)
        found = await upsert.evidence_of(change, touches)
    await changes.settle(change, cause)
    if found is None:
        return
    sale = change.order.sale
    sale.version += 1
    await sale.save(update_fields=["version"])
    await change.money.out.store_changes()  # what came back counts for its month's limits
    pricing = Pricing(found, change.order, change.credits, change.rows, cause, change.money)
    await amend.amend(pricing)


async def _first(change: changes.Change, draft: DisputeDraft) -> RefundOutcome:
    """The first that is heard of a dispute."""
    now, sale = world.now(), change.order.sale
    amount = draft.amount
    if amount is None and draft.outcome == "lost":
        amount = sum(line.left for line in revise.lefts(change.order))
    row = Refund(
        id=world.new_id("ref"),
        merchant_id=sale.merchant_id,
        source=sale.source,
        order_id=sale.order_id,
        kind=KIND,
        refund_id=draft.dispute_id,
        sale_id=sale.id,
        state="undone",
        reason=KIND,
        amount=amount,
        content_hash=rules.refund_hash(amount, (), KIND),
        received_at=now,
    )
    if draft.outcome == "won":
        row.undone_at = now
    await row.save(force_create=True)
    if draft.outcome == "lost":
        await refund.apply(change, row, "dispute.lost", "dispute_lost")
    else:
        await changes.finish(change, "dispute.won", "dispute_won")
    return RefundOutcome(row, "created")
