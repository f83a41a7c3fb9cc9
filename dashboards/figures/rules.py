"""Clicks and deltas of events summed into daily figures; and numbers that appear out of order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from jejaring.kit.periods import DEFAULT_ZONE, day_of

COUNTS = ("people", "visits", "scans", "previews", "prefetches", "bots")
SUMS = ("sales", "sales_amount", "commission")
MEASURES = COUNTS + SUMS
_KINDS = {"preview": "previews", "prefetch": "prefetches", "bot": "bots"}


class Key(NamedTuple):
    """What a daily figure is of; '' where there is none."""

    merchant_id: str
    day: date
    campaign_id: str
    partner_id: str
    link_id: str
    product_id: str
    channel: str


class Hit(NamedTuple):
    """What of a click counts here: kind person, preview, prefetch or bot; via click or scan."""

    merchant_id: str
    at: datetime
    campaign_id: str
    partner_id: str
    link_id: str
    product_id: str
    kind: str
    via: str
    repeat: bool


Sums = dict[Key, dict[str, int]]


def add_clicks(sums: Sums, hits: Iterable[Hit], zones: Mapping[str, str]) -> None:
    """Add each hit to its day in the merchant's zone: people (every person), scans (people through
    a QR code), visits (people less repeats), and the others by kind. An unknown kind is a bot.
    """
    for hit in hits:
        day = day_of(hit.at, zones.get(hit.merchant_id, DEFAULT_ZONE))
        channel = "scan" if hit.via == "scan" else "link"
        key = Key(hit.merchant_id, day, hit.campaign_id, hit.partner_id, hit.link_id,
                  hit.product_id, channel)  # fmt: skip
        found = sums.setdefault(key, {})
        if hit.kind != "person":
            name = _KINDS.get(hit.kind, "bots")
            found[name] = found.get(name, 0) + 1
            continue
        found["people"] = found.get("people", 0) + 1
        found["scans"] = found.get("scans", 0) + (hit.via == "scan")
        found["visits"] = found.get("visits", 0) + (not hit.repeat)


def add_deltas(
    sums: Sums, merchant_id: str, deltas: Iterable[Mapping[str, Any]], zone: str
) -> None:
    """Add what an event says about sales (`placed_at`, its keys, and differences of either sign)
    to the day on which the order was placed.
    """
    for delta in deltas:
        placed = datetime.fromisoformat(str(delta["placed_at"]))
        names = ("campaign_id", "partner_id", "link_id", "product_id", "channel")
        key = Key(merchant_id, day_of(placed, zone), *(str(delta.get(n) or "") for n in names))
        found = sums.setdefault(key, {})
        for name in SUMS:
            found[name] = found.get(name, 0) + int(delta.get(name) or 0)


@dataclass(frozen=True)
class Hole:
    """Numbers `first`…`last` that were missing at `seen` (seconds of the database's clock)."""

    first: int
    last: int
    seen: float

    def stored(self) -> list[object]:
        """As it is kept in the mark."""
        return [self.first, self.last, self.seen]


def read_hole(stored: Sequence[Any]) -> Hole:
    """A hole as it was kept."""
    return Hole(int(stored[0]), int(stored[1]), float(stored[2]))


def holes_between(position: int, found: Iterable[int], seen: float) -> list[Hole]:
    """The numbers above position and below the greatest one found that are missing."""
    holes, expected = [], position + 1
    for number in sorted(found):
        if number > expected:
            holes.append(Hole(expected, number - 1, seen))
        expected = max(expected, number + 1)
    return holes


def without(holes: Iterable[Hole], found: Iterable[int]) -> list[Hole]:
    """The holes less the numbers that have appeared in them."""
    late = sorted(found)
    left = []
    for hole in holes:
        first = hole.first
        for number in late:
            if first <= number <= hole.last:
                if number > first:
                    left.append(Hole(first, number - 1, hole.seen))
                first = number + 1
        if first <= hole.last:
            left.append(Hole(first, hole.last, hole.seen))
    return left


def still_open(holes: Iterable[Hole], oldest_writer: float | None) -> list[Hole]:
    """The holes that may yet be filled: those seen after the oldest open writer began.

    `oldest_writer` is when the oldest transaction that may write to the table began, None if there
    is none. Whoever drew a number began before a greater number was seen, so a hole seen before
    that belongs to a transaction that has ended, and was read again since: it stays empty.
    """
    return [h for h in holes if oldest_writer is not None and h.seen >= oldest_writer]


def default_range(today: date, days: int = 30) -> tuple[date, date]:
    """The last `days` days up to and with today."""
    return date.fromordinal(today.toordinal() - days + 1), today
