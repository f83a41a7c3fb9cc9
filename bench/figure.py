"""One measured figure, and the table that they make."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` beside its `anchor` (both in `unit`), their `ratio`, and what it must be.

    With `at_most` the ratio must not be larger than `must`, else not smaller. A figure without an
    anchor has `ratio` = value.
    """

    name: str
    value: float
    unit: str
    anchor: float | None
    ratio: float
    must: float
    at_most: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.must if self.at_most else self.ratio >= self.must


def beside(name: str, value: float, anchor: float, must: float, unit: str = "/s") -> Figure:
    """A figure that should be a large part of its anchor."""
    return Figure(name, value, unit, anchor, value / anchor, must)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| what | measured | anchor | ratio | must | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for f in figures:
        anchor = "–" if f.anchor is None else f"{f.anchor:,.0f} {f.unit}"
        ratio = f"{f.ratio:.2f}" + ("×" if f.anchor is not None else f" {f.unit}")
        must = f"{'≤' if f.at_most else '≥'} {f.must:g}" + ("×" if f.anchor is not None else "")
        mark = ("met" if f.is_met else "**short**") + (f"; {f.note}" if f.note else "")
        value = f"{f.value:,.1f}" if f.value < 100 else f"{f.value:,.0f}"
        lines.append(f"| {f.name} | {value} {f.unit} | {anchor} | {ratio} | {must} | {mark} |")
    return "\n".join(lines)
