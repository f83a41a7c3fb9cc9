"""Group commit without a timer: every hit is stored before it is answered.

A hit joins the open batch and its request waits. When the writer is free it takes the whole batch,
commits it once, wakes its requests, and takes what has gathered meanwhile: the busier, the cheaper.
docs/decisions/0011-redirect.md says what happens when the database is away.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from jejaring.db import beside
from jejaring.settings import Settings
from jejaring.web.metrics import CLICKS, CLICKS_LOST
from referrals.clicks import agents, store_postgres, store_sqlite, visits
from referrals.clicks.rows import KIND, Hit
from referrals.links import lookup

log = structlog.get_logger()

# After a commit that another process may wait for: SQLite's file lock has no queue, and a writer
# that takes it again at once starves the others (performance.md).
PAUSE_SECONDS = 0.001
Store = store_sqlite.Store | store_postgres.Store


@dataclass
class _Desk:
    store: Store | None = None
    hits: list[Hit] = field(default_factory=list)
    waiting: list["asyncio.Future[bool]"] = field(default_factory=list)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    writer: "asyncio.Task[None] | None" = None
    stopping: bool = False
    pause: bool = False


_desk = _Desk()


def keep(hit: Hit) -> "asyncio.Future[bool]":
    """The hit joins the open batch. The future's answer: whether it is stored, once that is known.

    False means that the buyer goes on without a click id.
    """
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    if _desk.writer is None or _desk.stopping:
        CLICKS_LOST.inc()
        future.set_result(False)
        return future
    _desk.hits.append(hit)
    _desk.waiting.append(future)
    _desk.wake.set()
    return future


async def start(chosen: Settings) -> None:
    """Begin to store clicks and to watch what links depend on. Once a process; the ORM's
    connection is open already.
    """
    global _desk
    store = store_sqlite.Store(chosen) if chosen.is_sqlite else store_postgres.Store(chosen)
    apart = chosen.is_sqlite and chosen.worker == "off"
    _desk = _Desk(store=store, pause=apart)
    _desk.writer = asyncio.create_task(_write(_desk, store))
    await lookup.start(chosen)


async def stop() -> None:
    """Store what is waiting, then close."""
    await lookup.stop()
    _desk.stopping = True
    _desk.wake.set()
    if _desk.writer is not None:
        await _desk.writer
        _desk.writer = None
    if _desk.store is not None:
        await _desk.store.close()


def reset() -> None:
    """Forget links, agents and visitors: the database is another one now."""
    lookup.reset()
    agents.reset()
    visits.reset()


async def _write(desk: _Desk, store: Store) -> None:
    while desk.hits or not desk.stopping:
        if not desk.hits:
            desk.wake.clear()
            await desk.wake.wait()
            continue
        hits, waiting = desk.hits, desk.waiting
        desk.hits, desk.waiting = [], []
        stored = await _store(store, hits)
        for future in waiting:
            if not future.done():
                future.set_result(stored)
        if desk.pause:
            await asyncio.sleep(PAUSE_SECONDS)


async def _store(store: Store, hits: list[Hit]) -> bool:
    try:
        rows = await store.save(hits)
    except (*beside.FAULTS, TimeoutError):
        log.exception("clicks could not be stored", hits=len(hits))
        CLICKS_LOST.inc(len(hits))
        return False
    kinds = [row[KIND] for row in rows]
    for kind in set(kinds):
        CLICKS.labels(kind).inc(kinds.count(kind))
    return True
