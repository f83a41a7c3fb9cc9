"""Our SQLite engine: durable, one writer at a time, and whole again after whatever fails."""

import sqlite3
from collections.abc import Iterator

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError

from jejaring import world
from jejaring.db import sql
from jejaring.db.connect import SQLITE_PRAGMAS, ping
from jejaring.db.transact import transact
from jejaring.jobs.models import Beat
from jejaring.settings import settings

pytestmark = pytest.mark.only_on("sqlite")


async def _one(pragma: str) -> object:
    found = await sql.rows(f"PRAGMA {pragma}")
    return next(iter(found[0].values()))


async def test_the_connection_is_set_as_we_mean_it(db: None) -> None:
    wanted = {"ON": 1, "WAL": "wal", "FULL": 2, "MEMORY": 2}
    for name, value in SQLITE_PRAGMAS.items():
        assert await _one(name) == wanted.get(value, value), name
    assert await ping()


@pytest.fixture
def intruder(db: None) -> Iterator[sqlite3.Connection]:
    """Another program with the same file."""
    connection = sqlite3.connect(settings().sqlite_path, isolation_level=None)
    yield connection
    connection.close()


async def test_a_locked_file_is_an_error_and_then_over(intruder: sqlite3.Connection) -> None:
    await sql.rows("PRAGMA busy_timeout = 1")
    try:
        intruder.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await transact(lambda: Beat.create(name="a", at=world.now()))
        intruder.execute("COMMIT")
        await transact(lambda: Beat.create(name="a", at=world.now()))
    finally:
        await sql.rows(f"PRAGMA busy_timeout = {SQLITE_PRAGMAS['busy_timeout']}")


async def test_a_commit_that_fails_leaves_no_transaction_open(
    intruder: sqlite3.Connection,
) -> None:
    async def dangling() -> None:
        await Beat.create(name="gone", at=world.now())
        await sql.rows("PRAGMA defer_foreign_keys = ON")
        await sql.rows(
            "INSERT INTO product (id, merchant_id, sku, slug, name, price, description, urls, "
            "created_at) VALUES ('p', 'nobody', 's', 's', 'n', 1, '', '{}', '2026-11-24')"
        )

    with pytest.raises(IntegrityError):
        await transact(dangling)
    await Beat.create(name="kept", at=world.now())
    assert intruder.execute("SELECT name FROM beat").fetchall() == [("kept",)]


async def test_what_is_committed_is_seen_by_others_at_once(intruder: sqlite3.Connection) -> None:
    async def work() -> None:
        await Beat.create(name="a", at=world.now())
        assert intruder.execute("SELECT count(*) FROM beat").fetchone() == (0,)

    await transact(work)
    assert intruder.execute("SELECT count(*) FROM beat").fetchone() == (1,)


async def test_a_script_does_not_commit_the_transaction_it_is_in(db: None) -> None:
    async def work() -> None:
        await Beat.create(name="a", at=world.now())
        await get_connection("default").execute_script(
            "UPDATE beat SET note = 'a;b'; UPDATE beat SET note = note || ';c';\n"
        )
        assert (await Beat.get(name="a")).note == "a;b;c"
        raise LookupError

    with pytest.raises(LookupError):
        await transact(work)
    assert await Beat.all().count() == 0
