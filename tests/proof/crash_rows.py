"""The tables of either database, whole; and a database put back to where a story starts."""

import shutil
from pathlib import Path
from typing import Any

import asyncpg
from tortoise.connection import get_connection

from jejaring.db import sql
from jejaring.settings import settings


async def tables() -> list[str]:
    """The names of all tables."""
    if sql.on_sqlite():
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    else:
        query = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    return [row["name"] for row in await sql.rows(query)]


async def rows(table: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    return await sql.rows(f'SELECT * FROM "{table}"')


async def keep(name: str) -> None:
    """Remember the database as it is now, under a name."""
    if sql.on_sqlite():
        await sql.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(settings().sqlite_path, _copy(name))
        return
    script = [f'DROP SCHEMA IF EXISTS "kept_{name}" CASCADE; CREATE SCHEMA "kept_{name}";']
    script += [f'CREATE TABLE "kept_{name}"."{t}" AS TABLE public."{t}";' for t in await tables()]
    await get_connection("default").execute_script("".join(script))


def _copy(name: str) -> Path:
    return settings().sqlite_path.with_suffix(f".{name}")


async def put_back(name: str) -> None:
    """The database as it was kept, while nobody is connected."""
    if settings().is_sqlite:
        path = settings().sqlite_path
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(_copy(name), path)
        return
    connection = await asyncpg.connect(settings().database_url)
    try:
        await connection.execute(await _script(connection, name))
    finally:
        await connection.close()


async def _script(connection: Any, name: str) -> str:
    """As a replica does it, so that no trigger or foreign key minds."""
    names = [
        row["tablename"]
        for row in await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1", f"kept_{name}"
        )
    ]
    asked = [
        f"SELECT '{t}' AS name, EXISTS (SELECT 1 FROM public.\"{t}\") AS now, "
        f'EXISTS (SELECT 1 FROM "kept_{name}"."{t}") AS kept'
        for t in names
    ]
    script = "SET session_replication_role = replica;"
    for row in await connection.fetch(" UNION ALL ".join(asked)):
        table = row["name"]
        script += f'DELETE FROM public."{table}";' if row["now"] else ""
        script += (
            f'INSERT INTO public."{table}" SELECT * FROM "kept_{name}"."{table}";'
            if row["kept"]
            else ""
        )
    return script + "RESET session_replication_role;"
