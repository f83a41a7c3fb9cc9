"""From settings to open connections, and closed again without losing a running transaction."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tortoise import Tortoise
from tortoise.connection import get_connection

from jejaring.db import sqlite_engine, transact
from jejaring.db.tables import APP, MIGRATIONS, MODEL_MODULES
from jejaring.settings import Settings

SQLITE_PRAGMAS: dict[str, Any] = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL loses acknowledged commits on power loss
    "busy_timeout": 5000,
    "foreign_keys": "ON",
    "cache_size": -20000,
    "temp_store": "MEMORY",
}


def config(settings: Settings, *, foreign_keys: bool = True) -> dict[str, Any]:
    """Tortoise's configuration for these settings; times are stored in UTC, always."""
    connection: Any
    if settings.is_sqlite:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        pragmas = SQLITE_PRAGMAS | {"foreign_keys": "ON" if foreign_keys else "OFF"}
        connection = {
            "engine": sqlite_engine.__name__,
            "credentials": {"file_path": str(settings.sqlite_path), **pragmas},
        }
    else:
        parts = urlsplit(settings.database_url)
        query = {"minsize": "1", "maxsize": str(settings.pg_pool)} | dict(parse_qsl(parts.query))
        connection = urlunsplit(parts._replace(scheme="asyncpg", query=urlencode(query)))
    return {
        "connections": {"default": connection},
        "apps": {
            APP: {
                "models": list(MODEL_MODULES),
                "default_connection": "default",
                "migrations": MIGRATIONS,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(settings: Settings) -> None:
    """Open the process's connections."""
    await Tortoise.init(config=config(settings), _enable_global_fallback=True)


async def disconnect() -> None:
    """Let running transactions end (10 s at most), then close."""
    await transact.drain()
    await Tortoise.close_connections()


async def ping() -> bool:
    """The database answers."""
    rows = await get_connection("default").execute_query_dict("SELECT 1 AS one")
    return bool(rows and rows[0]["one"] == 1)
