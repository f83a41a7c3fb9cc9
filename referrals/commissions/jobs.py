"""The clock of commissions: releases that are due, looked for every five seconds."""

from datetime import timedelta

from jejaring.jobs.worker import Duty
from referrals.commissions.release import release_due


async def _release() -> None:
    await release_due()


DUTIES = [Duty("commissions.release", timedelta(seconds=5), _release)]
