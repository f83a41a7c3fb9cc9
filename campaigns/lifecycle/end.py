"""End a campaign in the caller's transaction; apart from `steer`, for the budget ends one too, and
what prices sales knows no HTTP.
"""

from datetime import datetime

from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.hooks.publish import publish
from jejaring.trail.write import note


async def end_row(row: Campaign, at: datetime, reason: str, actor: str) -> None:
    """Put the end on a campaign whose row the caller holds, and tell."""
    row.state, row.ended_at, row.end_reason = "ended", at, reason
    await row.save(update_fields=["state", "ended_at", "end_reason"])
    name = "campaign.ended"
    await note(name, row.id, actor=actor, organisation_id=row.merchant_id, reason=reason)
    await publish(name, row.merchant_id, row.id, reason=reason)


async def end_spent(row: Campaign) -> None:
    """End a campaign whose budget is spent; the caller holds its row."""
    if row.state in ("live", "paused"):
        await end_row(row, world.now(), "budget", "system")
