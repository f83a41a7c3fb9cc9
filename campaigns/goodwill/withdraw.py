"""Withdraw what was given by hand, before a payout has it."""

from functools import partial

from campaigns.goodwill.give import wrote
from campaigns.goodwill.models import Goodwill
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish_each
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound
from jejaring.ledger import accounts
from jejaring.ledger.post import lock, post
from jejaring.ledger.rules import Move
from jejaring.payouts import items


async def withdraw(caller: Caller, goodwill_id: str, reason: str) -> Goodwill:
    """Take back all of it, with a reason that the partner reads; one that waits for a second person
    just ends. Once more it changes nothing.

    Raises NotFound; Conflict `goodwill_in_payout` where an approved payout has, or had, it.
    """
    return await transact(partial(_withdraw, caller, goodwill_id, reason))


async def _withdraw(caller: Caller, goodwill_id: str, reason: str) -> Goodwill:
    own = Goodwill.filter(id=goodwill_id, merchant_id=caller.organisation_id)
    known = await own.first()
    if known is None:
        raise NotFound
    # The balance first, as who gives and who approves a run does; then what it is now.
    payable = accounts.partner(known.partner_id, "payable")
    await lock(known.merchant_id, [payable])
    row = await own.get()
    if row.state == "withdrawn":
        return row
    done = row.state == "done"
    if done:
        await _take_back(row, payable)
    row.state, row.withdrawn_why = "withdrawn", reason
    row.withdrawn_by, row.withdrawn_at = caller.actor, world.now()
    await row.save(update_fields=["state", "withdrawn_why", "withdrawn_by", "withdrawn_at"])
    await wrote(caller, row, "goodwill.withdrawn", why=reason)
    if done:  # of one that waited the partner never heard
        sides = {"merchant_id": row.merchant_id, "partner_id": row.partner_id}
        told = {**sides, "amount": row.amount, "reason": reason}
        await publish_each("goodwill.withdrawn", sides.values(), row.id, **told)
    return row


async def _take_back(row: Goodwill, payable: str) -> None:
    """The item's rupiah, and the entry that gave them, the other way round."""
    taken = await items.take_back(row.merchant_id, row.id, row.amount)
    if taken.owed:
        raise Conflict("goodwill_in_payout", amount=row.amount)
    move = Move(payable, accounts.EXPENSE_COMMISSION, row.amount)
    memo = {"label": row.reason, "reference": row.reference}
    await post(row.merchant_id, f"unadjust:{row.id}", "goodwill", [move], memo)
