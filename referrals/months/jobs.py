"""The clock of months and days: true-ups that are due, clicks of the days that are over."""

from datetime import date, timedelta
from typing import Any

from jejaring.jobs.worker import Duty, Handler
from referrals.months.click_fee import TOPIC, accrue_day, plan
from referrals.months.true_up import settle_due


async def _true_up() -> None:
    await settle_due()


async def _clicks(payload: dict[str, Any]) -> None:
    await accrue_day(str(payload["zone"]), date.fromisoformat(str(payload["day"])))


DUTIES = [
    Duty("months.true_up", timedelta(minutes=5), _true_up),
    Duty("months.clicks", timedelta(minutes=15), plan),
]
HANDLERS: dict[str, Handler] = {TOPIC: _clicks}
