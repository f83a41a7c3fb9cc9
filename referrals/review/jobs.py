"""When the signals are looked for."""

from datetime import timedelta

from jejaring.jobs.worker import Duty
from referrals.review import signals


async def _look() -> None:
    await signals.look()


async def _look_at_clicks() -> None:
    await signals.look_at_clicks()


DUTIES = [
    Duty("review.look", timedelta(seconds=15), _look),
    Duty("review.clicks", timedelta(minutes=1), _look_at_clicks),
]
