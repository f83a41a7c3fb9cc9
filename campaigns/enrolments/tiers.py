"""A partner's tier moves: by hand, which stays until the hand lets go, or by a month's sales."""

from typing import Any

from campaigns.enrolments.join import locked
from campaigns.enrolments.models import Enrolment
from campaigns.terms.rules import TIERS
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish_each
from jejaring.kit.errors import Conflict, Invalid
from jejaring.trail.write import note

CHANGED = "enrolment.tier_changed"


async def set_tier(merchant_id: str, enrolment_id: str, tier: str | None, actor: str) -> Enrolment:
    """The partner's tier by hand (bronze, silver, gold), for sales placed from now on; the
    campaign's rule leaves it alone until it is let go: None, which keeps the tier until the next
    month is settled. The same again changes nothing. NotFound, Invalid, Conflict unless active.
    """
    if tier is not None and tier not in TIERS:
        raise Invalid.at("/tier", "unknown_tier", codes=TIERS)

    async def work() -> Enrolment:
        row = await locked(merchant_id, enrolment_id, "active")
        if row.state != "active":
            raise Conflict("enrolment_not_active")
        before = (row.tier, row.tier_held_at is None)
        if tier is None:
            row.tier_held_at = None
        elif row.tier_held_at is None or row.tier != tier:
            row.tier_held_at = world.now()
        if tier is not None and tier != row.tier:
            await move(row, tier, actor, by="hand")
        elif before != (row.tier, row.tier_held_at is None):
            await row.save(update_fields=["tier_held_at"])
            kept = "enrolment.tier_released" if tier is None else "enrolment.tier_kept"
            await note(kept, row.id, actor=actor, organisation_id=row.merchant_id, tier=row.tier)
        return row

    return await transact(work)


async def move(row: Enrolment, tier: str, actor: str, **why: Any) -> None:
    """Another tier for a locked enrolment, from now on, with the reason: `by` hand or rule, and of
    a rule the month and what was sold in it. Both sides are told.
    """
    before, row.tier = row.tier, tier
    row.tiers = [*row.tiers, {"at": world.now().isoformat(), "tier": tier, **why}]
    await row.save(update_fields=["tier", "tiers", "tier_held_at"])
    data = {"campaign_id": row.campaign_id, "before": before, "after": tier, **why}
    await note(CHANGED, row.id, actor=actor, organisation_id=row.merchant_id, **data)
    await publish_each(CHANGED, (row.merchant_id, row.partner_id), row.id, **data)
