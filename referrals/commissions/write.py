"""Write what a transaction made: rows, entries, items, events, each kind in one statement."""

from collections.abc import Sequence

from tortoise.models import Model

from jejaring.db import bulk
from jejaring.ledger.post import post_many
from jejaring.payouts import items
from referrals.commissions.accrue import Ledgered


async def write(out: Ledgered, *before: Sequence[Model]) -> None:
    """Store the rows in the caller's transaction, after those of `before` (the orders and credits
    that they hang on); nothing for an empty list.
    """
    await bulk.insert(*before, out.commissions, out.events)
    if out.entries:
        await post_many(out.entries)
    if out.items:
        await items.add_many(out.items)
