"""The check of the books as a job; main.py hands it the audits of every room."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dashboards.operator import check
from dashboards.operator.check import Audit
from jejaring.jobs.worker import Duty, Handler

DUTIES = [Duty("books.nightly", timedelta(hours=24), check.nightly)]


def handlers(audits: Sequence[Audit]) -> dict[str, Handler]:
    """The handlers of this room's topics."""

    async def run(_: dict[str, Any]) -> None:
        await check.run(audits)

    return {check.TOPIC: run}
