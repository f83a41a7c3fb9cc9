"""Counts every commit that a process makes, and ends the process at the one that was chosen.

It watches the two drivers, not the product: the thread in which SQLite runs the ORM's statements,
asyncpg's connections (the click writer's own, too), and the COMMIT of the click writer on SQLite.
A commit is the COMMIT of a transaction, or a writing statement outside of one.
"""

import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any, Literal

import aiosqlite
import asyncpg

from referrals.clicks.stores import sqlite

DIED = 9
When = Literal["before", "after"]
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "COPY")


class Watch:
    """How many commits there were, what each was, and where the process ends (0: nowhere)."""

    def __init__(self) -> None:
        self.when: When = "after"
        self.at = 0
        self.seen: list[str] = []
        self.step = ""
        self.last = ""
        self.grave: Path | None = None

    def wrote(self, statement: str) -> None:
        """A statement of a transaction that is not committed yet."""
        if _is_write(statement):
            self.last = statement

    def reach(self, statement: str) -> int:
        """A commit is about to be made: which one."""
        words = self.last if statement.startswith("COMMIT") else statement
        self.seen.append(f"{self.step}: {' '.join(words.split())[:60]}")
        self.last = "nothing written"
        number = len(self.seen)
        if self.when == "before" and number == self.at:
            self._die(number)
        return number

    def passed(self, number: int) -> None:
        """It has been made; nobody knows of it yet."""
        if self.when == "after" and number == self.at:
            self._die(number)

    def _die(self, number: int) -> None:
        if self.grave is not None:
            self.grave.write_text(self.seen[number - 1])
        os._exit(DIED)


watch = Watch()


def _is_write(statement: str) -> bool:
    return statement.lstrip().upper().startswith(_WRITES)


def install() -> None:
    """Put the watch into the drivers of this process."""
    _install_sqlite()
    _install_postgres()


def _install_sqlite() -> None:
    plain: Any = aiosqlite.Connection._execute
    in_thread = sqlite.Store._in_thread

    async def execute(self: Any, fn: Any, *args: Any, **more: Any) -> Any:
        run = partial(_watched, self._connection, fn, *args, **more)
        return await plain(self, run)

    async def clicks(self: sqlite.Store, statement: str) -> None:
        if statement != "COMMIT":
            await in_thread(self, statement)
            return
        number = watch.reach("INSERT INTO click, COMMIT")
        await in_thread(self, statement)
        watch.passed(number)

    aiosqlite.Connection._execute = execute  # type: ignore[method-assign]
    sqlite.Store._in_thread = clicks  # type: ignore[method-assign]


def _watched(connection: sqlite3.Connection, fn: Any, *args: Any, **more: Any) -> Any:
    """In SQLite's own thread: dies there, before anything else can run."""
    words = _commits(connection, fn, args)
    if words is None:
        watch.wrote(args[0] if args and isinstance(args[0], str) else _rows(fn))
        return fn(*args, **more)
    number = watch.reach(words)
    found = fn(*args, **more)
    watch.passed(number)
    return found


def _commits(connection: sqlite3.Connection, fn: Any, args: Any) -> str | None:
    """What the call is about to commit, if it commits."""
    name = getattr(fn, "__name__", "")
    first = args[0] if args and isinstance(args[0], str) else ""
    if connection.in_transaction:
        return "COMMIT" if name == "commit" or first.upper().startswith("COMMIT") else None
    first = first or _rows(fn)
    return first if _is_write(first) else None


def _rows(fn: Any) -> str:
    """The last statement of those that db/bulk.py hands over together."""
    if isinstance(fn, partial) and fn.func.__name__ == "_execute_all":
        return str(fn.args[0][-1][0])
    return ""


def _install_postgres() -> None:
    kind = asyncpg.Connection
    prepared, simple, copied = kind._do_execute, kind.execute, kind._copy_in

    async def watched(self: Any, statement: str, work: Any) -> Any:
        ends = statement.lstrip().upper().startswith("COMMIT")
        if not ends and (self.is_in_transaction() or not _is_write(statement)):
            watch.wrote(statement)
            return await work()
        number = watch.reach(statement)
        found = await work()
        watch.passed(number)
        return found

    async def do_execute(self: Any, query: str, *args: Any, **more: Any) -> Any:
        return await watched(self, query, lambda: prepared(self, query, *args, **more))

    async def execute(self: Any, query: str, *args: Any, **more: Any) -> Any:
        if args:  # goes on to the one above
            return await simple(self, query, *args, **more)
        return await watched(self, query, lambda: simple(self, query, **more))

    async def copy_in(self: Any, query: str, *args: Any, **more: Any) -> Any:
        return await watched(self, query, lambda: copied(self, query, *args, **more))

    kind._do_execute, kind.execute, kind._copy_in = do_execute, execute, copy_in
