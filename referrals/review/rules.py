"""Which decisions a state allows, how long one may be appealed, what looks odd. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# What a merchant may say; each is worded for the partner as `reason.{code}`.
HOLD_REASONS = (
    "under_review",
    "odd_orders",
    "odd_clicks",
    "buyer_unclear",
    "shared_account",
    "complaint",
    "fraud",
)
REJECT_REASONS = (
    "self_referral",
    "fake_order",
    "double_order",
    "not_paid",
    "rules_broken",
    "own_staff",
    "fraud",
)
APPEAL_DAYS = 30
SIGNALS = ("fast", "buyer", "coupon", "account", "flood", "own_browser")
DOES = ("flag", "hold")
HOLDS_AS = {
    "fast": "odd_orders",
    "buyer": "odd_orders",
    "coupon": "odd_orders",
    "account": "shared_account",
    "flood": "odd_clicks",
    "own_browser": "buyer_unclear",
}
MAX_LISTED = 20

FAST_SECONDS = 15
BUYER_ORDERS = 5
COUPON_BUYERS = 10
FLOOD_CLICKS = 200
_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)


def refusal(act: str, state: str, rest: int, kind: str = "") -> str | None:
    """Why the act (`hold`, `unhold`, `reject`) cannot be done to a commission in this state with
    this rest (rupiah): a code, None if it can. What an approved payout has is looked at besides.
    An accepted post's is held first: its partner reads why before it can be rejected.
    """
    if state == "rejected":
        return "commission_rejected"
    if act == "unhold":
        return None if state == "held" else "commission_not_held"
    if rest == 0:
        return "commission_empty"
    if act == "reject" and kind == "per_post" and state != "held":
        return "post_hold_first"
    return "commission_held" if act == "hold" and state == "held" else None


def appealable(state: str, reason_code: str | None) -> bool:
    """Whether there is anything to appeal: a hold, or a rejection by a reason of the list. What was
    credited to another by hand is a decision about the credit, not about this commission.
    """
    return state == "held" or (state == "rejected" and reason_code in REJECT_REASONS)


def appeal_until(decided_at: datetime | None, created_at: datetime) -> datetime:
    """The last instant of an appeal: 30 days after the decision (one from the start: since it was
    made).
    """
    return (decided_at or created_at) + timedelta(days=APPEAL_DAYS)


def is_fast(clicked_at: datetime, placed_at: datetime) -> bool:
    """Bought within 15 seconds of the click; an order's whole second is judged at its end."""
    end = placed_at + timedelta(seconds=1 if placed_at.microsecond == 0 else 0)
    return timedelta(0) <= end - clicked_at <= timedelta(seconds=FAST_SECONDS)


@dataclass(frozen=True)
class Bought:
    """An order as the signals see it; `buyer` is a keyed hash, None if unknown."""

    sale_id: str
    placed_at: datetime
    buyer: str | None


def many_orders(own: Bought, orders: Iterable[Bought]) -> int:
    """How many orders the buyer placed in the 24 hours up to this one, itself included."""
    since = own.placed_at - _DAY
    return len({o.sale_id for o in orders if since < o.placed_at <= own.placed_at} | {own.sale_id})


def buyers_of_hour(own: Bought, orders: Iterable[Bought]) -> int:
    """How many different buyers used the coupon in the hour up to this order; unknown buyers count
    one each.
    """
    since = own.placed_at - _HOUR
    within = [o for o in orders if since < o.placed_at <= own.placed_at]
    return len({o.buyer or o.sale_id for o in (*within, own)})


def merged(before: Mapping[str, object], now: Mapping[str, object]) -> dict[str, object]:
    """Evidence that grew: lists are joined (the newest twenty, each once), others replaced."""
    found = dict(before)
    for name, value in now.items():
        old = found.get(name)
        if isinstance(old, list) and isinstance(value, list):
            value = list(dict.fromkeys([*old, *value]))[-MAX_LISTED:]
        found[name] = value
    return found
