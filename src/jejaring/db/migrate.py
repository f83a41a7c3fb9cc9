"""The migration runner: forward only, one at a time, children, indexes and triggers kept.

Absorbs stack.md P3: on SQLite a table rebuild runs with foreign keys off (else its children are
deleted by cascade) and is followed by a foreign key check, and it gives back the indexes and
triggers that Tortoise 1.1.9 forgets. One migrator at a time: BEGIN IMMEDIATE on SQLite, an
advisory lock on PostgreSQL.
"""

from typing import Any

from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor

from jejaring.db.connect import config
from jejaring.db.transact import transact
from jejaring.settings import Settings

LOCK_KEY = 7_302_114
_ATTACHED = (
    "SELECT type, name, sql FROM sqlite_master "
    "WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)


class KeepingSqliteEditor:
    """Tortoise's rebuild of a SQLite table, with its uniques, indexes and triggers put back."""

    original = SqliteSchemaEditor._remake_table

    @staticmethod
    async def remake(editor: Any, model: Any, *args: Any, **kwargs: Any) -> None:
        if editor.collect_sql:
            await KeepingSqliteEditor.original(editor, model, *args, **kwargs)
            return
        table = model._meta.db_table
        attached = await editor.client.execute_query_dict(_ATTACHED, [table])
        uniques = await _uniques(editor.client, table)
        await KeepingSqliteEditor.original(editor, model, *args, **kwargs)
        present = {r["name"] for r in await editor.client.execute_query_dict(_ATTACHED, [table])}
        lost = [r["sql"] for r in attached if r["name"] not in present]
        for columns in sorted(uniques - await _uniques(editor.client, table)):
            quoted = ", ".join(f'"{c}"' for c in columns)
            name = f"{table}_{'_'.join(columns)}_key"
            lost.append(f'CREATE UNIQUE INDEX "{name}" ON "{table}" ({quoted})')
        removed = kwargs.get("delete_field") or (args[1] if len(args) > 1 else None)
        await _put_back(editor.client, lost, forgiving=removed is not None)


async def _uniques(client: Any, table: str) -> set[tuple[str, ...]]:
    """The column sets that UNIQUE inside CREATE TABLE holds (they have no SQL of their own)."""
    listed = await client.execute_query_dict(f'PRAGMA index_list("{table}")')
    found = set()
    for index in listed:
        if index["origin"] == "u" or (index["unique"] and not index["partial"]):
            columns = await client.execute_query_dict(f'PRAGMA index_info("{index["name"]}")')
            found.add(tuple(str(c["name"]) for c in columns))
    return found


async def _put_back(client: Any, statements: list[str], *, forgiving: bool) -> None:
    """Run them; `forgiving` lets go what stood on a column that the rebuild removed."""
    for statement in statements:
        try:
            await client.execute_query(statement)
        except OperationalError:
            if not forgiving:
                raise


SqliteSchemaEditor._remake_table = KeepingSqliteEditor.remake  # type: ignore[assignment,method-assign]


async def migrate(settings: Settings) -> list[str]:
    """Apply what is missing, all or nothing; the names applied, in order.

    One transaction holds the migrations, their marks and the foreign key check, so a process that
    dies half-way leaves nothing behind, and a second migrator waits and then finds nothing to do.
    RuntimeError where foreign keys dangle.
    """
    done: list[str] = []

    def note(event: str, app: str | None, name: str | None) -> None:
        if event == "apply_done":
            done.append(f"{app}.{name}")

    cfg = config(settings, for_migrating=True)
    async with TortoiseContext() as context:
        await context.init(config=cfg)

        async def run() -> None:
            connection = get_connection("default")
            if not settings.is_sqlite:
                await connection.execute_query(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
            executor = MigrationExecutor(connection, cfg["apps"])
            # First, for its missing table would end the transaction on PostgreSQL.
            await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
            await executor.migrate(progress=note)
            if settings.is_sqlite:
                bad = await connection.execute_query_dict("PRAGMA foreign_key_check")
                if bad:
                    raise RuntimeError(f"foreign keys dangle after migration: {bad[:5]}")

        await transact(run)
    return done
