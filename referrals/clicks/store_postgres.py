"""Batches of clicks into PostgreSQL: one statement a batch, on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from jejaring.db import beside
from jejaring.settings import Settings
from referrals.clicks import visits
from referrals.clicks.rows import COLUMNS, Hit, Row, questions, rows_of
from referrals.clicks.rules import VISIT

PATIENCE_SECONDS = 2.5
# COPY costs us 80 µs to begin and the server little a row; one statement that splits a text costs
# us 30 µs and the server 15 µs a row. What we spend is taken from the replies.
MANY = 12
_TYPES = {"at": "::timestamptz", "repeat": "::boolean", "own": "::boolean"}
_FIELDS = [f"field[{n}]{_TYPES.get(name, '')}" for n, name in enumerate(COLUMNS, 1)]
_INSERT = f"""
INSERT INTO click ({", ".join(COLUMNS)}) SELECT {", ".join(_FIELDS)}
FROM (SELECT string_to_array(line, E'\\t', '') AS field
 FROM string_to_table($1, E'\\n') AS line) AS rows_of_text
"""  # noqa: S608 — our own names
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
        text = "\n".join(["\t".join(row) for row in rows])
        if len(rows) < MANY:
            await self._connection.fetchval(_INSERT, text)
        else:
            await self._connection.copy_to_table(
                "click", source=_whole(text), columns=COLUMNS, format="text", null=""
            )
        return rows

    async def close(self) -> None:
        """After the last batch, or when the connection is in doubt."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


async def _whole(text: str) -> AsyncIterator[bytes]:
    """asyncpg reads a file in a thread, which costs more than the rows; this it reads in place."""
    yield text.encode()
    yield b"\n"
