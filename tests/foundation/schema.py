"""What a database's tables look like, read from its own catalogue, alike for both."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any

import asyncpg


@dataclass
class Table:
    """Columns → (nullable, has a default); indexes and uniques as (columns, unique, partial);
    foreign keys as (column, table, on delete); triggers by name.
    """

    columns: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    indexes: set[tuple[tuple[str, ...], bool, bool]] = field(default_factory=set)
    keys: set[tuple[str, str, str]] = field(default_factory=set)
    triggers: set[str] = field(default_factory=set)


def sqlite(path: str) -> dict[str, Table]:
    """The tables of a SQLite file."""
    connection = sqlite3.connect(path)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {name: _sqlite_table(connection, name) for (name,) in names.fetchall()}
    finally:
        connection.close()


def _sqlite_table(connection: sqlite3.Connection, name: str) -> Table:
    table = Table()
    for _, column, _, not_null, default, primary in connection.execute(
        f'PRAGMA table_info("{name}")'
    ).fetchall():
        table.columns[column] = (not (not_null or primary), default is not None)
    for _, index, unique, origin, partial in connection.execute(
        f'PRAGMA index_list("{name}")'
    ).fetchall():
        if origin != "pk":
            info = connection.execute(f'PRAGMA index_info("{index}")').fetchall()
            table.indexes.add((tuple(i[2] for i in info), bool(unique), bool(partial)))
    for row in connection.execute(f'PRAGMA foreign_key_list("{name}")').fetchall():
        table.keys.add((row[3], row[2], row[6]))
    triggers = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (name,)
    )
    table.triggers = {trigger for (trigger,) in triggers.fetchall()}
    return table


_COLUMNS = """SELECT table_name, column_name, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public'"""
_INDEXES = """SELECT t.relname AS table_name, i.indisunique, i.indpred IS NOT NULL AS partial,
  ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k(n, o)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.o) AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
WHERE s.nspname = 'public' AND NOT i.indisprimary"""
_KEYS = """SELECT t.relname AS table_name, a.attname, f.relname AS target, c.confdeltype
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'"""
_ACTIONS = {b"r": "RESTRICT", b"c": "CASCADE", b"a": "NO ACTION", b"n": "SET NULL"}


async def postgres(url: str) -> dict[str, Table]:
    """The tables of a PostgreSQL database (a serial's default is not counted: SQLite has none)."""
    connection: Any = await asyncpg.connect(url)
    tables: dict[str, Table] = {}
    try:
        for row in await connection.fetch(_COLUMNS):
            default = row["column_default"]
            has_default = default is not None and not default.startswith("nextval")
            table = tables.setdefault(row["table_name"], Table())
            table.columns[row["column_name"]] = (row["is_nullable"] == "YES", has_default)
        for row in await connection.fetch(_INDEXES):
            shape = (tuple(row["columns"]), row["indisunique"], row["partial"])
            tables[row["table_name"]].indexes.add(shape)
        for row in await connection.fetch(_KEYS):
            key = (row["attname"], row["target"], _ACTIONS[row["confdeltype"]])
            tables[row["table_name"]].keys.add(key)
    finally:
        await connection.close()
    return tables
