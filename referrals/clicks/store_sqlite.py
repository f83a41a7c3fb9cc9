"""Batches of clicks into SQLite: one thread, one connection of its own, one commit a batch."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from jejaring.db import beside
from jejaring.settings import Settings
from referrals.clicks import visits
from referrals.clicks.rows import COLUMNS, Hit, Row, questions, rows_of
from referrals.clicks.rules import VISIT

# Buyers are not kept waiting longer for the file's lock, or for their turn in this process.
PATIENCE_MS = 2_500
_INSERT = (
    f"INSERT INTO click ({', '.join(COLUMNS)}) "  # noqa: S608 — our own names
    f"VALUES ({', '.join('?' * len(COLUMNS))})"
)
_LAST = "SELECT max(at) FROM click WHERE visitor = ? AND link_id = ? AND merchant_id = ? AND at > ?"


class Store:
    """`save` is called by one task, one batch after the other."""

    def __init__(self, settings: Settings) -> None:
        self._connection = beside.sqlite_writer(settings, PATIENCE_MS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clicks")

    async def save(self, hits: list[Hit]) -> list[Row]:
        """Store the hits, on the disk when this returns. Raises sqlite3.Error or TimeoutError, and
        then none is stored.
        """
        turn = beside.turn()
        async with asyncio.timeout(PATIENCE_MS / 1000):
            await turn.acquire()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._save, hits)
        finally:
            turn.release()

    def _save(self, hits: list[Hit]) -> list[Row]:
        connection = self._connection
        for asked in questions(hits):
            since = (asked.at - VISIT).isoformat(" ")
            values = (asked.visitor, asked.link_id, asked.merchant_id, since)
            last = connection.execute(_LAST, values).fetchone()[0]
            if last is not None:
                at = datetime.fromisoformat(last).timestamp()
                visits.learn(asked.link_id, asked.visitor, at)
        rows = rows_of(hits)
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(_INSERT, [(r[0], str(r[1]), *r[2:]) for r in rows])
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return rows

    async def close(self) -> None:
        """After the last batch."""
        self._thread.shutdown()
        self._connection.close()
