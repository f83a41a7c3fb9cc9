"""Passwords: argon2id in a thread, two at a time, so that a login flood never stalls a redirect."""

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from jejaring.kit.errors import TooMany

R = TypeVar("R")
AT_ONCE = 2
MAX_WAITING = 40  # two at a time and 33 ms each: under a second of waiting
BUSY_RETRY_SECONDS = 2

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_slots = asyncio.Semaphore(AT_ONCE)
_waiting = 0
# A hash of no one's password with the same cost: an unknown login takes as long as a known one.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$o0WjWd1VFoAh5zMkc8olsw"
    "$DdemB1gRg4LVTiISu5wThpNbgOG3zAehSf5C73nh00A"
)


def _folded(password: str) -> str:
    """NFKC, so that the same letters typed on another keyboard match (NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """The argon2id hash (t=2, m=19 MiB, p=1) with its salt. Raises TooMany in a flood."""
    return await _slotted(_hasher.hash, _folded(password))


async def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; with no stored hash, the same work and False."""
    fits = await _slotted(_verify, stored or _NOBODY, _folded(password))
    return fits and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(stored)


async def _slotted(work: Callable[..., R], *args: str) -> R:
    """Run `work` in a thread, when one of the slots is free; TooMany when the queue is long."""
    global _waiting
    if _waiting >= MAX_WAITING:
        raise TooMany(BUSY_RETRY_SECONDS, "busy")
    _waiting += 1
    try:
        async with _slots:
            return await asyncio.to_thread(work, *args)
    finally:
        _waiting -= 1
