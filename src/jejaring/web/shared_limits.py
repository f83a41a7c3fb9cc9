"""Rate limits that several processes count together, in Redis. Imported only where there is one."""

import time
from typing import Any

import redis.asyncio as redis
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

Away = StorageError


_open: dict[str, tuple[SlidingWindowCounterRateLimiter, redis.ConnectionPool]] = {}


def _limiter(url: str) -> SlidingWindowCounterRateLimiter:
    if url not in _open:
        pool = redis.ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=1)
        options: dict[str, Any] = {"implementation": "redispy", "connection_pool": pool}
        store = RedisStorage(f"async+{url}", wrap_exceptions=True, **options)
        _open[url] = SlidingWindowCounterRateLimiter(store), pool
    return _open[url][0]


async def hit(url: str, key: str, per_minute: int, scope: str) -> float | None:
    """Count one; None where it is allowed, else how many seconds to wait. Raises Away."""
    limiter = _limiter(url)
    item = RateLimitItemPerMinute(per_minute)
    if await limiter.hit(item, scope, key):
        return None
    return (await limiter.get_window_stats(item, scope, key)).reset_time - time.time()


async def disconnect() -> None:
    """Close the connections."""
    while _open:
        _, (_, pool) = _open.popitem()
        await pool.disconnect()
