"""The clock of commissions: releases that are due, looked for every five seconds; and holds."""

from datetime import timedelta
from typing import Any

from jejaring.jobs.worker import Duty, Handler
from referrals.commissions.hold import hold_all
from referrals.commissions.release import release_due


async def _release() -> None:
    await release_due()


async def _hold(payload: dict[str, Any]) -> None:
    await hold_all(str(payload["enrolment_id"]), str(payload["reason"]))


DUTIES = [
    Duty("commissions.release", timedelta(seconds=5), _release),
]
# Enqueued by name from the room of enrolments, which knows no commissions.
HANDLERS: dict[str, Handler] = {"commissions.hold": _hold}
