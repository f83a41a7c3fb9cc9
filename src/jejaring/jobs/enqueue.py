"""Put work in the queue, in the transaction of the data that needs it."""

from datetime import datetime
from typing import Any

from jejaring import world
from jejaring.db import sql
from jejaring.jobs.models import Job


async def enqueue(
    topic: str,
    payload: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    key: str | None = None,
) -> None:
    """A job for `topic`'s handler, now or at a time. With a key, once: a second one is ignored."""
    now = world.now()
    if key is not None:
        await Job.bulk_create(
            [Job(topic=topic, payload=payload or {}, key=key, run_at=at or now, created_at=now)],
            ignore_conflicts=True,
        )
        return
    await Job.create(topic=topic, payload=payload or {}, run_at=at or now, created_at=now)


async def waiting() -> int:
    """Jobs that are due and not done."""
    found = await sql.rows(
        "SELECT count(*) AS n FROM job WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= ?",
        [world.now()],
    )
    return int(found[0]["n"])
