"""Move an order to its next state; closing it takes its commissions back."""

from datetime import datetime

from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid
from referrals.commissions.reverse import Cause
from referrals.intake import changes
from referrals.orders import revise, rules
from referrals.orders.rules import CLOSED_STATES, Shop


async def move(shop: Shop, sale_id: str, state: str, at: datetime | None = None) -> str:
    """Move a sale to `state`, which it has been in since `at` (None: now); its id.

    The state that it is in already changes nothing. Raises NotFound, Conflict `state_forbids` for
    a step back or out of a final state, Invalid for an `at` more than 5 minutes ahead.
    """
    now = world.now()
    if at is not None and at > now + rules.AHEAD:
        raise Invalid.at("/at", "at_ahead")
    await transact(lambda: _move(shop, sale_id, state, at or now))
    return sale_id


async def _move(shop: Shop, sale_id: str, state: str, at: datetime) -> None:
    change = await changes.begin(shop, sale_id)
    sale = change.order.sale
    if state == sale.state:
        return
    if not rules.may_move(sale.state, state):
        raise Conflict("state_forbids", state=sale.state, wanted=state)
    await revise.save_state(sale, state, at)
    reason = f"order_{state}" if state in CLOSED_STATES else "order_changed"
    if state in CLOSED_STATES:
        await changes.settle(change, Cause(change.version_cause, reason))
    await changes.finish(change, "sale.changed", reason)
