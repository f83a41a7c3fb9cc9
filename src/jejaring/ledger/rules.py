"""What an entry is: moves, their hash, what they change; and the faults a post can meet. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jejaring.ledger.accounts import is_partner


class ContentDiffers(ValueError):  # noqa: N818 — named for what is wrong, as the house does
    """The key is in the books with other moves: a fault of the caller, never of the asker."""

    def __init__(self, merchant_id: str, key: str) -> None:
        super().__init__(f"{merchant_id}: the entry {key} is in the books with other content")
        self.merchant_id = merchant_id
        self.key = key


class Overdrawn(ValueError):  # noqa: N818 — named for what is wrong, as the house does
    """A partner's account would fall below zero (`owed_back`: rise above it). Nothing is posted.

    `accounts` are those that the moves draw on. The transaction must be rolled back; who wants to
    go on afterwards posts inside a nested `transact`.
    """

    def __init__(self, accounts: Sequence[str]) -> None:
        super().__init__(f"overdrawn, one of: {', '.join(accounts)}")
        self.accounts = tuple(accounts)


@dataclass(frozen=True)
class Move:
    """A positive amount (rupiah) from one account to another; 0 is allowed and makes no posting.

    ValueError for a negative amount or a move to itself.
    """

    from_account: str
    to_account: str
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"a move is never negative: {self}")
        if self.from_account == self.to_account:
            raise ValueError(f"a move goes from one account to another: {self}")


@dataclass(frozen=True)
class Draft:
    """An entry to be posted; `key` is unique per merchant (postings.md), `memo` is not content."""

    merchant_id: str
    key: str
    event: str
    moves: tuple[Move, ...]
    memo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """Something that `check` found: expected and found are shown as they are."""

    room: str
    what: str
    subject: str
    expected: object
    found: object


def kept(moves: Iterable[Move]) -> tuple[Move, ...]:
    """The moves that make postings: those of 0 make none."""
    return tuple(move for move in moves if move.amount)


def content_hash(event: str, moves: Iterable[Move]) -> str:
    """SHA-256 over the event and its moves (sorted, without zeros): the order does not matter."""
    flat = sorted([m.from_account, m.to_account, m.amount] for m in kept(moves))
    return hashlib.sha256(json.dumps([event, flat], separators=(",", ":")).encode()).hexdigest()


def changes(moves: Iterable[Move]) -> dict[str, int]:
    """What the moves add to each account: minus at from, plus at to. The values sum to zero."""
    found: dict[str, int] = {}
    for move in moves:
        found[move.from_account] = found.get(move.from_account, 0) - move.amount
        found[move.to_account] = found.get(move.to_account, 0) + move.amount
    return found


def draws(account: str, change: int) -> bool:
    """Whether the change brings a partner's account nearer to where it may not go."""
    if not is_partner(account):
        return False
    return change > 0 if account.endswith(":owed_back") else change < 0


def may_stand(account: str, amount: int) -> bool:
    """Whether the account may have this balance: partners' ≥ 0, `owed_back` ≤ 0, others any."""
    if not is_partner(account):
        return True
    return amount <= 0 if account.endswith(":owed_back") else amount >= 0
