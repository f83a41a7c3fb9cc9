"""A snapshot sees one instant, while writers go on."""

from jejaring import world
from jejaring.db import snapshot
from jejaring.db.transact import transact
from jejaring.jobs.models import Beat
from jejaring.settings import settings


async def test_a_snapshot_does_not_see_what_is_written_meanwhile(db: None) -> None:
    await Beat.create(name="a", at=world.now())
    async with snapshot.one(settings()):
        assert await Beat.all().count() == 1
    await transact(lambda: Beat.create(name="b", at=world.now()))
    async with snapshot.one(settings()):
        assert await Beat.all().count() == 2


async def test_writers_go_on_while_a_snapshot_is_read(db: None) -> None:
    async with snapshot.one(settings()):
        before = await Beat.all().count()
        await _write_outside()
        assert await Beat.all().count() == before
    assert await Beat.all().count() == before + 1


async def _write_outside() -> None:
    """Written as another process would: over a connection of its own."""
    import sqlite3  # noqa: PLC0415

    import asyncpg  # noqa: PLC0415

    if settings().is_sqlite:
        other = sqlite3.connect(settings().sqlite_path, timeout=5)
        other.execute("INSERT INTO beat (name, at, note) VALUES ('x', '2026-01-01 00:00:00', '')")
        other.commit()
        other.close()
        return
    link = await asyncpg.connect(settings().database_url)
    await link.execute("INSERT INTO beat (name, at, note) VALUES ('x', now(), '')")
    await link.close()
