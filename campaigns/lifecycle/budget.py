"""The budget: commissions reserve from it under a lock on the campaign's row."""

from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.rules import granted, is_spent
from campaigns.lifecycle.steer import end_spent


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
