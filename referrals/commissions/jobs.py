"""The clock of commissions: releases that are due, months that are over; and holds."""

from datetime import date, timedelta
from typing import Any

from jejaring.jobs.worker import Duty, Handler
from referrals.commissions.click_fee import TOPIC, accrue_day, plan
from referrals.commissions.hold import hold_all
from referrals.commissions.release import release_due
from referrals.commissions.true_up import settle_due


async def _release() -> None:
    await release_due()


async def _hold(payload: dict[str, Any]) -> None:
    await hold_all(str(payload["enrolment_id"]), str(payload["reason"]))


async def _true_up() -> None:
    await settle_due()


async def _clicks(payload: dict[str, Any]) -> None:
    await accrue_day(str(payload["zone"]), date.fromisoformat(str(payload["day"])))


DUTIES = [
    Duty("commissions.release", timedelta(seconds=5), _release),
    Duty("commissions.true_up", timedelta(minutes=5), _true_up),
    Duty("commissions.clicks", timedelta(minutes=15), plan),
]
# Enqueued by name from the room of enrolments, which knows no commissions.
HANDLERS: dict[str, Handler] = {"commissions.hold": _hold, TOPIC: _clicks}
