"""Rate limits: a moving window per key, in memory, or in Redis when there are several processes;
and the size of a request's body.
"""

import time
from functools import lru_cache
from typing import Any

import redis.asyncio as redis
import structlog
from limits import RateLimitItem, RateLimitItemPerMinute, storage, strategies
from limits.aio import storage as aio_storage
from limits.aio import strategies as aio_strategies
from limits.errors import StorageError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jejaring.kit.errors import TooMany
from jejaring.settings import settings

log = structlog.get_logger()


@lru_cache(maxsize=1)
def _local() -> strategies.SlidingWindowCounterRateLimiter:
    return strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())


@lru_cache(maxsize=1)
def _shared() -> tuple[aio_strategies.SlidingWindowCounterRateLimiter, redis.ConnectionPool] | None:
    url = settings().redis_url
    if not url:
        return None
    pool = redis.ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    options: dict[str, Any] = {"implementation": "redispy", "connection_pool": pool}
    store = aio_storage.RedisStorage(f"async+{url}", wrap_exceptions=True, **options)
    return aio_strategies.SlidingWindowCounterRateLimiter(store), pool


async def disconnect() -> None:
    """Close the connections to Redis, if any."""
    shared = _shared()
    _shared.cache_clear()
    if shared is not None:
        await shared[1].disconnect()


async def spend(key: str, per_minute: int | None = None, *, scope: str = "api") -> None:
    """Count one request of `key`; TooMany (429, Retry-After) when the minute is used up.

    per_minute defaults to JEJARING_RATE_LIMIT; 0 means no limit. While Redis is away each process
    counts for itself.
    """
    limit = settings().rate_limit if per_minute is None else per_minute
    if limit == 0:
        return
    item = RateLimitItemPerMinute(limit)
    try:
        wait = await _wait_shared(item, scope, key)
    except StorageError:
        log.warning("redis is away: limits are counted per process")
        wait = _wait_local(item, scope, key)
    if wait is not None:
        raise TooMany(max(1, round(wait - time.time())))


def _wait_local(item: RateLimitItem, scope: str, key: str) -> float | None:
    """Count; when the window opens again, or None where the request is allowed."""
    limiter = _local()
    if limiter.hit(item, scope, key):
        return None
    return limiter.get_window_stats(item, scope, key).reset_time


async def _wait_shared(item: RateLimitItem, scope: str, key: str) -> float | None:
    """The same for all processes, through Redis; by this process alone where there is none."""
    shared = _shared()
    if shared is None:
        return _wait_local(item, scope, key)
    limiter, _ = shared
    if await limiter.hit(item, scope, key):
        return None
    return (await limiter.get_window_stats(item, scope, key)).reset_time


class BodyLimit:
    """413 once a handler reads more than `limit` bytes of a body, or is told to expect more.

    Starlette's own limit answers in plain text from outside of our error handlers.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        size = int(announced) if announced.isascii() and announced.isdigit() else 0
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive() if size <= self.limit else {"type": "http.request"}
            taken += len(message.get("body", b""))
            if max(size, taken) > self.limit:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)
