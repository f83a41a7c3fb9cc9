"""The only source of time and chance; demo and tests may move the clock with `at`."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

# shortuuid's unambiguous alphabet: no 0/O, 1/l/I.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE = len(ALPHABET)

_moved: ContextVar[datetime | None] = ContextVar("moved_clock", default=None)
_pool_lock = threading.Lock()
_pool = b""


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


def _random_bytes(count: int) -> bytes:
    """Bytes of os.urandom, drawn 4 KiB at a time: a system call per click costs more than the
    click.
    """
    global _pool
    with _pool_lock:
        if len(_pool) < count:
            _pool = os.urandom(4096)
        taken, _pool = _pool[:count], _pool[count:]
    return taken


def _written(number: int, width: int) -> str:
    letters = []
    for _ in range(width):
        number, digit = divmod(number, _BASE)
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))


def token(length: int) -> str:
    """A random word of `length` letters in shortuuid's alphabet (5.8 bits each), unguessable from
    16 up.
    """
    return _written(int.from_bytes(_random_bytes(length)), length)


def new_id(prefix: str) -> str:
    """`prefix_` and 19 letters: 8 of the millisecond (so ids sort by time), 11 of chance (64
    bits).
    """
    millis = int(now().timestamp() * 1000)
    return f"{prefix}_{_written(millis, 8)}{token(11)}"
