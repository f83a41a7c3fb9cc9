"""Tiers that a campaign's rule moves: by what a partner sold in the month that is over."""

from dataclasses import dataclass
from datetime import timedelta

from campaigns.enrolments import show
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import tier_for
from campaigns.enrolments.tiers import move
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.kit.periods import ZONES, month_bounds, month_of
from referrals.months import gather
from referrals.months.gather import AllSales
from referrals.months.models import TierMonth
from referrals.months.true_up import AGAIN, BATCH, LATE

ACTOR = "system"
# Who was in before the month was over, of campaigns that had their rule by then.
_OPEN = (
    "SELECT e.id, e.merchant_id FROM enrolment e JOIN campaign c ON c.id = e.campaign_id "
    "JOIN organisation o ON o.id = c.merchant_id WHERE o.zone = ? AND c.tier_rule_at < ? "
    "AND c.state IN ('live', 'paused') AND e.state = 'active' AND e.approved_at < ? "
    "AND NOT EXISTS (SELECT 1 FROM tier_month t WHERE t.enrolment_id = e.id AND t.month = ?) "
    "ORDER BY e.id LIMIT ?"
)


@dataclass(frozen=True)
class Sold:
    """What a partner sold in a month, less refunds, in rupiah and orders; `final`: nothing of it
    can still be returned.
    """

    amount: int
    orders: int
    final: bool


async def plan() -> int:
    """Open the month that is over, once for each partner whose tier a rule moves; how many."""
    now, made = world.now(), 0
    for zone in ZONES:
        this, _ = month_bounds(month_of(now, zone), zone)
        month = month_of(this - timedelta(days=1), zone)
        while rows := await sql.rows(_OPEN, [zone, this, this, month, BATCH]):
            await TierMonth.bulk_create(
                [
                    TierMonth(
                        id=world.new_id("tmo"),
                        merchant_id=row["merchant_id"],
                        enrolment_id=row["id"],
                        month=month,
                        over_at=this,
                        next_at=this,
                    )
                    for row in rows
                ],
                ignore_conflicts=True,
            )
            made += len(rows)
    return made


async def settle_due() -> int:
    """Settle every month that is over and final (or 60 days over, as it then stands); how many.

    Each in a transaction of its own under its enrolment's lock: any number of workers may.
    """
    done = 0
    while True:
        due = TierMonth.filter(done_at=None, next_at__lte=world.now()).order_by("next_at", "id")
        ids = await due.limit(BATCH).values_list("id", "enrolment_id")
        for found in ids:
            done += await _one(*map(str, found))
        if len(ids) < BATCH:
            return done


async def _one(month_id: str, enrolment_id: str) -> bool:
    async def work() -> bool:
        place = await Enrolment.select_for_update().get(id=enrolment_id)
        row = await TierMonth.get(id=month_id)
        return row.done_at is None and await _settle(row, place)

    return await transact(work)


async def _settle(row: TierMonth, place: Enrolment) -> bool:
    """Settle the month if its time has come; whether it was."""
    now = world.now()
    rule = show.tier_rule_of(await Campaign.get(id=place.campaign_id))
    sold = await _sold(row, place)
    if not sold.final and now < row.over_at + LATE:
        row.next_at = min(now + AGAIN, row.over_at + LATE)
        await row.save(update_fields=["next_at"])
        return False
    row.amount, row.orders, row.done_at = sold.amount, sold.orders, now
    row.tier = tier_for(rule, sold.amount, sold.orders) if rule else place.tier
    await row.save(update_fields=["amount", "orders", "tier", "done_at"])
    if row.tier != place.tier and place.tier_held_at is None and not await _is_old(row, place):
        why = {"month": row.month, "amount": sold.amount, "orders": sold.orders}
        await move(place, row.tier, ACTOR, by="rule", **why)
    return True


async def _is_old(row: TierMonth, place: Enrolment) -> bool:
    """Whether it moves nothing any more: the partner has left, or a later month has spoken."""
    later = TierMonth.filter(enrolment_id=place.id, month__gt=row.month, done_at__isnull=False)
    return place.state != "active" or await later.exists()


async def _sold(row: TierMonth, place: Enrolment) -> Sold:
    found = await gather.gather(AllSales(row.merchant_id, place.id, row.month))
    lines = [one.sold for one in found.counted]
    return Sold(sum(line.base for line in lines), len({line.order for line in lines}), found.final)
