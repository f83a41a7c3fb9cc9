"""The clock of the doors: refunds that came with their order, and those whose order never came."""

from datetime import timedelta

from jejaring.jobs.worker import Duty
from referrals.intake.refund import apply_left_over, drop_stale


async def _refunds() -> None:
    await apply_left_over()


async def _stale() -> None:
    await drop_stale()


DUTIES = [
    Duty("intake.refunds", timedelta(seconds=30), _refunds),
    Duty("intake.stale", timedelta(hours=1), _stale),
]
