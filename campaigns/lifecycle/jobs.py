"""Campaigns that begin and end by date."""

from typing import Any

from campaigns.lifecycle import steer
from jejaring.jobs.worker import Handler


async def _start(payload: dict[str, Any]) -> None:
    await steer.start_due(str(payload["campaign_id"]))


async def _end(payload: dict[str, Any]) -> None:
    await steer.end_due(str(payload["campaign_id"]))


HANDLERS: dict[str, Handler] = {steer.START_JOB: _start, steer.END_JOB: _end}
