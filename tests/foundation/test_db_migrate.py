"""Migrations: a rebuild loses nothing, all or nothing, the same on both databases, no drift."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from jejaring.db import connect
from tests.foundation import schema
from tests.foundation.processes import answer, start


async def test_models_and_migrations_say_the_same() -> None:
    assert await answer(await start("drift")) == "[]"


async def test_the_database_of_this_run_is_current(db: None) -> None:
    assert await connect.is_current()


async def test_both_databases_end_with_the_same_tables(tmp_path: Path, new_postgres: str) -> None:
    file = tmp_path / "parity.db"
    for url in (f"sqlite:///{file}", new_postgres):
        await answer(await start("up", url=url))
    here = {n: replace(t, triggers=set()) for n, t in schema.sqlite(str(file)).items()}
    there = await schema.postgres(new_postgres)
    assert set(here) == set(there)
    assert len(here) > 20
    for name, table in here.items():
        assert table == there[name], name


async def test_a_rebuilt_sqlite_table_keeps_children_uniques_indexes_triggers(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rebuild.db"
    await answer(await start("up", url=f"sqlite:///{file}"))
    before = schema.sqlite(str(file))["sale"]
    assert before.triggers
    assert (("merchant_id", "source", "order_id"), True, False) in before.indexes
    _with_a_child(file)
    assert await answer(await start("rebuild", url=f"sqlite:///{file}")) == "rebuilt"
    assert schema.sqlite(str(file))["sale"] == before
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM child").fetchone() == (1,)
        assert connection.execute("SELECT order_id FROM sale").fetchall() == [("INV-1",)]
        with pytest.raises(sqlite3.IntegrityError, match="sale_base"):
            connection.execute("UPDATE sale SET base = -1")
    connection.close()


def _with_a_child(file: Path) -> None:
    """One sale, and a row that a cascade would take with it."""
    t = "2026-11-24 00:00:00+00:00"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TABLE child (id INTEGER PRIMARY KEY, "
            "sale_id TEXT REFERENCES sale (id) ON DELETE CASCADE)"
        )
        connection.execute(
            "INSERT INTO organisation (id, kind, slug, name, created_at) "
            f"VALUES ('org_1', 'merchant', 'm', 'M', '{t}')"
        )
        connection.execute(
            "INSERT INTO sale (id, merchant_id, source, order_id, state, placed_at, received_at, "
            "items_total, discount, shipping, base, currency, content_hash, notes) "
            f"VALUES ('sal_1', 'org_1', 'api', 'INV-1', 'paid', '{t}', '{t}', 5, 0, 0, 5, 'IDR', "
            "'h', '[]')"
        )
        connection.execute("INSERT INTO child (sale_id) VALUES ('sal_1')")
    connection.close()


async def test_a_migration_that_fails_leaves_nothing_behind_on_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "half.db"
    assert await answer(await start("up_but_fail", url=f"sqlite:///{file}")) == "on purpose"
    assert schema.sqlite(str(file)) == {}
    assert (await answer(await start("up", url=f"sqlite:///{file}"))).startswith("jejaring.0001")


async def test_a_migration_that_fails_leaves_nothing_behind_on_postgresql(
    new_postgres: str,
) -> None:
    assert await answer(await start("up_but_fail", url=new_postgres)) == "on purpose"
    assert await schema.postgres(new_postgres) == {}
    assert (await answer(await start("up", url=new_postgres))).startswith("jejaring.0001")
