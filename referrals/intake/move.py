"""Move an order to its next state; closing it takes its commissions back."""

from datetime import datetime

from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid
from jejaring.trail.write import note
from referrals.commissions.reverse import Cause
from referrals.intake import changes
from referrals.orders import revise, rules
from referrals.orders.rules import CLOSED_STATES, Shop


async def move(
    shop: Shop, sale_id: str, state: str, at: datetime | None = None, actor: str | None = None
) -> str:
    """Move a sale to `state`, which it has been in since `at` (None: now); its id. The change is on
    the trail under the actor, if one is given.

    The state that it is in already changes nothing. Raises NotFound, Conflict `state_forbids` for
    a step back or out of a final state, Invalid for an `at` more than 5 minutes ahead.
    """
    now = world.now()
    if at is not None and at > now + rules.AHEAD:
        raise Invalid.at("/at", "at_ahead")
    await transact(lambda: _move(shop, sale_id, (state, at or now), actor))
    return sale_id


async def _move(shop: Shop, sale_id: str, wanted: tuple[str, datetime], actor: str | None) -> None:
    state, at = wanted
    change = await changes.begin(shop, sale_id)
    sale = change.order.sale
    if state == sale.state:
        return
    if not rules.may_move(sale.state, state):
        raise Conflict("state_forbids", state=sale.state, wanted=state)
    if actor is not None:
        told = {"state": state, "before": sale.state}
        await note("sale.moved", sale.id, actor=actor, organisation_id=shop.id, **told)
    await revise.save_state(sale, state, at)
    reason = f"order_{state}" if state in CLOSED_STATES else "order_changed"
    if state in CLOSED_STATES:
        await changes.settle(change, Cause(change.version_cause, reason))
    await changes.finish(change, "sale.changed", reason)
