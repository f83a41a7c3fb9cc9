"""Group commit without a timer: every hit is stored before it is answered.

A hit joins the open batch and its request waits. When the writer is free it takes the whole batch,
commits it once, wakes its requests, and takes what has gathered meanwhile: the busier, the cheaper.
docs/decisions/0011-redirect.md says what happens when the database is away.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jejaring.db import beside
from jejaring.logs import Log
from jejaring.settings import Settings
from jejaring.web.metrics import CLICKS, CLICKS_LOST
from referrals.clicks import agents, visits
from referrals.clicks.rows import KIND, Hit
from referrals.clicks.stores import postgres, sqlite
from referrals.links import lookup

log = Log(__name__)

# After a commit that another process may wait for: SQLite's file lock has no queue, and a writer
# that takes it again at once starves the others (performance.md).
PAUSE_SECONDS = 0.001
PAUSE_EVERY_SECONDS = 0.01
# Turns of the loop between batches: in the first the replies go out, in the others the next
# requests come in. So batches stay whole under load, and the database's lock is free meanwhile.
TURNS = 1
Store = sqlite.Store | postgres.Store


class Batch(asyncio.Future[bool]):
    """Waited for by all hits of a batch: whether they are stored. One request that is cancelled
    must not cancel the others', so it is told only when the batch is through.

    `told`: what is called with the outcome then, for hits that no task waits for.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(loop=loop)
        self.told: deque[Callable[[bool], None]] = deque()
        self.add_done_callback(_tell)

    def cancel(self, msg: object = None) -> bool:
        return False


def _tell(batch: Any) -> None:
    """One that fails must not keep the others from their answers."""
    told: deque[Callable[[bool], None]] = batch.told
    try:
        while told:
            told.popleft()(batch.result())
    finally:
        if told:
            batch.get_loop().call_soon(_tell, batch)


@dataclass
class _Desk:
    store: Store | None = None
    loop: asyncio.AbstractEventLoop | None = None
    hits: list[Hit] = field(default_factory=list)
    batch: Batch | None = None
    under_way: tuple[int, Batch] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    writer: "asyncio.Task[None] | None" = None
    stopping: bool = False
    pause: bool = False
    paused_at: float = 0.0


_desk = _Desk()


def keep(hit: Hit) -> Batch:
    """The hit joins the open batch. The answer: whether it is stored, once that is known.

    False means that the buyer goes on without a click id.
    """
    desk = _desk
    batch = desk.batch
    if batch is None:
        if desk.loop is None or desk.stopping:
            CLICKS_LOST.inc()
            missed = Batch()
            missed.set_result(False)
            return missed
        batch = desk.batch = Batch(loop=desk.loop)
        desk.wake.set()
    desk.hits.append(hit)
    return batch


async def start(chosen: Settings) -> None:
    """Begin to store clicks and to watch what links depend on. Once a process; the ORM's
    connection is open already.
    """
    global _desk
    store = sqlite.Store(chosen) if chosen.is_sqlite else postgres.Store(chosen)
    apart = chosen.is_sqlite and chosen.worker == "off"
    _desk = _Desk(store=store, loop=asyncio.get_running_loop(), pause=apart)
    _begin(_desk, store)
    await lookup.start(chosen)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def stop() -> None:
    """Store what is waiting, then close."""
    await lookup.stop()
    _desk.stopping = True
    _desk.wake.set()
    while _desk.writer is not None and not _desk.writer.done():
        await asyncio.wait([_desk.writer])
    _desk.writer = None
    if _desk.store is not None:
        await _desk.store.close()


def reset() -> None:
    """Forget links, agents and visitors: the database is another one now."""
    lookup.reset()
    agents.reset()
    visits.reset()


def _begin(desk: _Desk, store: Store) -> None:
    """A writer; should a fault of ours end it, another takes its place: buyers must not wait."""

    def ended(task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is None:
            return
        log.error("the writer of clicks fell over", task.exception())
        if desk.under_way is not None and not desk.under_way[1].done():
            CLICKS_LOST.inc(desk.under_way[0])
            desk.under_way[1].set_result(False)
        _begin(desk, store)

    desk.writer = asyncio.create_task(_write(desk, store))
    desk.writer.add_done_callback(ended)


async def _write(desk: _Desk, store: Store) -> None:
    while desk.batch is not None or not desk.stopping:
        if desk.batch is None:
            desk.wake.clear()
            await desk.wake.wait()
            continue
        hits, batch = desk.hits, desk.batch
        desk.hits, desk.batch, desk.under_way = [], None, (len(hits), batch)
        batch.set_result(await _store(store, hits))
        if desk.pause and time.monotonic() > desk.paused_at + PAUSE_EVERY_SECONDS:
            await asyncio.sleep(PAUSE_SECONDS)
            desk.paused_at = time.monotonic()
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def _store(store: Store, hits: list[Hit]) -> bool:
    try:
        rows = await store.save(hits)
    except beside.faults():
        log.exception("clicks could not be stored", hits=len(hits))
        CLICKS_LOST.inc(len(hits))
        return False
    kinds = [row[KIND] for row in rows]
    for kind in set(kinds):
        CLICKS.inc(kinds.count(kind), of=str(kind))
    return True
