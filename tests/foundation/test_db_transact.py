"""Transactions: cancelled ones wedge nothing, committed work is never lost, inner ones may fail."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import drain, inside, transact
from jejaring.jobs.models import Beat

TO_THE_END = -1


async def _cut_short(work: Coroutine[Any, Any, Any], turns: int) -> bool:
    """Run work and cancel it after some turns of the loop; whether it had ended before."""
    task = asyncio.create_task(work)
    if turns == TO_THE_END:
        await asyncio.wait([task])
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


async def _write(name: str) -> str:
    assert inside()
    await Beat.create(name=name, at=world.now())
    await Beat.filter(name=name).update(note="written")
    return name


def _writer(name: str) -> Callable[[], Awaitable[str]]:
    return lambda: _write(name)


async def test_three_hundred_cancelled_transactions_wedge_nothing_and_lose_nothing(
    db: None,
) -> None:
    turns = {i: i % 75 if i % 3 else i * 20 for i in range(299)} | {299: TO_THE_END}
    ended = [i for i in turns if await _cut_short(transact(_writer(f"b{i}")), turns[i])]
    async with asyncio.timeout(10):
        await drain()
        assert await transact(lambda: _write("after")) == "after"
    stored = {b.name: b.note for b in await Beat.all()}
    assert {f"b{i}" for i in ended} <= set(stored)
    assert set(stored.values()) == {"written"}  # whole transactions only
    assert 0 < len(ended) < 300


async def test_many_cancelled_requests_at_once_give_every_connection_back(db: None) -> None:
    tasks = [asyncio.create_task(transact(_writer(f"c{i}"))) for i in range(100)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(e, asyncio.CancelledError) for e in ended)
    async with asyncio.timeout(10):
        await asyncio.gather(*[transact(_writer(f"d{i}")) for i in range(30)])
        await drain()
    assert await Beat.filter(name__startswith="d").count() == 30


async def test_a_cancelled_bulk_insert_leaves_no_transaction_open(db: None) -> None:
    for i in range(120):
        rows = [Beat(name=f"e{i}-{n}", at=world.now()) for n in range(5)]
        await _cut_short(_bulk(rows), i % 40)
    await Beat.create(name="after", at=world.now())
    with pytest.raises(LookupError):
        await transact(_fail)  # a rollback takes only its own work with it
    assert await Beat.filter(name="after").exists()
    assert await Beat.filter(name__startswith="e").count() % 5 == 0


async def _bulk(rows: list[Beat]) -> None:
    await Beat.bulk_create(rows)


async def _fail() -> None:
    raise LookupError


async def test_a_failed_inner_transaction_leaves_the_outer_one_whole(db: None) -> None:
    async def outer() -> None:
        await _write("one")
        with pytest.raises(IntegrityError):
            await transact(lambda: Beat.create(name="one", at=world.now()))
        await _write("two")

    await transact(outer)
    assert {b.name for b in await Beat.all()} == {"one", "two"}


async def test_an_exception_rolls_everything_back(db: None) -> None:
    async def half() -> None:
        await _write("half")
        raise LookupError

    with pytest.raises(LookupError):
        await transact(half)
    assert await Beat.all().count() == 0
    assert not inside()


async def test_work_sees_the_moved_clock(db: None) -> None:
    moved = world.ago(days=3)
    with world.at(moved):
        await transact(lambda: _write("then"))
    assert (await Beat.get(name="then")).at == moved
