"""A backup is whole, leaves the key out, and is only restored under its own key."""

import sqlite3
from pathlib import Path

import pytest

from jejaring.db import backup
from jejaring.settings import Settings


def _settings(folder: Path, key: str = "one") -> Settings:
    folder.mkdir(exist_ok=True)
    return Settings(DATABASE_URL=f"sqlite:////{str(folder).lstrip('/')}/x.db", SECRET_KEY=key)


@pytest.fixture
def filled(tmp_path: Path) -> Settings:
    chosen = _settings(tmp_path / "live")
    link = sqlite3.connect(chosen.sqlite_path)
    link.execute("CREATE TABLE t (v TEXT)")
    link.execute("INSERT INTO t VALUES ('kept')")
    link.commit()
    link.close()
    return chosen


def test_a_backup_comes_back_whole_and_without_the_key(filled: Settings, tmp_path: Path) -> None:
    backup.backup(filled, tmp_path / "copy.db")
    assert b"SECRET" not in (tmp_path / "copy.db").read_bytes()
    fresh = _settings(tmp_path / "fresh")
    backup.restore(fresh, tmp_path / "copy.db")
    link = sqlite3.connect(fresh.sqlite_path)
    assert link.execute("SELECT v FROM t").fetchall() == [("kept",)]
    assert link.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
    link.close()


def test_a_backup_of_another_key_is_refused(filled: Settings, tmp_path: Path) -> None:
    backup.backup(filled, tmp_path / "copy.db")
    with pytest.raises(ValueError, match="another SECRET_KEY"):
        backup.restore(_settings(tmp_path / "fresh", "two"), tmp_path / "copy.db")


def test_nothing_is_overwritten(filled: Settings, tmp_path: Path) -> None:
    backup.backup(filled, tmp_path / "copy.db")
    with pytest.raises(ValueError, match="exists"):
        backup.backup(filled, tmp_path / "copy.db")
    with pytest.raises(ValueError, match="exists"):
        backup.restore(filled, tmp_path / "copy.db")


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.db").write_bytes(b"not a database at all, just some text" * 20)
    with pytest.raises(ValueError, match="not a backup"):
        backup.restore(_settings(tmp_path / "fresh"), tmp_path / "odd.db")


def test_postgresql_is_sent_to_its_own_tools(tmp_path: Path) -> None:
    chosen = Settings(DATABASE_URL="postgres://u@h/d", SECRET_KEY="x")
    with pytest.raises(ValueError, match="pg_dump"):
        backup.backup(chosen, tmp_path / "copy.db")
