"""Write what a transaction made: rows, entries, items, events, each kind in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tortoise.models import Model

from jejaring.db import bulk
from jejaring.hooks.models import Event
from jejaring.ledger.post import post_many
from jejaring.ledger.rules import Draft
from jejaring.payouts import items
from jejaring.payouts.items import ItemDraft
from referrals.commissions.models import Commission, Reversal

_CHANGES = (
    "reversed",
    "state",
    "release_at",
    "released_at",
    "times_held",
    "times_rejected",
    "decided_at",
    "reason_code",
    "because",
)


@dataclass
class Ledgered:
    """Rows of one transaction that are written together at its end; `changed` are stored ones.

    One posting at the end takes the locks of all balances in one order, whoever's they are.
    """

    commissions: list[Commission] = field(default_factory=list)
    changed: dict[str, Commission] = field(default_factory=dict)
    reversals: list[Reversal] = field(default_factory=list)
    entries: list[Draft] = field(default_factory=list)
    items: list[ItemDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def change(self, row: Commission) -> None:
        """A stored row (locked by this transaction) whose fields have changed."""
        self.changed[row.id] = row

    async def store_changes(self) -> None:
        """Store the changed rows now, for those who read sums of them before the end."""
        await bulk.update(list(self.changed.values()), *_CHANGES)

    async def add_items(self) -> None:
        """Store the items now, for those who look at them before the end."""
        ready, self.items = self.items, []
        if ready:
            await items.add_many(ready)


async def write(out: Ledgered, *before: Sequence[Model]) -> None:
    """Store the rows in the caller's transaction, after those of `before` (the orders and credits
    that they hang on); nothing for an empty list.
    """
    await bulk.insert(*before, out.commissions, out.reversals, out.events)
    await out.store_changes()
    if out.entries:
        await post_many(out.entries)
    await out.add_items()
