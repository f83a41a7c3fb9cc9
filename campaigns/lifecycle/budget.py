"""The budget: commissions reserve from it under a lock on the campaign's row."""

from collections.abc import Collection

from campaigns.lifecycle.end import end_spent
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.rules import granted, is_spent


async def left(campaign_ids: Collection[str]) -> dict[str, int]:
    """Lock the campaigns' rows till the transaction ends, by id, and say what is left in rupiah
    (≥ 0) of each that has a budget. One without is absent: it has no limit.
    """
    # Whole rows: Tortoise's values_list forgets FOR UPDATE.
    rows = await Campaign.filter(id__in=list(campaign_ids)).order_by("id").select_for_update()
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


async def free(campaign_id: str, amount: int) -> None:
    """Give back what a reversal freed, in the caller's transaction. It revives nothing."""
    if amount == 0:
        return
    row = await Campaign.select_for_update().get(id=campaign_id)
    row.reserved = max(row.reserved - amount, 0)
    await row.save(update_fields=["reserved"])
