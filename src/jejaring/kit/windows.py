"""A moving window of one minute per key."""

SECONDS = 60.0


class Windows:
    """When each key came within the last minute."""

    def __init__(self) -> None:
        self._hits: dict[str, list[float]] = {}
        self._swept = 0.0

    def hit(self, key: str, limit: int, at: float) -> float | None:
        """Count one at `at` (seconds); None where it is allowed. Where the minute holds `limit`
        already it does not count: after how many seconds the next one will be allowed.
        """
        if not 0 <= at - self._swept < SECONDS:
            self._sweep(at)
        hits = self._hits.setdefault(key, [])
        while hits and hits[0] <= at - SECONDS:
            del hits[0]
        if len(hits) < limit:
            hits.append(at)
            return None
        return hits[-limit] + SECONDS - at

    def _sweep(self, at: float) -> None:
        """Forget the keys that did not come for a minute."""
        self._swept = at
        self._hits = {k: hits for k, hits in self._hits.items() if hits[-1] > at - SECONDS}

    def clear(self) -> None:
        """Forget every key."""
        self._hits.clear()
