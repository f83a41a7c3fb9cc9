"""Batches of clicks into PostgreSQL: one statement a batch, on a connection of its own."""

import asyncio
from operator import itemgetter
from typing import Any

from jejaring.db import beside
from jejaring.settings import Settings
from referrals.clicks import visits
from referrals.clicks.rows import COLUMNS, Hit, Row, questions, rows_of
from referrals.clicks.rules import VISIT

PATIENCE_SECONDS = 2.5
# One statement with all rows as an array of records in text: of what was measured (COPY, arrays a
# column, a text that the server splits) it costs both sides least at every size of batch.
_INSERT = f"""
INSERT INTO click ({", ".join(COLUMNS)}) SELECT {", ".join(f"r.{name}" for name in COLUMNS)}
FROM unnest($1::text::click[]) AS r"""  # noqa: S608 — our own names
_ORDER = """
SELECT attname FROM pg_attribute
WHERE attrelid = 'click'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
_LAST = """
SELECT c.link_id, c.visitor, max(c.at) AS at
FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (visitor, link_id, merchant_id)
JOIN click c ON c.visitor = asked.visitor AND c.link_id = asked.link_id
 AND c.merchant_id = asked.merchant_id
WHERE c.at > $4 GROUP BY c.link_id, c.visitor"""


class Store:
    """`save` is called by one task, one batch after the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: Any = None
        self._order: list[int] = []

    async def save(self, hits: list[Hit]) -> list[Row]:
        """Store the hits, on the disk when this returns. Raises one of `beside.faults()` or
        TimeoutError; then none is stored as far as is known, and the next batch connects anew.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._save(hits)
        except beside.faults():
            await self.close()
            raise

    async def _save(self, hits: list[Hit]) -> list[Row]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await beside.postgres(self._settings)
            self._order = await self._columns()
        asked = questions(hits)
        if asked:
            found = await self._connection.fetch(
                _LAST,
                [one.visitor for one in asked],
                [one.link_id for one in asked],
                [one.merchant_id for one in asked],
                min(one.at for one in asked) - VISIT,
            )
            for row in found:
                visits.learn(row["link_id"], row["visitor"], row["at"].timestamp())
        rows = rows_of(hits)
        await self._connection.fetchval(_INSERT, self._records(rows))
        return rows

    async def _columns(self) -> list[int]:
        """Where a record of the table finds each of its columns in a row of ours; one past the end
        for those that we leave to the database.
        """
        found = [record["attname"] for record in await self._connection.fetch(_ORDER)]
        return [COLUMNS.index(name) if name in COLUMNS else len(COLUMNS) for name in found]

    def _records(self, rows: list[Row]) -> str:
        """An array literal of records; what is empty is null. No value holds a comma, a quote, a
        bracket or a backslash: they are ids, hosts and words of our own.
        """
        record = itemgetter(*self._order)
        lines = '","'.join(["(" + ",".join(record((*row, ""))) + ")" for row in rows])
        return f'{{"{lines}"}}'

    async def close(self) -> None:
        """After the last batch, or when the connection is in doubt."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
