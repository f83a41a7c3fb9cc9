"""Batches of clicks into PostgreSQL: COPY on a connection of its own, one commit a batch."""

import asyncio
import io
from typing import Any

from jejaring.db import beside
from jejaring.settings import Settings
from referrals.clicks import visits
from referrals.clicks.rows import COLUMNS, Hit, Row, questions, rows_of
from referrals.clicks.rules import VISIT

PATIENCE_SECONDS = 2.5
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
        text = "\n".join(["\t".join(row) for row in rows]) + "\n"
        await self._connection.copy_to_table(
            "click", source=io.BytesIO(text.encode()), columns=COLUMNS, format="text", null=""
        )
        return rows

    async def close(self) -> None:
        """After the last batch, or when the connection is in doubt."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
