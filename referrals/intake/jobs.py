"""The clock of the doors: refunds whose order came in the same moment find it here."""

from datetime import timedelta

from jejaring.jobs.worker import Duty
from referrals.intake.refund import apply_left_over


async def _refunds() -> None:
    await apply_left_over()


DUTIES = [Duty("intake.refunds", timedelta(seconds=30), _refunds)]
