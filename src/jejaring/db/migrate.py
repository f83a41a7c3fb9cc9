"""The migration runner: forward only, one at a time, children, indexes and triggers kept.

Absorbs stack.md P3: on SQLite a table rebuild runs with foreign keys off (else its children are
deleted by cascade) and is followed by a foreign key check, and it gives back the indexes and
triggers that Tortoise 1.1.9 forgets; on PostgreSQL an advisory lock lets one migrator through.
"""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import asyncpg
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor

from jejaring.db.connect import config
from jejaring.db.tables import MIGRATIONS
from jejaring.settings import Settings

LOCK_KEY = 7_302_114
_ATTACHED = (
    "SELECT type, name, sql FROM sqlite_master "
    "WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)


class KeepingSqliteEditor:
    """Tortoise's rebuild of a SQLite table, with its indexes and triggers put back afterwards."""

    original = SqliteSchemaEditor._remake_table

    @staticmethod
    async def remake(editor: Any, model: Any, *args: Any, **kwargs: Any) -> None:
        if editor.collect_sql:
            await KeepingSqliteEditor.original(editor, model, *args, **kwargs)
            return
        table = model._meta.db_table
        before = await editor.client.execute_query_dict(_ATTACHED, [table])
        await KeepingSqliteEditor.original(editor, model, *args, **kwargs)
        present = {r["name"] for r in await editor.client.execute_query_dict(_ATTACHED, [table])}
        removed = kwargs.get("delete_field") or (args[1] if len(args) > 1 else None)
        for row in before:
            if row["name"] in present:
                continue
            try:
                await editor.client.execute_query(row["sql"])
            except OperationalError:
                if removed is None:  # only an index on the removed field may go with it
                    raise


SqliteSchemaEditor._remake_table = KeepingSqliteEditor.remake  # type: ignore[assignment,method-assign]


@asynccontextmanager
async def _alone(settings: Settings, connection: Any) -> AsyncIterator[None]:
    """Only one migrator at a time: a lock file beside SQLite, an advisory lock on PostgreSQL."""
    if settings.is_sqlite:
        with open(f"{settings.sqlite_path}.migrate", "w") as lock:  # noqa: ASYNC230 — no loop work yet
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    guard = await asyncpg.connect(
        host=connection.host,
        port=connection.port,
        user=connection.user,
        password=connection.password,
        database=connection.database,
    )
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        yield
    finally:
        await guard.close()


async def migrate(settings: Settings) -> list[str]:
    """Apply what is missing; the names applied, in order. RuntimeError on dangling foreign keys."""
    done: list[str] = []

    def note(event: str, app: str | None, name: str | None) -> None:
        if event == "apply_done":
            done.append(f"{app}.{name}")

    cfg = config(settings, foreign_keys=False)
    async with TortoiseContext() as context:
        await context.init(config=cfg)
        connection = context.connections.get("default")
        async with _alone(settings, connection):
            await MigrationExecutor(connection, cfg["apps"]).migrate(progress=note)
            if settings.is_sqlite:
                bad = await connection.execute_query_dict("PRAGMA foreign_key_check")
                if bad:
                    raise RuntimeError(f"foreign keys dangle after migration: {bad[:5]}")
    return done


async def is_current() -> bool:
    """Whether every migration in the code is applied to the connected database."""
    files = resources.files(MIGRATIONS).iterdir()
    written = {f.name.removesuffix(".py") for f in files if f.name[:4].isdigit()}
    recorder = MigrationRecorder(get_connection("default"))
    return written <= {key.name for key in await recorder.applied_migrations()}
