"""Series → SVG that needs no viewBox and no inline style: x in percent, y in pixels. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from jejaring.kit.money import split

PARTS = (
    ("pending", "wait"), ("held", "held"), ("payable", "ready"), ("in_payout", "sent"),
    ("paid", "paid"), ("owed_back", "owed"),
)  # fmt: skip
ALWAYS = ("pending", "payable", "paid", "owed_back")
STRIPES = {"wait": "parang", "held": "parang2"}
_GAP_BP = 50
_LEAST_BP = 150
_TOP, _LEFT_BP, _FOOT = 10, 900, 20


@dataclass(frozen=True)
class Bar:
    """One bar: its date as shown on the axis, its value, and the value in words."""

    label: str
    value: int
    shown: str


@dataclass(frozen=True)
class Segment:
    """One part of the balance strip; x and width are percent with two decimals."""

    key: str
    kind: str
    x: str
    width: str
    amount: int

    @property
    def fill(self) -> str | None:
        """The stripes of money that is not yet certain, else None (a colour of the stylesheet)."""
        return f"url(#{STRIPES[self.kind]})" if self.kind in STRIPES else None


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}%"


def segments(balance: Mapping[str, int]) -> list[Segment]:
    """The parts of a balance that are not 0, in fixed order, each wide enough to be seen.

    Widths with their gaps re-add to 100 %; a part below 1.5 % is drawn as 1.5 %.
    """
    found = [(key, kind, balance[key]) for key, kind in PARTS if balance.get(key, 0) > 0]
    if not found:
        return []
    total = sum(amount for _, _, amount in found)
    weights = [max(amount, -(-total * _LEAST_BP // 10_000)) for _, _, amount in found]
    widths = split(10_000 - _GAP_BP * (len(found) - 1), weights)
    drawn, x = [], 0
    for (key, kind, amount), width in zip(found, widths, strict=True):
        drawn.append(Segment(key, kind, _percent(x), _percent(width), amount))
        x += width + _GAP_BP
    return drawn


def shown_parts(balance: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """(key, kind, amount) of the key list: four always, held and in payout only when not 0."""
    return [
        (key, kind, balance.get(key, 0))
        for key, kind in PARTS
        if key in ALWAYS or balance.get(key, 0)
    ]


def ceiling(value: int) -> int:
    """The round number at or above value that tops a chart: 1, 1.5, 2, 3, 4, 5, 6, 8 × 10^n, even
    halves included; at least 2.
    """
    if value <= 2:
        return 2
    scale = int(10 ** (len(str(value)) - 1))
    for step in (10, 15, 20, 30, 40, 50, 60, 80):
        if value * 10 <= step * scale:
            return step * scale // 10
    return 10 * scale


def short(value: int, language: str = "id") -> str:
    """An axis label: 700000 → `700 rb`, 1400000 → `1,4 jt`; English `700K`, `1.4M`."""
    units = ((10**9, " M", "B"), (10**6, " jt", "M"), (10**3, " rb", "K"))
    for size, local, english in units:
        if value >= size:
            whole, tenth = divmod(value * 10 // size, 10)
            point = "." if language == "en" else ","
            tail = f"{point}{tenth}" if tenth else ""
            return f"{whole}{tail}{english if language == 'en' else local}"
    return str(value)


def tile(amount: int, exact: str, language: str = "id") -> str:
    """A figure in a tile: from Rp100 million on shortened (`Rp182,8 jt`), else as given."""
    return f"Rp{short(amount, language)}" if amount >= 100_000_000 else exact


def _dates(count: int) -> list[int]:
    """Which bars carry a date: 3–5 of them, the last always, none too close to it."""
    if count <= 5:
        return list(range(count))
    step = -(-count // 4)
    return [*range(0, count - step, step), count - 1]


def _grid(top: int, floor: int, language: str) -> list[str]:
    drawn = []
    for value in (0, top // 2, top):
        y = floor - (floor - _TOP) * value // top
        word = short(value, language) if value else ""
        drawn.append(
            f'<line class="g" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
            f'<text x="0" y="{y - 3}">{word}</text>'
        )
    return drawn


def bars(
    series: Sequence[Bar],
    sentence: str,
    *,
    height: int = 168,
    language: str = "id",
    highlight: int | None = None,
) -> str:
    """The chart as SVG text: a bar per value (≤ 31, ≥ 0), 3 grid lines, 4–5 dates, a title per bar.

    `highlight` is the bar drawn in the warm colour (default: the greatest, the later of equals).
    ValueError for more than 31 bars.
    """
    if len(series) > 31:
        raise ValueError("a chart has at most 31 bars")
    floor = height - _FOOT
    top = ceiling(max((bar.value for bar in series), default=0))
    best = max(range(len(series)), key=lambda i: (series[i].value, i), default=0)
    chosen = best if highlight is None else highlight
    slot = (10_000 - _LEFT_BP) // max(len(series), 1)
    out = [
        f'<svg class="plot" height="{height}" role="img" aria-label="{escape(sentence)}">',
        *_grid(top, floor, language),
    ]
    for i, bar in enumerate(series):
        tall = (floor - _TOP) * bar.value * 10 // top
        x = 10_000 - slot * (len(series) - i) + slot * 14 // 100
        out.append(
            f'<rect class="b{" hi" if i == chosen and bar.value else ""}" x="{_percent(x)}" '
            f'width="{_percent(slot * 72 // 100)}" y="{(floor * 10 - tall) / 10:.1f}" '
            f'height="{tall / 10:.1f}" rx="1.5">'
            f"<title>{escape(bar.label)}: {escape(bar.shown)}</title></rect>"
        )
    out += _axis(series, slot, height)
    return "".join([*out, "</svg>"])


def _axis(series: Sequence[Bar], slot: int, height: int) -> list[str]:
    words = []
    for i in _dates(len(series)):
        last = i == len(series) - 1
        middle = 10_000 - slot * (len(series) - i) + slot // 2
        place = 'class="e" x="100%"' if last else f'class="mi" x="{_percent(middle)}"'
        words.append(f'<text {place} y="{height - 4}">{escape(series[i].label)}</text>')
    return words


def sprite(drawings: Mapping[str, str], used: Sequence[str], stripes: bool) -> str:
    """The symbols that a page uses, in one hidden SVG; with the stripes if it shows balances."""
    parts = [drawings[name] for name in used]
    if stripes:
        for name, turn in (("parang", 45), ("parang2", -45)):
            parts.append(
                f'<pattern id="{name}" width="7" height="7" patternUnits="userSpaceOnUse" '
                f'patternTransform="rotate({turn})"><rect width="7" height="7"/>'
                '<path d="M2 0v7"/></pattern>'
            )
    return f'<svg class="sprite" aria-hidden="true">{"".join(parts)}</svg>' if parts else ""
