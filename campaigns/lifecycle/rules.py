"""When a campaign counts, what it covers, and which step its state allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign for those who credit sales: `spans` are the stretches [start, end) in which it
    was live (end None: still), `products` the ids it covers (None: the whole shop).
    """

    id: str
    merchant_id: str
    spans: tuple[Span, ...]
    products: frozenset[str] | None

    def live_at(self, instant: datetime) -> bool:
        """Whether it was live at the instant (a start counts, an end does not)."""
        return any(a <= instant and (b is None or instant < b) for a, b in self.spans)

    def covers(self, product_id: str | None) -> bool:
        """Whether a line of this product is the campaign's business."""
        return self.products is None or product_id in self.products


@dataclass(frozen=True)
class Dates:
    """The dated columns of a campaign that decide when it counts."""

    launched_at: datetime | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None


def spans(dates: Dates, pauses: Sequence[Span]) -> tuple[Span, ...]:
    """The stretches in which a campaign counts: from launch or `starts_at`, whichever is later, to
    `ended_at` or `ends_at`, whichever is earlier, without the pauses. Right even if the job that
    ends it by date is late.
    """
    if dates.launched_at is None:
        return ()
    start = max(dates.launched_at, dates.starts_at or dates.launched_at)
    ends = [end for end in (dates.ended_at, dates.ends_at) if end is not None]
    left: list[Span] = [(start, min(ends, default=None))]
    for pause in sorted(pauses, key=lambda p: p[0]):
        left = [part for span in left for part in _without(span, pause)]
    return tuple(span for span in left if span[1] is None or span[0] < span[1])


def _without(span: Span, gap: Span) -> list[Span]:
    start, end = span
    from_, to = gap
    before_end = from_ if end is None else min(end, from_)
    parts: list[Span] = [(start, before_end)] if start < before_end else []
    if to is None:
        return parts
    if end is None or to < end:
        parts.append((max(start, to), end))
    return parts


def state_now(state: str, ends_at: datetime | None, now: datetime) -> str:
    """The state as it counts: a campaign past its last instant has ended, job or no job."""
    return "ended" if state in ("live", "paused") and is_over(ends_at, now) else state


def is_over(ends_at: datetime | None, now: datetime) -> bool:
    """Whether the last instant has passed (without one, never)."""
    return ends_at is not None and ends_at <= now


# What a step answers in a state that forbids it; states not named allow it.
_FORBIDS = {
    "launch": {"live": "already_live", "ended": "campaign_ended"},
    "pause": {"draft": "not_launched", "paused": "already_paused", "ended": "campaign_ended"},
    "end": {"draft": "not_launched", "ended": "campaign_ended"},
    "amend": {"ended": "campaign_ended"},
}


def step_fault(step: str, state: str) -> str | None:
    """Why the state forbids a step (`launch`, which also resumes, `pause`, `end`, `amend`), or
    None.
    """
    return _FORBIDS[step].get(state)


def granted(budget: int | None, reserved: int, wanted: int) -> int:
    """What a commission of `wanted` rupiah gets of the budget: all, what is left, or nothing."""
    return wanted if budget is None else max(min(wanted, budget - reserved), 0)


def is_spent(budget: int | None, reserved: int) -> bool:
    """Whether nothing is left of the budget (no budget is never spent)."""
    return budget is not None and reserved >= budget


def budget_fault(old: int | None, new: int | None) -> str | None:
    """After launch a budget only grows; none at all is the largest."""
    lower = new is not None and (old is None or new < old)
    return "budget_only_up" if lower else None


def dates_fault(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> str | None:
    """What is wrong with a last instant: not after the first, or not after now."""
    if ends_at is None:
        return None
    if starts_at is not None and ends_at <= starts_at:
        return "ends_before_start"
    return "in_the_past" if ends_at <= now else None
