"""Tortoise's SQLite engine with BEGIN IMMEDIATE and transactions that survive cancelling.

The module's name must contain "sqlite": Tortoise's migration executor looks for it.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

from tortoise.backends.base.client import NestedTransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError


async def _finish(work: Coroutine[Any, Any, Any]) -> Any:
    """Await to the end even if we are cancelled meanwhile; then re-raise the cancellation."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as exc:
            if task.cancelled():
                raise
            cancelled = exc
        except BaseException:
            break
    if cancelled is not None:
        if not task.cancelled():
            task.exception()
        raise cancelled
    return task.result()


class TransactionWrapper(SqliteTransactionWrapper):
    """BEGIN IMMEDIATE: take the write lock first, so busy_timeout applies and nothing is stale."""

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            raise OperationalError(exc) from exc

    async def execute_script(self, query: str) -> None:
        """Statement by statement: sqlite3's executescript() would commit the transaction first."""
        pending = ""
        for piece in query.split(";"):
            pending += f"{piece};"
            if sqlite3.complete_statement(pending):
                await self.execute_query(pending)
                pending = ""

    def _in_transaction(self) -> Any:
        return NestedTransactionContext(TransactionWrapper(self))


class TransactionContext(SqliteTransactionContext):
    """The connection lock is always given back, whenever a cancellation strikes."""

    async def __aenter__(self) -> Any:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await _finish(self.connection.begin())
        except BaseException:
            try:
                raw = self.connection._connection
                if raw is not None and raw.in_transaction:
                    await _finish(raw.rollback())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        try:
            if not self.connection._finalized:
                await _finish(self._end(failed=exc_type is not None))
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()

    async def _end(self, *, failed: bool) -> None:
        """Commit or roll back; a commit that fails (a full disk) leaves no transaction open."""
        if failed:
            await self.connection.rollback()
            return
        try:
            await self.connection.commit()
        except sqlite3.Error as exc:
            await self.connection.rollback()
            known = IntegrityError if isinstance(exc, sqlite3.IntegrityError) else OperationalError
            raise known(exc) from exc


class Client(SqliteClient):
    """The engine that `db/connect.py` names."""

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Tortoise's own BEGIN … COMMIT, run to its end: cancelled half-way it would stay open, and
        the next statements of everybody else would go into it and be lost with it.
        """
        await _finish(super().execute_many(query, values))

    def _in_transaction(self) -> Any:
        return TransactionContext(TransactionWrapper(self), self._lock)


client_class = Client
