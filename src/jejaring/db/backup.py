"""Copy a SQLite database while it is in use, and put a copy in place; the key stays out of it."""

import hashlib
import sqlite3
from pathlib import Path

from jejaring.settings import Settings


def fingerprint(secret_key: str) -> str:
    """What tells keys apart without being one: the first 16 hex digits of a SHA-256."""
    return hashlib.sha256(b"jejaring backup " + secret_key.encode()).hexdigest()[:16]


def _sqlite_only(settings: Settings) -> None:
    if not settings.is_sqlite:
        raise ValueError("on PostgreSQL use pg_dump and pg_restore, and keep SECRET_KEY apart")


def backup(settings: Settings, file: Path) -> None:
    """One consistent copy in FILE, with the key's fingerprint. ValueError if FILE exists."""
    _sqlite_only(settings)
    if file.exists():
        raise ValueError(f"{file} exists already; name a new file")
    if not settings.sqlite_path.exists():
        raise ValueError(f"there is no database at {settings.sqlite_path}")
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(0o600)
    source = sqlite3.connect(settings.sqlite_path)
    copy = sqlite3.connect(partial)
    try:
        source.backup(copy)
        copy.execute("CREATE TABLE IF NOT EXISTS backup_note (fingerprint TEXT NOT NULL)")
        copy.execute("DELETE FROM backup_note")
        copy.execute("INSERT INTO backup_note VALUES (?)", [fingerprint(settings.secret_key)])
        copy.commit()
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
        source.close()
    partial.rename(file)


def restore(settings: Settings, file: Path) -> None:
    """FILE becomes the database. ValueError where one is, or where FILE belongs to another key."""
    _sqlite_only(settings)
    if settings.sqlite_path.exists():
        raise ValueError(f"{settings.sqlite_path} exists; move it away first")
    copy = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        ((integrity,),) = copy.execute("PRAGMA integrity_check").fetchall()
        ((kept,),) = copy.execute("SELECT fingerprint FROM backup_note").fetchall()
        if integrity != "ok":
            raise ValueError(f"{file} is damaged: {integrity}")
        if kept != fingerprint(settings.secret_key):
            raise ValueError(
                "this backup was made under another SECRET_KEY; account numbers in it could not "
                "be read. Set the key that belongs to it"
            )
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        settings.sqlite_path.touch(0o600)
        target = sqlite3.connect(settings.sqlite_path)
        copy.backup(target)
        target.execute("DROP TABLE backup_note")
        target.commit()
        target.close()
    except sqlite3.DatabaseError as exc:
        raise ValueError(f"{file} is not a backup of ours: {exc}") from exc
    finally:
        copy.close()
