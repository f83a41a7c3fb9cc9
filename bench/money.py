"""How long a sale waits while redirects run at full load and a worker works beside, on SQLite."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from urllib.parse import urlsplit

from bench import sales, server
from bench.figure import Figure

SECONDS = 10
MUST_MS = 50

CODE = """
import asyncio
from jejaring.db import connect, sql
from jejaring.settings import settings
async def code():
    await connect.connect(settings())
    print((await sql.rows("SELECT code FROM link LIMIT 1"))[0]["code"])
    await connect.disconnect()
asyncio.run(code())
"""


def run() -> list[Figure]:
    """One sale after another for ten seconds, each timed; the slowest percent counts."""
    with server.database("sqlite") as url:
        seeded = json.loads(server.inside(url, f"CLICKS = {sales.CLICKS}\n{sales.SEED}"))
        placed, code = server.inside(url, sales.PLACED), server.inside(url, CODE)
        with server.jejaring(url) as (base, _), _worker(url):
            found: list[server.Load] = []
            load = threading.Thread(
                target=lambda: found.append(server.wrk(f"{base}/r/{code}", 128, SECONDS + 2))
            )
            load.start()
            time.sleep(1)
            waits = sorted(_sell(base, seeded, placed))
            load.join()
    p99 = waits[int(len(waits) * 0.99)] * 1000
    note = f"{len(waits)} sales beside {found[0].per_second:,.0f} redirects/s"
    name = "a sale's p99 while redirects run at full load, a worker beside, sqlite"
    return [Figure(name, p99, "ms", None, p99, MUST_MS, at_most=True, note=note)]


@contextmanager
def _worker(url: str) -> Iterator[None]:
    env = environ | {"DATABASE_URL": url, "SECRET_KEY": "bench"}
    command = server.pinned(server.CLIENT_CORE, [sys.executable, "-m", "jejaring", "worker"])
    process = subprocess.Popen(
        command, env=env, cwd=server.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _sell(base: str, seeded: dict[str, list[str]], placed: str) -> Iterator[float]:
    """Seconds that each sale took, one after another on one connection."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    headers = {"Authorization": f"Bearer {seeded['key']}", "Content-Type": "application/json"}
    until, number = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < until:
        number += 1
        body = {
            "order_id": f"P99-{number}", "source": "website", "placed_at": placed, "state": "paid",
            "items": [{"sku": "KOPI-250", "quantity": 2, "unit_price": 65_000}],
            "currency": "IDR", "click_id": seeded["clicks"][number % sales.CLICKS],
        }  # fmt: skip
        began = time.perf_counter()
        connection.request("POST", "/v1/sales", json.dumps(body), headers)
        reply = connection.getresponse()
        reply.read()
        yield time.perf_counter() - began
        assert reply.status == 201, reply.status
        time.sleep(0.005)
