"""Connections beside the ORM's, for the click path: reads that wait for no transaction, and a
writer that queues with the transactions of its process.
"""

import asyncio
import sqlite3
import sys
from typing import Any

from tortoise.connection import get_connection
from tortoise.exceptions import BaseORMException

from jejaring.db.connect import SQLITE_PRAGMAS, config
from jejaring.settings import Settings


def faults() -> tuple[type[Exception], ...]:
    """What a database that is away, locked, full or broken raises, whichever way it was asked."""
    asyncpg = sys.modules.get("asyncpg")  # loaded where there is PostgreSQL
    more: tuple[type[Exception], ...]
    more = () if asyncpg is None else (asyncpg.PostgresError, asyncpg.InterfaceError)
    return (BaseORMException, sqlite3.Error, OSError, *more)


def turn() -> asyncio.Lock:
    """SQLite: the first-come-first-served lock that `transact` takes too. SQLite's own file lock
    has no queue, so two writers of one process would starve each other. Call it outside of a
    transaction.
    """
    lock: asyncio.Lock = get_connection("default")._lock  # type: ignore[attr-defined]
    return lock


def _open(settings: Settings, pragmas: dict[str, Any]) -> sqlite3.Connection:
    opened = sqlite3.connect(
        settings.sqlite_path, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    for name, value in (SQLITE_PRAGMAS | pragmas).items():
        opened.execute(f"PRAGMA {name}={value}")
    return opened


def sqlite_reader(settings: Settings) -> sqlite3.Connection:
    """For look-ups in the event loop's own thread (some 20 µs each): WAL readers never wait."""
    return _open(settings, {"query_only": "ON", "busy_timeout": 200, "cache_size": -4000})


def sqlite_writer(settings: Settings, wait_ms: int) -> sqlite3.Connection:
    """For one writing thread. Each commit is on the disk before it returns (synchronous=FULL)."""
    return _open(settings, {"busy_timeout": wait_ms, "cache_size": -8000})


async def postgres(settings: Settings) -> Any:
    """An asyncpg connection of one's own; the caller closes it."""
    given = dict(config(settings)["connections"]["default"]["credentials"])
    for pooling in ("minsize", "maxsize", "max_queries", "connection_class", "schema"):
        given.pop(pooling, None)
    import asyncpg  # noqa: PLC0415 — start-up time: SQLite has no use for it

    return await asyncpg.connect(**given)
