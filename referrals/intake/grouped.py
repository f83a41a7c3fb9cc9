"""The grouped writer: sales that arrive while one group is being committed share the next commit.

Group commit without a timer: nobody waits for company, only for the writer; the busier it is, the
cheaper each sale becomes. No sale is answered before it is stored. A group is one transaction; if
anything in it fails, each of its sales is recorded again alone, so that one cannot harm another.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tortoise.exceptions import OperationalError

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import inside, transact
from jejaring.kit.errors import Refusal
from referrals.intake.record import Entry, Outcome, Result, record_many
from referrals.orders.rules import SaleDraft, Shop

MAX_GROUP = 100
BREATH_SECONDS = 0.001


@dataclass
class _Queue:
    """What has gathered, and the writer while there is one."""

    waiting: list[tuple[Entry, "asyncio.Future[Result | BaseException]"]] = field(
        default_factory=list
    )
    writer: "asyncio.Task[None] | None" = None


_queue = _Queue()


async def record(shop: Shop, draft: SaleDraft) -> Outcome:
    """As `record.record`, but in the transaction of whoever waits, too."""
    entry = Entry(shop, draft, world.now())
    if inside():
        (result,) = await record_many([entry])
        return _given(result)
    future: asyncio.Future[Result | BaseException] = asyncio.get_running_loop().create_future()
    _queue.waiting.append((entry, future))
    if _queue.writer is None or _queue.writer.done():
        # Made outside any transaction (it would inherit it), by the first who waits.
        _queue.writer = asyncio.create_task(_write_all())
    return _given(await future)


async def record_each(entries: Sequence[Entry]) -> list[Result]:
    """Record a batch, a hundred sales a transaction; each gets its own answer."""
    results: list[Result] = []
    for start in range(0, len(entries), MAX_GROUP):
        group = entries[start : start + MAX_GROUP]
        for result in await _group(group):
            if isinstance(result, Outcome | Refusal):
                results.append(result)
            else:
                raise result
    return results


def _given(result: Result | BaseException) -> Outcome:
    if isinstance(result, Outcome):
        return result
    raise result


async def _write_all() -> None:
    while _queue.waiting:
        group, _queue.waiting = _queue.waiting[:MAX_GROUP], _queue.waiting[MAX_GROUP:]
        results = await _group([entry for entry, _ in group])
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
        if sql.on_sqlite():
            # SQLite's file lock has no queue: a writer that takes it again at once starves the
            # worker process beside. The next group gathers meanwhile.
            await asyncio.sleep(BREATH_SECONDS)


async def _group(entries: Sequence[Entry]) -> list[Result | BaseException]:
    """One transaction for all; if it fails, one for each."""
    (together,) = await asyncio.gather(
        transact(lambda: record_many(entries)), return_exceptions=True
    )
    if not isinstance(together, BaseException):
        return list(together)
    return [await _alone(entry) for entry in entries]


async def _alone(entry: Entry) -> Result | BaseException:
    """A transaction of its own; tried again where another process was first with the order, or
    the database broke a tie between two transactions.
    """
    for _ in range(3):
        (result,) = await asyncio.gather(
            transact(lambda: record_many([entry])), return_exceptions=True
        )
        if not isinstance(result, OperationalError):
            break
    return result if isinstance(result, BaseException) else result[0]
