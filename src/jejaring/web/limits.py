"""Rate limits: a moving window per key, in memory, or in Redis when there are several processes."""

import time
from functools import lru_cache

from limits import RateLimitItemPerMinute, storage, strategies
from limits.aio import storage as aio_storage
from limits.aio import strategies as aio_strategies

from jejaring.kit.errors import TooMany
from jejaring.settings import settings


@lru_cache(maxsize=1)
def _local() -> strategies.SlidingWindowCounterRateLimiter:
    return strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())


@lru_cache(maxsize=1)
def _shared() -> aio_strategies.SlidingWindowCounterRateLimiter | None:
    url = settings().redis_url
    if not url:
        return None
    store = aio_storage.RedisStorage(f"async+{url}", implementation="redispy")
    return aio_strategies.SlidingWindowCounterRateLimiter(store)


async def spend(key: str, per_minute: int | None = None, *, scope: str = "api") -> None:
    """Count one request of `key`; TooMany (429, Retry-After) when the minute is used up.

    per_minute defaults to JEJARING_RATE_LIMIT; 0 means no limit.
    """
    limit = settings().rate_limit if per_minute is None else per_minute
    if limit == 0:
        return
    item = RateLimitItemPerMinute(limit)
    shared = _shared()
    if shared is None:
        limiter = _local()
        allowed = limiter.hit(item, scope, key)
        reset = limiter.get_window_stats(item, scope, key).reset_time if not allowed else 0.0
    else:
        allowed = await shared.hit(item, scope, key)
        reset = (await shared.get_window_stats(item, scope, key)).reset_time if not allowed else 0.0
    if not allowed:
        raise TooMany(max(1, round(reset - time.time())))
