"""Jobs and duties: run once, retried with growing pauses, buried in the end, never lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.jobs import worker
from jejaring.jobs.enqueue import enqueue, waiting
from jejaring.jobs.models import Beat, Job
from jejaring.jobs.rules import MAX_ATTEMPTS, retry_after
from jejaring.jobs.worker import Duty

HOUR = timedelta(hours=1)


class Recorder:
    """A handler that notes what it was given, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[dict[str, Any]] = []
        self.failures = failures

    async def __call__(self, payload: dict[str, Any]) -> None:
        self.seen.append(payload)
        if len(self.seen) <= self.failures:
            raise ValueError("not yet")


def test_pauses_grow_to_an_hour() -> None:
    pauses = [retry_after(n).total_seconds() for n in range(MAX_ATTEMPTS + 3)]
    assert pauses[:5] == [2, 2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert max(pauses) == 3600


async def test_a_job_is_done_once_with_its_payload(db: None) -> None:
    handler = Recorder()
    await enqueue("greet", {"name": "Rina", "n": 3})
    await enqueue("greet")
    assert await waiting() == 2
    assert await worker.drain({"greet": handler}) == 2
    assert await worker.drain({"greet": handler}) == 0
    assert handler.seen == [{"name": "Rina", "n": 3}, {}]
    assert await waiting() == 0


async def test_a_job_is_as_committed_as_what_it_belongs_to(db: None) -> None:
    async def fails() -> None:
        await enqueue("greet")
        raise LookupError

    with pytest.raises(LookupError):
        await transact(fails)
    assert await waiting() == 0


async def test_a_key_is_enqueued_once(db: None) -> None:
    for _ in range(3):
        await enqueue("greet", key="greet:1")
    await enqueue("greet", key="greet:2")
    assert await waiting() == 2


async def test_a_job_waits_for_its_time(db: None) -> None:
    handler = Recorder()
    later = world.now() + HOUR
    await enqueue("greet", at=later)
    assert await worker.drain({"greet": handler}) == 0
    with world.at(later):
        assert await worker.drain({"greet": handler}) == 1


async def test_a_failed_job_waits_and_is_tried_again(db: None) -> None:
    handler = Recorder(failures=1)
    await enqueue("greet")
    assert await worker.drain({"greet": handler}) == 0
    job = await Job.all().first()
    assert job is not None
    assert (job.attempts, job.last_error, job.done_at) == (1, "ValueError: not yet", None)
    assert job.run_at > world.now()
    with world.at(job.run_at):
        assert await worker.drain({"greet": handler}) == 1
    await job.refresh_from_db()
    assert job.done_at is not None
    assert job.last_error is None


async def test_a_job_that_never_works_is_buried_with_its_last_error(db: None) -> None:
    handler = Recorder(failures=99)
    await enqueue("greet")
    now = world.now()
    for day in range(MAX_ATTEMPTS + 3):
        with world.at(now + timedelta(days=day)):
            await worker.drain({"greet": handler})
    job = await Job.all().first()
    assert job is not None
    assert len(handler.seen) == job.attempts == MAX_ATTEMPTS
    assert job.dead_at is not None
    assert job.last_error == "ValueError: not yet"
    assert await waiting() == 0


async def test_a_job_without_a_handler_is_kept_for_one(db: None) -> None:
    await enqueue("unheard")
    assert await worker.drain({}) == 0
    job = await Job.all().first()
    assert job is not None
    assert job.last_error == "LookupError: no handler for unheard"
    with world.at(job.run_at):
        assert await worker.drain({"unheard": Recorder()}) == 1


async def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(db: None) -> None:
    await enqueue("greet")
    assert len(await worker.claim("first")) == 1
    assert await worker.claim("second") == []
    with world.at(world.now() + worker.LEASE + timedelta(seconds=1)):
        again = await worker.claim("second")
    assert [job.attempts for job in again] == [2]


async def test_a_long_job_keeps_its_lease_and_that_of_its_batch(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enqueue("long")
    await enqueue("next")
    batch = await worker.claim("first")
    renewed: list[bool] = []
    monkeypatch.setattr(worker, "LEASE", timedelta(milliseconds=3))

    async def until_renewed(_: dict[str, Any]) -> None:
        before = {j.id: j.locked_until for j in await Job.all()}
        while not all(renewed) or not renewed:
            renewed[:] = [j.locked_until != before[j.id] for j in await Job.all()]

    async with asyncio.timeout(5):
        assert await worker.run_one(batch[0], {"long": until_renewed})
    assert renewed == [True, True]


async def test_a_batch_is_taken_oldest_first(db: None) -> None:
    now = world.now()
    for age in (1, 3, 2):
        await enqueue("greet", {"age": age}, at=now - age * HOUR)
    assert [job.payload["age"] for job in await worker.claim("w", 2)] == [3, 2]


async def test_a_duty_is_done_once_in_its_time_whoever_asks(db: None) -> None:
    duty = Duty("sweep", HOUR, _nothing)
    now = world.now()
    with world.at(now):
        turns = [await worker.is_our_turn(duty) for _ in range(3)]
    assert turns == [True, False, False]
    with world.at(now + HOUR - timedelta(seconds=1)):
        assert not await worker.is_our_turn(duty)
    with world.at(now + HOUR):
        assert await worker.is_our_turn(duty)
        both = list(await asyncio.gather(worker.is_our_turn(duty), worker.is_our_turn(duty)))
    assert both == [False, False]


async def _nothing() -> None:
    return None


async def test_a_duty_that_fails_keeps_no_other_from_its_turn(db: None) -> None:
    done: list[str] = []

    async def bad() -> None:
        done.append("bad")
        raise ValueError

    async def good() -> None:
        done.append("good")

    await worker.do_duties([Duty("bad", HOUR, bad), Duty("good", HOUR, good)])
    await worker.do_duties([Duty("bad", HOUR, bad), Duty("good", HOUR, good)])
    assert done == ["bad", "good"]


async def test_the_poller_works_beats_and_stops_when_told(db: None) -> None:
    stop = asyncio.Event()
    seen: list[dict[str, Any]] = []

    async def last(payload: dict[str, Any]) -> None:
        seen.append(payload)
        stop.set()

    await enqueue("last", {"n": 1})
    async with asyncio.timeout(5):
        await worker.work({"last": last}, [Duty("d", HOUR, _nothing)], stop)
    assert seen == [{"n": 1}]
    assert (await Beat.get(name=worker.WORKER_BEAT)).at <= world.now()
    assert await Beat.filter(name="d").exists()


async def test_the_poller_outlives_a_stumble(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = asyncio.Event()
    calls: list[int] = []

    async def beats() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError("a database that is away for a moment")
        stop.set()

    monkeypatch.setattr(worker, "beat", beats)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.001)
    async with asyncio.timeout(5):
        await worker.work({}, [], stop)
    assert len(calls) == 2
