"""Several processes on one database: nobody fails, nothing is lost, nothing is done twice."""

import asyncio

import pytest

from dashboards.figures.models import RollupMark
from jejaring import world
from jejaring.jobs.enqueue import enqueue
from jejaring.jobs.models import Beat, Job
from tests.foundation.processes import answer, start


async def test_two_processes_that_read_and_then_write_never_fail_nor_lose_an_update(
    db: None,
) -> None:
    await RollupMark.create(name="counter")
    both = [await start("count", "150") for _ in range(2)]
    assert await asyncio.gather(*[answer(p) for p in both]) == ["counted", "counted"]
    assert (await RollupMark.get(name="counter")).position == 300


async def test_each_job_is_done_once_over_three_processes(db: None) -> None:
    now = world.now()
    await Job.bulk_create(
        [Job(topic="count", payload={"n": n}, run_at=now, created_at=now) for n in range(90)]
    )
    await enqueue("count", {"n": 90}, key="once")
    await enqueue("count", {"n": 91}, key="once")
    three = [await start("work_off") for _ in range(3)]
    done = await asyncio.gather(*[answer(p) for p in three])
    assert sum(int(d) for d in done) == 91
    names = [b.name.split("-")[1] for b in await Beat.filter(name__startswith="job-")]
    assert sorted(int(n) for n in names) == list(range(91))
    assert await Job.filter(done_at=None).count() == 0


@pytest.mark.parametrize("times", [1, 2])
async def test_two_migrators_at_once_both_succeed_on_sqlite(tmp_path: str, times: int) -> None:
    await _two_migrators(f"sqlite:///{tmp_path}/at-once-{times}.db")


async def test_two_migrators_at_once_both_succeed_on_postgresql(new_postgres: str) -> None:
    await _two_migrators(new_postgres)


async def _two_migrators(url: str) -> None:
    both = [await start("up", url=url) for _ in range(2)]
    first, second = sorted(await asyncio.gather(*[answer(p) for p in both]), key=len)
    assert first == "nothing"
    assert second.startswith("jejaring.0001_initial jejaring.0002_guards")
