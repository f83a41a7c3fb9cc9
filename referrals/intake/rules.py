"""What a change of a sale means for the figures, as differences to add."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a number belongs: the order's day, and who brought what (empty: nobody)."""

    placed_at: datetime
    campaign_id: str = ""
    partner_id: str = ""
    link_id: str = ""
    product_id: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Figure:
    """How many sales, how many rupiah of base and of commission stand at a place."""

    place: Place
    sales: int = 0
    sales_amount: int = 0
    commission: int = 0


@dataclass(frozen=True)
class LineFigure:
    """A line of an order: its place, what is left of its base, what its commissions hold."""

    place: Place
    credited: bool
    left: int
    commission: int


def figures(lines: Sequence[LineFigure], *, counts: bool) -> list[Figure]:
    """The figures of one order. It counts as one sale, at its first credited line (else its first
    line); a closed order (`counts` false) as none.
    """
    first = next((i for i, line in enumerate(lines) if line.credited), 0)
    return [
        Figure(line.place, int(counts and i == first), line.left, line.commission)
        for i, line in enumerate(lines)
    ]


@dataclass
class _Sum:
    values: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, figure: Figure, sign: int) -> None:
        parts = (figure.sales, figure.sales_amount, figure.commission)
        self.values = [old + sign * new for old, new in zip(self.values, parts, strict=True)]


def deltas(before: Iterable[Figure], after: Iterable[Figure]) -> list[dict[str, Any]]:
    """What to add to each place to get from before to after; places without a difference are
    absent. JSON: `placed_at` as text.
    """
    sums: dict[Place, _Sum] = {}
    for sign, side in ((-1, before), (1, after)):
        for figure in side:
            sums.setdefault(figure.place, _Sum()).add(figure, sign)
    return [_told(place, total.values) for place, total in sums.items() if any(total.values)]


def _told(place: Place, values: Sequence[int]) -> dict[str, Any]:
    return {
        "placed_at": place.placed_at.isoformat(),
        "campaign_id": place.campaign_id,
        "partner_id": place.partner_id,
        "link_id": place.link_id,
        "product_id": place.product_id,
        "channel": place.channel,
        **dict(zip(("sales", "sales_amount", "commission"), values, strict=True)),
    }
