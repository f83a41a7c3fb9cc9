"""The poller: claims due jobs and recurring duties, runs their handlers, retries, buries the dead.

It runs in the web process by default and as `jejaring worker` at scale, any number of them: a job
is claimed by one conditional UPDATE, a duty by one on its heartbeat. Handlers are idempotent by
their business keys, because a worker may die between its work and its mark.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.jobs.models import Beat, Job
from jejaring.jobs.rules import MAX_ATTEMPTS, retry_after
from jejaring.logs import Log

log = Log(__name__)
Handler = Callable[[dict[str, Any]], Awaitable[None]]

LEASE = timedelta(seconds=60)
BATCH = 20
IDLE_SECONDS = 0.5
WORKER_BEAT = "worker"
_CLAIM = (
    "UPDATE job SET locked_until = ?, locked_by = ?, attempts = attempts + 1 WHERE id IN ("
    "SELECT id FROM job WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= ? "
    "AND (locked_until IS NULL OR locked_until < ?) ORDER BY run_at, id LIMIT ? {lock}) "
    "RETURNING id, topic, payload, attempts, run_at"
)


@dataclass(frozen=True)
class Duty:
    """Something done again and again, at most once per `every` over all processes."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Claimed:
    """A job that is ours until its lease ends."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempts: int
    worker: str


async def claim(worker: str, limit: int = BATCH) -> list[Claimed]:
    """Take up to `limit` due jobs, the longest due first; each is given to one worker only."""
    now = world.now()
    query = _CLAIM.format(lock="" if sql.on_sqlite() else "FOR UPDATE SKIP LOCKED")
    values = [now + LEASE, worker, now, now, limit]
    found = await transact(lambda: sql.rows(query, values))
    found.sort(key=lambda r: (r["run_at"], r["id"]))  # RETURNING keeps no order
    return [
        Claimed(r["id"], r["topic"], _payload(r["payload"]), r["attempts"], worker) for r in found
    ]


def _payload(raw: Any) -> dict[str, Any]:
    read = json.loads(raw) if isinstance(raw, str) else raw
    return dict(read)


async def run_one(job: Claimed, handlers: Mapping[str, Handler]) -> bool:
    """Run one job to its mark: done, to be retried, or dead. Whether it was done."""
    if job.attempts > MAX_ATTEMPTS:  # whoever took it before died with it, again and again
        await _failed(job, RuntimeError("the worker died with it"))
        return False
    lease = asyncio.create_task(_renew(job.worker))
    try:
        handler = handlers.get(job.topic)
        if handler is None:
            raise LookupError(f"no handler for {job.topic}")  # noqa: TRY301 — one way to fail
        await handler(job.payload)
    except Exception as exc:
        await _failed(job, exc)
        return False
    finally:
        lease.cancel()
    await Job.filter(id=job.id).update(done_at=world.now(), locked_until=None, last_error=None)
    return True


async def _renew(worker: str) -> None:
    """Keep the job that runs, and those of its batch that wait for it, from being given away."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        ours = Job.filter(locked_by=worker, done_at=None, locked_until__not_isnull=True)
        await ours.update(locked_until=world.now() + LEASE)


async def _failed(job: Claimed, exc: Exception) -> None:
    now = world.now()
    words = f"{type(exc).__name__}: {exc}"[:500]
    log.warning("job failed", topic=job.topic, job=job.id, attempts=job.attempts, error=words)
    if job.attempts >= MAX_ATTEMPTS:
        await Job.filter(id=job.id).update(dead_at=now, last_error=words, locked_until=None)
        return
    later = now + retry_after(job.attempts)
    await Job.filter(id=job.id).update(run_at=later, last_error=words, locked_until=None)


async def drain(handlers: Mapping[str, Handler], worker: str = "by-hand") -> int:
    """Run due jobs until none is left; how many were done. For tests, demo and commands."""
    done = 0
    while jobs := await claim(worker):
        for job in jobs:
            done += await run_one(job, handlers)
    return done


async def is_our_turn(duty: Duty) -> bool:
    """Take the duty's turn, if nobody took it within `every`."""
    now = world.now()
    await Beat.bulk_create([Beat(name=duty.name, at=now - duty.every * 2)], ignore_conflicts=True)
    return bool(await Beat.filter(name=duty.name, at__lte=now - duty.every).update(at=now))


async def do_duties(duties: Sequence[Duty]) -> None:
    """Each duty whose turn it is; one that fails is logged and waits for its next turn."""
    for duty in duties:
        if await is_our_turn(duty):
            try:
                await duty.run()
            except Exception:
                log.exception("duty failed", duty=duty.name)


async def beat() -> None:
    """Say that a worker is alive (`/readyz` looks at it)."""
    await Beat.bulk_create(
        [Beat(name=WORKER_BEAT, at=world.now())], on_conflict=["name"], update_fields=["at"]
    )


async def work(
    handlers: Mapping[str, Handler], duties: Sequence[Duty], stop: asyncio.Event
) -> None:
    """Poll until `stop` is set; a job that is running when it is set is finished first."""
    worker = world.new_id("wrk")
    while not stop.is_set():
        busy = False
        try:
            await beat()
            await do_duties(duties)
            for job in await claim(worker):
                await run_one(job, handlers)
                busy = True
        except Exception:
            log.exception("worker stumbled")
        if not busy:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
