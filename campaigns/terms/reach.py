"""Whether a rule can ever decide a line, or earlier rules take all of its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.terms.rules import ANY_OF, CHANNELS, EVENT_KINDS, ITEMS, ROLES, TIERS, Rule, When

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = 10**18
_MANY = 100
_CLOSED = {"role": ROLES, "tier": TIERS, "channel": CHANNELS, "item": ITEMS}


@dataclass(frozen=True)
class Words:
    """The values a condition lets through: these, or (`but`) all except these."""

    values: frozenset[str]
    but: bool = False

    def both(self, other: "Words") -> "Words":
        """What both let through."""
        if self.but and other.but:
            return Words(self.values | other.values, but=True)
        if self.but or other.but:
            some, rest = (other, self) if self.but else (self, other)
            return Words(some.values - rest.values)
        return Words(self.values & other.values)

    def less(self, other: "Words") -> list["Words"]:
        """What this lets through and the other does not."""
        left = self.both(Words(other.values, not other.but))
        return [left] if left else []

    def __bool__(self) -> bool:
        return self.but or bool(self.values)


@dataclass(frozen=True)
class Range:
    """Whole numbers from `low` up to but without `high`."""

    low: int
    high: int = _FAR

    def both(self, other: "Range") -> "Range":
        """What lies in both."""
        return Range(max(self.low, other.low), min(self.high, other.high))

    def less(self, other: "Range") -> list["Range"]:
        """What lies here and not in the other."""
        below = Range(self.low, min(self.high, other.low))
        above = Range(max(self.low, other.high), self.high)
        return [part for part in (below, above) if part]

    def __bool__(self) -> bool:
        return self.low < self.high


Side = Words | Range
Box = Mapping[str, Side]


def _micros(instant: datetime | None, otherwise: int) -> int:
    return otherwise if instant is None else (instant - _EPOCH) // timedelta(microseconds=1)


def _box(rule: Rule) -> Box:
    """The lines for which the conditions hold, as one side per thing that is asked. A line is never
    more than its order, so `min_line` also asks for such an order. `bond` is the months since the
    buyer's first credited order, −1 for a line that no bond credits.
    """
    when: When = rule.when
    sides: dict[str, Side] = {}
    for name in ANY_OF:
        wanted: frozenset[str] | None = getattr(when, name)
        everything = Words(frozenset(_CLOSED.get(name, ())), but=name not in _CLOSED)
        sides[name] = everything if wanted is None else Words(wanted)
    buyer = {True: ["new"], False: ["returning"], None: ["new", "returning", "unknown"]}
    sides["new_buyer"] = Words(frozenset(buyer[when.new_buyer]))
    sides["min_line"] = Range(when.min_line)
    sides["min_order"] = Range(max(when.min_order, when.min_line))
    sides["min_quantity"] = Range(max(when.min_quantity, 1))
    sides["placed_at"] = Range(_micros(when.from_, -_FAR), _micros(when.until, _FAR))
    sides["bond"] = Range(-1) if rule.kind != "recurring" else Range(0, rule.months or 0)
    return sides


def _both(a: Side, b: Side) -> Side:
    return a.both(b)  # type: ignore[arg-type]  # sides of one name are of one kind


def _less(a: Side, b: Side) -> Sequence[Side]:
    return a.less(b)  # type: ignore[arg-type]  # sides of one name are of one kind


def _minus(box: Box, taken: Box) -> list[Box]:
    """What of a box another does not take, as boxes that do not overlap."""
    if not all(_both(side, taken[name]) for name, side in box.items()):
        return [box]
    parts: list[Box] = []
    rest = dict(box)
    for name, side in box.items():
        parts += [rest | {name: left} for left in _less(side, taken[name])]
        rest[name] = _both(side, taken[name])
    return parts


def hidden_by(rules: Sequence[Rule], index: int) -> tuple[int, ...]:
    """The earlier rules that together take every line of rule `index`: empty if it can decide one.

    A single rule that is enough is named alone. Past 100 pieces the question is given up in the
    rule's favour. A rule whose own conditions contradict each other is hidden by nobody. Event
    rules neither take lines nor need any.
    """
    own = _box(rules[index])
    if rules[index].kind in EVENT_KINDS or not all(own.values()):
        return ()
    earlier = [(i, _box(rule)) for i, rule in enumerate(rules[:index])]
    earlier = [(i, box) for i, box in earlier if rules[i].kind not in EVENT_KINDS]
    for i, box in earlier:
        if not _minus(own, box):
            return (i,)
    left, takers = [own], []
    for i, box in earlier:
        parts = [part for piece in left for part in _minus(piece, box)]
        if parts != left:
            takers.append(i)
        if len(parts) > _MANY:
            return ()
        left = parts
    return () if left else tuple(takers)
