"""The budget: commissions reserve from it under a lock on the campaign's row."""

from collections.abc import Collection, Iterable

from tortoise.expressions import F

from campaigns.lifecycle.end import end_spent
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.rules import granted, is_spent


async def lock(campaign_ids: Collection[str]) -> list[Campaign]:
    """The campaigns' rows, locked till the transaction ends, by id."""
    # Whole rows: Tortoise's values_list forgets FOR UPDATE.
    return await Campaign.filter(id__in=list(campaign_ids)).order_by("id").select_for_update()


def left(rows: Iterable[Campaign]) -> dict[str, int]:
    """What is left in rupiah (≥ 0) of each that has a budget. One without is absent: no limit."""
    return {row.id: max(row.budget - row.reserved, 0) for row in rows if row.budget is not None}


async def reserve(campaign_id: str, wanted: int) -> int:
    """What a commission of `wanted` rupiah gets, in the caller's transaction: all of it, what is
    left, or 0. Once nothing is left the campaign ends with the reason `budget`.
    """
    row = await Campaign.select_for_update().get(id=campaign_id)
    grant = granted(row.budget, row.reserved, wanted)
    if grant:
        row.reserved += grant
        await row.save(update_fields=["reserved"])
    if is_spent(row.budget, row.reserved):
        await end_spent(row)
    return grant


async def take(campaign_id: str, amount: int, *, limited: bool) -> None:
    """Write down rupiah of what `left` said is there, in the transaction that locked the row.
    Once nothing is left of a `limited` one it ends.
    """
    await Campaign.filter(id=campaign_id).update(reserved=F("reserved") + amount)
    if limited:
        row = await Campaign.get(id=campaign_id)
        if is_spent(row.budget, row.reserved):
            await end_spent(row)


async def free(campaign_id: str, amount: int) -> None:
    """Give back what a reversal freed, in the caller's transaction. It revives nothing."""
    if amount == 0:
        return
    row = await Campaign.select_for_update().get(id=campaign_id)
    row.reserved = max(row.reserved - amount, 0)
    await row.save(update_fields=["reserved"])
