"""What other processes do in these tests: `python -m tests.foundation.processes count 150`.

Started with `start()`, which hands them a DATABASE_URL; a line on stdout is their answer.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations import operations
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor

from dashboards.figures.models import RollupMark
from jejaring import world
from jejaring.db import connect, draft, migrate
from jejaring.db.transact import transact
from jejaring.jobs import worker
from jejaring.jobs.models import Beat
from jejaring.settings import settings
from referrals.orders.models import Sale


async def start(name: str, *arguments: str, url: str | None = None) -> asyncio.subprocess.Process:
    """Start one of the functions below in a process of its own."""
    environment = dict(os.environ) | ({"DATABASE_URL": url} if url else {})
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.foundation.processes", name, *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def answer(process: asyncio.subprocess.Process) -> str:
    """Wait for it; its stdout. AssertionError with its stderr if it failed."""
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    return out.decode().strip()


async def count(times: str) -> str:
    """Read a number and write it back one higher, in as many transactions."""
    await connect.connect(settings())

    async def one_more() -> None:
        mark = await RollupMark.select_for_update().get(name="counter")
        await RollupMark.filter(name="counter").update(position=mark.position + 1)

    for _ in range(int(times)):
        await transact(one_more)
    await connect.disconnect()
    return "counted"


async def up() -> str:
    """Migrate."""
    return " ".join(await migrate.migrate(settings())) or "nothing"


async def up_but_fail() -> str:
    """Migrate with a last migration that fails at its end."""
    module: Any = importlib.import_module("jejaring.db.migrations.0002_guards")

    async def fail(apps: Any, editor: Any) -> None:
        raise RuntimeError("on purpose")

    module.Migration.operations = [*module.Migration.operations, operations.RunPython(fail)]
    try:
        await migrate.migrate(settings())
    except RuntimeError as exc:
        return str(exc)
    return "no failure"


async def drift() -> str:
    """What models say that migrations do not (in its own process: it sets up Tortoise anew)."""
    return str(await draft.pending_changes())


async def rebuild() -> str:
    """Rebuild the table `sale` as a migration on SQLite would."""
    async with TortoiseContext() as context:
        await context.init(config=connect.config(settings(), for_migrating=True))

        async def work() -> None:
            editor = SqliteSchemaEditor(get_connection("default"), atomic=True)
            await editor._remake_table(Sale)

        await transact(work)
    return "rebuilt"


async def work_off() -> str:
    """Do jobs until none is left, noting each in a heartbeat row of its own."""
    await connect.connect(settings())

    async def handler(payload: dict[str, Any]) -> None:
        await Beat.create(name=f"job-{payload['n']}-{os.getpid()}", at=world.now())

    done = await worker.drain({"count": handler}, f"process-{os.getpid()}")
    await connect.disconnect()
    return str(done)


ACTS: dict[str, Callable[..., Awaitable[str]]] = {
    "count": count,
    "up": up,
    "up_but_fail": up_but_fail,
    "drift": drift,
    "rebuild": rebuild,
    "work_off": work_off,
}


async def _main(name: str, *arguments: str) -> str:
    return await ACTS[name](*arguments)


if __name__ == "__main__":
    print(asyncio.run(_main(*sys.argv[1:])))  # noqa: T201
