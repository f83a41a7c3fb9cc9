"""The frame of every change to a stored order: lock it, change it, settle its money, tell it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jejaring import world
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.errors import NotFound
from referrals.attribution import bonds
from referrals.attribution.models import Credit
from referrals.commissions import hold, release, reverse, write
from referrals.commissions.accrue import counting_from
from referrals.commissions.models import Commission
from referrals.commissions.reverse import Cause, Changes
from referrals.commissions.rules import ON_BOOKS, RECREDITED
from referrals.intake import figures
from referrals.intake.rules import Figure, deltas
from referrals.orders import store
from referrals.orders.rules import Shop
from referrals.orders.store import Order


@dataclass
class Change:
    """An order being changed: how it stood before, and what the change does."""

    order: Order
    credits: list[Credit]
    rows: list[Commission]
    before: list[Figure]
    money: Changes
    new_credits: list[Credit] = field(default_factory=list)

    @property
    def version_cause(self) -> str:
        return f"v{self.order.sale.version}"

    def keep_versions(self, fresh: Sequence[Credit]) -> None:
        """Put fresh credits under the terms' version that the order's others of a campaign have,
        wherever an upsert has moved its day.
        """
        versions = {c.campaign_id: c.terms_number for c in self.credits}
        for credit in fresh:
            credit.terms_number = versions.get(credit.campaign_id, credit.terms_number)


async def begin(shop: Shop, sale_id: str) -> Change:
    """Lock the order and read what hangs on it, in the caller's transaction. NotFound."""
    order = await store.load(shop, sale_id, lock=True)
    if order is None:
        raise NotFound
    return await around(order)


async def around(
    order: Order, given: list[Credit] | None = None, rows: list[Commission] | None = None
) -> Change:
    """The change of an order that is loaded already."""
    if given is None:
        given = await Credit.filter(sale_id=order.sale.id, ended_by=None).order_by("id")
    if rows is None:
        rows = await reverse.of_sale(order.sale.id)
        rows = [row for row in rows if row.reason_code != RECREDITED]
    partners = {row.partner_id for row in rows if row.state in ON_BOOKS}
    money = Changes(order.shop.id, partners)
    return Change(order, given, rows, figures.of(order, given, rows), money)


async def settle(change: Change, cause: Cause) -> None:
    """Reverse what is no longer earned, give back what is earned again."""
    await reverse.settle(change.order, change.rows, cause, change.money)


async def finish(change: Change, event: str, reason: str) -> list[Commission]:
    """Set the holds' ends anew, release what is due, write what is new, and tell; all rows."""
    money, out = change.money, change.money.out
    reverse.move_release(change.rows, counting_from(change.order.sale), money)
    release.release(change.rows, world.now(), out)
    rows = [*change.rows, *out.commissions]
    out.events += [*reverse.told(money, reason), *_told(change, rows, event)]
    await write.write(out, change.new_credits)
    await hold.hold_returned([row for row, _ in money.back])
    if event != "refund.applied":
        await bonds.follow([(change.order, change.credits)])
    return rows


def _told(change: Change, rows: Sequence[Commission], event: str) -> list[Event]:
    sale = change.order.sale
    after = figures.of(change.order, change.credits, rows)
    told = publish.draft(
        event,
        sale.merchant_id,
        sale.id,
        order_id=sale.order_id,
        source=sale.source,
        state=sale.state,
        merchant_id=sale.merchant_id,
        figures=deltas(change.before, after),
    )
    return [told]
