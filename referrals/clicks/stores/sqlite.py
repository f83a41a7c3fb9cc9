"""Batches of clicks into SQLite: inserted by the event loop, committed by a thread.

Inserting takes some 5 µs a row and no waiting; in a thread it would fight the loop for the
interpreter's lock at each row. What waits, the disk and another process's lock, waits in the
thread.
"""

import asyncio
import queue
import sqlite3
import threading
from datetime import datetime
from itertools import chain

from jejaring.db import beside
from jejaring.settings import Settings
from referrals.clicks import visits
from referrals.clicks.rows import COLUMNS, Hit, Row, questions, rows_of, time_of
from referrals.clicks.rules import VISIT

# Buyers are not kept waiting longer for the file's lock, or for their turn in this process.
PATIENCE_MS = 2_500
_EMPTY_IS_NULL = {"product_id", "visitor", "visitor_hash", "referrer", "device"}
_SLOTS = ["NULLIF(?, '')" if name in _EMPTY_IS_NULL else "?" for name in COLUMNS]
_ROW = f"({', '.join(_SLOTS)})"
_INTO = f"INSERT INTO click ({', '.join(COLUMNS)}) VALUES "  # noqa: S608 — our own names
# Many rows a statement cost a fifth less a row than one; SQLite compiles each of these once.
_INSERTS = [(many, _INTO + ", ".join([_ROW] * many)) for many in (32, 8, 1)]
_LAST = "SELECT max(at) FROM click WHERE visitor = ? AND link_id = ? AND merchant_id = ? AND at > ?"

_Asked = tuple[str, "asyncio.Future[None]"]


class Store:
    """`save` is called by one task, one batch after the other."""

    def __init__(self, settings: Settings) -> None:
        self._connection = beside.sqlite_writer(settings, 0)
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="clicks", daemon=True)
        self._thread.start()

    async def save(self, hits: list[Hit]) -> list[Row]:
        """Store the hits, on the disk when this returns. Raises sqlite3.Error or TimeoutError, and
        then none is stored.
        """
        self._look_up(hits)
        rows = rows_of(hits)
        turn = beside.turn()
        if turn.locked():
            async with asyncio.timeout(PATIENCE_MS / 1000):
                await turn.acquire()
        else:
            await turn.acquire()
        try:
            await self._begin()
            self._insert(rows)
            await self._in_thread("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            turn.release()
        return rows

    def _insert(self, rows: list[Row]) -> None:
        start = 0
        for many, statement in _INSERTS:
            while start + many <= len(rows):
                values = list(chain.from_iterable(rows[start : start + many]))
                self._connection.execute(statement, values)
                start += many

    async def _begin(self) -> None:
        """Take the write lock: at once if it is free, else waiting in the thread."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
            try:
                await self._in_thread("BEGIN IMMEDIATE")
            finally:
                self._connection.execute("PRAGMA busy_timeout=0")

    async def _in_thread(self, statement: str) -> None:
        """Run the statement in the thread, without what an executor costs a batch."""
        future = self._loop.create_future()
        self._work.put((statement, future))
        await future

    def _run(self) -> None:
        while (asked := self._work.get()) is not None:
            statement, future = asked
            fault: sqlite3.Error | None = None
            try:
                self._connection.execute(statement)
            except sqlite3.Error as exc:
                fault = exc
            self._loop.call_soon_threadsafe(_settle, future, fault)

    def _look_up(self, hits: list[Hit]) -> None:
        for asked in questions(hits):
            since = time_of(asked.at - VISIT)
            values = (asked.visitor, asked.link_id, asked.merchant_id, since)
            last = self._connection.execute(_LAST, values).fetchone()[0]
            if last is not None:
                at = datetime.fromisoformat(last).timestamp()
                visits.learn(asked.link_id, asked.visitor, at)

    async def close(self) -> None:
        """After the last batch."""
        self._work.put(None)
        self._thread.join()
        self._connection.close()


def _settle(future: "asyncio.Future[None]", fault: sqlite3.Error | None) -> None:
    if future.done():
        return
    if fault is None:
        future.set_result(None)
    else:
        future.set_exception(fault)
