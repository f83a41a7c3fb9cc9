"""The one way to run a transaction: cancellation-safe, nested ones are savepoints."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction  # noqa: TID251 — the one place

T = TypeVar("T")
_live: set["asyncio.Task[object]"] = set()


def inside() -> bool:
    """Whether the current task is in a transaction."""
    return isinstance(get_connection("default"), TransactionalDBClient)


async def transact(work: Callable[[], Awaitable[T]]) -> T:
    """Run work in one transaction; inside another, in a savepoint of it.

    The work runs in a task of its own that is shielded: a cancelled caller leaves a transaction
    that still ends cleanly (it may have committed, hence the idempotency keys). No network,
    hashing or image work inside; never start a task inside: it would inherit the transaction.
    """
    if inside():
        async with in_transaction():
            return await work()

    async def body() -> T:
        async with in_transaction():
            return await work()

    task = asyncio.create_task(body())
    _live.add(task)
    task.add_done_callback(_live.discard)
    return await asyncio.shield(task)


async def drain(seconds: float = 10) -> None:
    """Wait for running transactions: at shutdown, before connections close."""
    if _live:
        await asyncio.wait(_live, timeout=seconds)
