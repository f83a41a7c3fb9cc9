"""Write what a transaction made: commissions, entries, items, events, each in one statement."""

from jejaring.db import bulk
from jejaring.ledger.post import post_many
from jejaring.payouts import items
from referrals.commissions.accrue import Ledgered


async def write(out: Ledgered) -> None:
    """Store the rows in the caller's transaction; nothing for an empty list."""
    await bulk.insert(out.commissions)
    if out.entries:
        await post_many(out.entries)
    if out.items:
        await items.add_many(out.items)
    await bulk.insert(out.events)
