"""Who was here within the last half hour, so that coming again makes no new visit.

A visitor is known by the cookie they carry; one without a cookie by the daily hash. Kept in
memory for this process; cookies that it does not know are looked up among the stored clicks, so
that a restart or another process makes no difference to whoever keeps cookies.
"""

from referrals.clicks.rules import VISIT

# Two halves of at most this many visitors each: 10 MiB. Beyond that the oldest are forgotten.
HALF = 40_000
_SECONDS = VISIT.total_seconds()

_young: dict[int, float] = {}
_old: dict[int, float] = {}


def is_known(link_id: str, visitor: str) -> bool:
    """Whether anything is remembered of this visitor on this link."""
    key = hash((link_id, visitor))
    return key in _young or key in _old


def learn(link_id: str, visitor: str, at: float) -> None:
    """Remember a hit of theirs that was found among the stored clicks."""
    _young[hash((link_id, visitor))] = at


def was_here(link_id: str, visitor: str, at: float) -> bool:
    """Whether the visitor hit the link within the last half hour; and now they have."""
    global _young, _old
    key = hash((link_id, visitor))
    last = _young.get(key)
    if last is None:
        last = _old.get(key)
    if len(_young) >= HALF:
        _old, _young = _young, {}
    _young[key] = at
    return last is not None and -_SECONDS < at - last < _SECONDS


def reset() -> None:
    """Forget everybody."""
    _young.clear()
    _old.clear()
