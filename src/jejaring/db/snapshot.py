"""Read several tables as they were at one instant, without keeping writers waiting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction  # noqa: TID251 — a reading one, of its own connection

from jejaring.db import sql
from jejaring.db.connect import config
from jejaring.settings import Settings


@asynccontextmanager
async def one(settings: Settings) -> AsyncIterator[None]:
    """Within the block all reads see one snapshot, on their own connection; nothing is written.

    SQLite: a deferred transaction in WAL mode, so that writers go on. PostgreSQL: REPEATABLE READ.
    """
    async with TortoiseContext() as context:
        await context.init(config=config(settings))
        if sql.on_sqlite():
            await sql.rows("PRAGMA temp_store = FILE")  # sorting millions of rows weighs nothing
            await sql.rows("BEGIN")
            try:
                yield
            finally:
                await sql.rows("COMMIT")
            return
        async with in_transaction():
            await sql.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
