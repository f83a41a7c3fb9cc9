"""The only source of time and chance; demo and tests may move the clock with `at`."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache

# shortuuid's unambiguous alphabet: no 0/O, 1/l/I.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE = len(ALPHABET)

_moved: ContextVar[datetime | None] = ContextVar("moved_clock", default=None)
_pool_lock = threading.Lock()
_pool = b""
_letters = ""
_letter_at = 0


def now() -> datetime:
    """The present instant in UTC, with its offset; inside `at(t)`, t."""
    return _moved.get() or datetime.now(UTC)  # noqa: TID251 — this is the one place


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Run the block as if it were `instant` (in this context and the tasks it starts)."""
    token = _moved.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _moved.reset(token)


def ago(**parts: float) -> datetime:
    """now() less a timedelta(**parts)."""
    return now() - timedelta(**parts)


def random_bytes(count: int) -> bytes:
    """Bytes of os.urandom, drawn 4 KiB at a time: a system call per click costs more than the
    click.
    """
    global _pool
    with _pool_lock:
        if len(_pool) < count:
            _pool = os.urandom(4096)
        taken, _pool = _pool[:count], _pool[count:]
    return taken


# 228 = 4 × 57: a byte below it stands for each letter equally often, the others are thrown away.
_AS_LETTERS = bytes(ord(ALPHABET[byte % _BASE]) for byte in range(256))
_UNFAIR = bytes(range(228, 256))


def _forget_pool() -> None:
    global _pool, _letters
    _pool = b""
    _letters = ""


# A forked process must not deal out the same bytes as its parent.
os.register_at_fork(after_in_child=_forget_pool)


def token(length: int) -> str:
    """A random word of `length` ≤ 64 letters in shortuuid's alphabet (5.8 bits each), unguessable
    from 16 up.
    """
    global _letters, _letter_at
    with _pool_lock:
        start = _letter_at
        if len(_letters) - start < length:
            _letters = os.urandom(4096).translate(_AS_LETTERS, _UNFAIR).decode()
            start = 0
        _letter_at = start + length
        return _letters[start:_letter_at]


@lru_cache(maxsize=4)
def _moment(millis: int) -> str:
    """8 letters of a millisecond since 1970, which sort as it does."""
    letters = []
    for _ in range(8):
        millis, digit = divmod(millis, _BASE)
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))


def new_id(prefix: str) -> str:
    """`prefix_` and 19 letters: 8 of the millisecond (so ids sort by time), 11 of chance (64
    bits).
    """
    return f"{prefix}_{_moment(int(now().timestamp() * 1000))}{token(11)}"


def click_ids(instant: datetime) -> tuple[str, str]:
    """Two of 22 letters, for addresses and cookies: 8 of the millisecond, 14 of chance (81 bits
    each); about 1 µs.
    """
    moment = _moment(int(instant.timestamp() * 1000))
    chance = token(28)
    return moment + chance[:14], moment + chance[14:]
