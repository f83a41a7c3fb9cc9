"""`jejaring serve` on the database under test, in a process of its own, on a free port."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

TRIES = 400


@asynccontextmanager
async def server(
    **settings: str,
) -> AsyncIterator[tuple[httpx2.AsyncClient, asyncio.subprocess.Process]]:
    """A client of the running server, and its process; ended by SIGTERM if it is still there.

    The worker is off unless JEJARING_WORKER is given.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = dict(os.environ) | {"PORT": str(port), "JEJARING_WORKER": "off"} | settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jejaring", "serve", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx2.AsyncClient(base_url=base, timeout=30) as client:
            await _up(client)
            yield client, process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _up(client: httpx2.AsyncClient) -> None:
    for _ in range(TRIES):
        try:
            if (await client.get("/healthz")).status_code == 200:
                return
        except httpx2.TransportError:
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not come up")
