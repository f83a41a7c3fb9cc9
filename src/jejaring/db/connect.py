"""From settings to open connections, and closed again without losing a running transaction."""

from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tortoise import Tortoise
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError

from jejaring.db import sql, sqlite_engine, transact
from jejaring.db.tables import APP, MIGRATIONS, MODEL_MODULES
from jejaring.settings import Settings

SQLITE_PRAGMAS: dict[str, Any] = {
    "busy_timeout": 5000,  # first, so that the others wait for a lock too
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL loses acknowledged commits on power loss
    "foreign_keys": "ON",
    "recursive_triggers": "ON",  # else INSERT OR REPLACE deletes past the ledger's triggers
    "cache_size": -20000,
    "temp_store": "MEMORY",
}


def config(settings: Settings, *, for_migrating: bool = False) -> dict[str, Any]:
    """Tortoise's configuration for these settings; times are stored in UTC, always.

    A migrating connection has no foreign keys on SQLite (a table rebuild would cascade) and waits
    as long as another migrator needs.
    """
    connection = _sqlite(settings, for_migrating) if settings.is_sqlite else _postgres(settings)
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


def _sqlite(settings: Settings, for_migrating: bool) -> dict[str, Any]:
    settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
    pragmas = dict(SQLITE_PRAGMAS)
    if for_migrating:
        pragmas |= {"foreign_keys": "OFF", "busy_timeout": 600_000}
    return {
        "engine": sqlite_engine.__name__,
        "credentials": {"file_path": str(settings.sqlite_path), **pragmas},
    }


def _postgres(settings: Settings) -> dict[str, Any]:
    """libpq's `sslmode` is asyncpg's `ssl`; Tortoise knows only a yes or no, which checks names."""
    parts = urlsplit(settings.database_url)
    query = {"minsize": "1", "maxsize": str(settings.pg_pool)} | dict(parse_qsl(parts.query))
    mode = query.pop("sslmode", None)
    url = urlunsplit(parts._replace(scheme="asyncpg", query=urlencode(query)))
    expanded: dict[str, Any] = expand_db_url(url)
    if mode is not None:
        expanded["credentials"]["ssl"] = mode
    return expanded


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


async def is_current() -> bool:
    """Whether every migration in the code is applied to the connected database."""
    files = resources.files(MIGRATIONS).iterdir()
    written = {f.name.removesuffix(".py") for f in files if f.name[:4].isdigit()}
    try:
        applied = await sql.rows("SELECT name FROM tortoise_migrations")
    except OperationalError:
        return False
    return written <= {row["name"] for row in applied}
