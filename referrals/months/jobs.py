"""The clock of months and days: true-ups and tiers that are due, clicks of days that are over."""

from datetime import date, timedelta
from typing import Any

from jejaring.jobs.worker import Duty, Handler
from referrals.months import tiers
from referrals.months.click_fee import TOPIC, accrue_day, plan
from referrals.months.true_up import settle_due


async def _true_up() -> None:
    await settle_due()


async def _clicks(payload: dict[str, Any]) -> None:
    await accrue_day(str(payload["zone"]), date.fromisoformat(str(payload["day"])))


async def _tiers() -> None:
    await tiers.plan()
    await tiers.settle_due()


DUTIES = [
    Duty("months.tiers", timedelta(minutes=15), _tiers),
    Duty("months.true_up", timedelta(minutes=5), _true_up),
    Duty("months.clicks", timedelta(minutes=15), plan),
]
HANDLERS: dict[str, Handler] = {TOPIC: _clicks}
