"""How a partner's figures are put together: sums over shops, an amount's calculation, a role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jejaring.kit.money import FULL_BP

PARTS = (
    "pending", "held", "payable", "in_payout", "paid", "owed_back", "written_off", "repaid",
    "earned",
)  # fmt: skip
ROLES = ("reseller", "influencer", "buzzer", "follower")
STYLES = (1, 2, 3)


def added(balances: Iterable[Any]) -> dict[str, int]:
    """The balances of several shops, part by part, in rupiah. A total to be shown above the shops'
    own rows: what is owed back at one shop is never taken from another.
    """
    sums = dict.fromkeys(PARTS, 0)
    for balance in balances:
        for part in PARTS:
            sums[part] += getattr(balance, part)
    return sums


def leading_role(roles: Sequence[str]) -> str:
    """The role that a partner has most often; of equals the one that comes first in ROLES, and
    reseller for somebody who is in no campaign yet.
    """
    return max(ROLES, key=lambda role: (roles.count(role), -ROLES.index(role)))


def style_of(text: str) -> int:
    """The style of the ready words that the address asks for; the first for anything else."""
    return int(text) if text in map(str, STYLES) else STYLES[0]


@dataclass(frozen=True)
class Counted:
    """What a commission was counted from, in rupiah. `item_*` are of its order's line as it stands
    now; `base` and `rate_bp` are the commission's own, `each` a fixed rule's amount.
    """

    kind: str
    amount: int
    base: int
    rate_bp: int | None
    share_bp: int
    item_quantity: int
    item_price: int
    item_base: int
    is_amendment: bool = False
    each: int | None = None


def gross(counted: Counted) -> int | None:
    """The price of the line before discounts; None where the line no longer explains the base: the
    order was changed since, or the commission is a difference made by such a change.
    """
    whole = counted.share_bp == FULL_BP and counted.item_base == counted.base
    explains = whole and not counted.is_amendment
    return counted.item_quantity * counted.item_price if explains else None


def is_capped(notes: Sequence[str]) -> bool:
    """Whether a limit or the budget made the amount smaller than its rule says."""
    return bool(set(notes) & {"max_per_order", "month_cap", "budget_spent"})


def until(state: str, release_at: datetime | None) -> datetime | None:
    """The day that a waiting commission's chip names, when it is known."""
    return release_at if state == "pending" else None


def of_limit(so_far: int, limit: int | None) -> int | None:
    """so_far as whole percent of the limit, 0…100; None without a limit."""
    return None if not limit else max(0, min(100, so_far * 100 // limit))


def parts_of(shares: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(name, count, whole percent of all), most first, those of 0 left out."""
    total = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
    return [(name, n, n * 100 // total) for name, n in ordered if n]
