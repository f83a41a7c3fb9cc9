"""Open a commission for a decision: its order, its line's rows and their balances, locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jejaring import world
from jejaring.hooks import publish
from jejaring.identity.models import Organisation
from jejaring.kit.errors import Conflict, NotFound
from jejaring.payouts import items
from jejaring.trail.write import note
from referrals.commissions import reverse, rules, write
from referrals.commissions.models import Commission
from referrals.commissions.reverse import Changes
from referrals.months import places
from referrals.orders import store
from referrals.orders.models import SaleLine
from referrals.orders.rules import Shop
from referrals.orders.store import Order


@dataclass(frozen=True)
class Opened:
    """A commission and its `group`: all rows of its line, partner and rule (a raised order has
    several, and one takes from the other). `order` is None where it came from no sale.
    """

    row: Commission
    group: list[Commission]
    order: Order | None
    changes: Changes

    def line(self) -> SaleLine | None:
        """The line that it was earned with."""
        lines = self.order.lines if self.order else []
        return next((line for line in lines if line.id == self.row.line_id), None)


async def opened(merchant_id: str, commission_id: str) -> Opened:
    """Lock the order, then its commissions as they were made, in the caller's transaction.
    NotFound for another merchant's.
    """
    found = await Commission.get_or_none(id=commission_id, merchant_id=merchant_id)
    if found is None:
        raise NotFound
    changes = Changes(merchant_id, {found.partner_id})
    if found.sale_id is None:
        row = await Commission.select_for_update().get(id=found.id)
        return Opened(row, [row], None, changes)
    zone = (await Organisation.get(id=merchant_id)).zone
    order = await store.load(Shop(merchant_id, zone), found.sale_id, lock=True)
    rows = await reverse.of_sale(found.sale_id)
    row = next(row for row in rows if row.id == commission_id)
    place = (row.line_id, row.enrolment_id, row.rule_index)
    own = [r for r in rows if (r.line_id, r.enrolment_id, r.rule_index) == place]
    own = [r for r in own if r.parent_id is None] if row.parent_id is None else [row]
    ids = {r.id for r in own}
    changes.partners |= {r.partner_id for r in rows if r.parent_id in ids}
    return Opened(row, own, order, changes)


async def refuse_paid(rows: Sequence[Commission], changes: Changes) -> None:
    """Lock the partner's balances; Conflict where an approved payout has, or had, one of them."""
    await changes.hold()
    payable = [row.id for row in rows if row.state == "payable"]
    if payable and await items.in_payouts(payable):
        raise Conflict("commission_in_payout")


async def finish(
    one: Opened, event: str, rows: Sequence[tuple[Commission, int]], **told: Any
) -> None:
    """Write what the decision made, and tell both sides. `rows`: what each row's money on the books
    grew by (rupiah; negative: shrank); the figures of the merchant follow, recruiters' shares too.
    """
    row, out = one.row, one.changes.out
    commissions = [{"id": each.id, "amount": abs(amount)} for each, amount in rows]
    shares = [(each, amount) for each, amount in one.changes.rows if each.parent_id is not None]
    figures = await places.deltas([*rows, *shares])
    for organisation_id in (row.merchant_id, row.partner_id):
        mine = {"figures": figures} if organisation_id == row.merchant_id and figures else {}
        out.events.append(
            publish.draft(
                event,
                organisation_id,
                row.id,
                merchant_id=row.merchant_id,
                at=world.now().isoformat(),
                commissions=commissions,
                **told,
                **mine,
            )
        )
    await write.write(out)


async def wrote(action: str, row: Commission, actor: str, **data: Any) -> None:
    """The decision on the merchant's trail."""
    await note(action, row.id, actor=actor, organisation_id=row.merchant_id, **data)


def rest(row: Commission) -> int:
    """What is left of the amount, in rupiah."""
    left: int = row.amount - row.reversed
    return left


def on_books(rows: Sequence[Commission]) -> list[Commission]:
    """Those that have money in the books."""
    return [row for row in rows if row.state in rules.ON_BOOKS]
