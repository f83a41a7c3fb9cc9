"""The redirect against a bare Starlette redirect, and whether every reply's click is stored."""

import statistics

from bench import server
from bench.figure import Figure, beside

# (database, connections, must): performance.md
RUNS = (("sqlite", 128, 0.8), ("sqlite", 32, 0.7), ("postgres", 128, 0.9), ("postgres", 32, 0.9))
ROUNDS = 3

SEED = """
import asyncio
from jejaring.db import connect, migrate
from jejaring.settings import settings
async def seed():
    await migrate.migrate(settings())
    await connect.connect(settings())
    from tests import make
    link = await make.link()
    print(link.code)
    await connect.disconnect()
asyncio.run(seed())
"""
COUNT = """
import asyncio
from jejaring.db import connect, sql
from jejaring.settings import settings
async def count():
    await connect.connect(settings())
    print((await sql.rows("SELECT count(DISTINCT id) AS n FROM click"))[0]["n"])
    await connect.disconnect()
asyncio.run(count())
"""


def run() -> list[Figure]:
    """Each run: anchor, ours, anchor, three times over; the middle ratio counts."""
    figures = []
    for kind, connections, must in RUNS:
        if kind == "postgres" and not server.has_postgres():
            continue
        figures += measure(kind, connections, must)
    return figures


def measure(kind: str, connections: int, must: float) -> list[Figure]:
    acknowledged = 0
    rounds: list[tuple[float, server.Load, float, float]] = []
    with server.database(kind) as url:
        code = server.inside(url, SEED)
        with server.jejaring(url) as (base, _), server.anchor() as bare:
            server.wrk(f"{base}/r/{code}", connections, 1)
            for _ in range(ROUNDS):
                before = server.wrk(bare, connections, 3)
                ours = server.wrk(f"{base}/r/{code}", connections, 5)
                after = server.wrk(bare, connections, 3)
                acknowledged += ours.replies
                anchor = (before.per_second + after.per_second) / 2
                p99 = (before.p99_ms + after.p99_ms) / 2
                rounds.append((ours.per_second / anchor, ours, anchor, p99))
        stored = int(server.inside(url, COUNT))
    if stored < acknowledged:
        raise RuntimeError(f"{acknowledged} replies, but only {stored} clicks")
    middle = statistics.median_low([ratio for ratio, *_ in rounds])
    _, ours, anchor, p99 = next(r for r in rounds if r[0] == middle)
    name = f"redirect, {kind}, c={connections}"
    figures = [beside(name, ours.per_second, anchor, must)]
    if connections == 128:
        ratio = ours.p99_ms / p99
        figures.append(Figure(f"{name}: p99", ours.p99_ms, "ms", p99, ratio, 1.3, at_most=True))
    return figures
