"""Rate limits: a moving window per key, in memory, or in Redis when there are several processes."""

import sys
import time

from jejaring.kit.errors import TooMany
from jejaring.kit.windows import Windows
from jejaring.logs import Log
from jejaring.settings import settings

log = Log(__name__)
windows = Windows()


async def disconnect() -> None:
    """Close the connections to Redis, if any."""
    shared = sys.modules.get("jejaring.web.shared_limits")
    if shared is not None:
        await shared.disconnect()


async def spend(key: str, per_minute: int | None = None, *, scope: str = "api") -> None:
    """Count one request of `key`; TooMany (429, Retry-After) when the minute is used up.

    per_minute defaults to JEJARING_RATE_LIMIT; 0 means no limit. While Redis is away each process
    counts for itself.
    """
    limit = settings().rate_limit if per_minute is None else per_minute
    if limit == 0:
        return
    wait = await _wait(key, limit, scope)
    if wait is not None:
        raise TooMany(max(1, round(wait)))


async def _wait(key: str, limit: int, scope: str) -> float | None:
    """How many seconds to wait; None where the request is allowed."""
    url = settings().redis_url
    if url:
        from jejaring.web import shared_limits  # noqa: PLC0415 — start-up time: few have Redis

        try:
            return await shared_limits.hit(url, key, limit, scope)
        except shared_limits.Away:
            log.warning("redis is away: limits are counted per process")
    return windows.hit(f"{scope}/{key}", limit, time.time())
