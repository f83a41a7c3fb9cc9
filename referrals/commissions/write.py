"""Write what a transaction made: commissions, entries, items, events, each in one statement."""

from jejaring.hooks.models import Event
from jejaring.ledger.post import post_many
from jejaring.payouts import items
from referrals.commissions.accrue import Ledgered
from referrals.commissions.models import Commission


async def write(out: Ledgered) -> None:
    """Store the rows in the caller's transaction; nothing for an empty list."""
    if out.commissions:
        await Commission.bulk_create(out.commissions)
    if out.entries:
        await post_many(out.entries)
    if out.items:
        await items.add_many(out.items)
    if out.events:
        await Event.bulk_create(out.events)
