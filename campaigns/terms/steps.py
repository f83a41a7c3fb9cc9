"""Tiers: what a line earns by how much was sold this month already."""

from collections.abc import Sequence
from dataclasses import dataclass

from jejaring.kit.money import FULL_BP, half_up


@dataclass(frozen=True)
class Step:
    """From this many rupiah sold in the month on, this rate. The first step begins at 0, each next
    one higher.
    """

    start: int
    rate_bp: int


def parts(steps: Sequence[Step], before: int, base: int) -> tuple[tuple[int, int], ...]:
    """The rupiah of `base` that fall into each step, and its rate, when `before` rupiah were sold
    already. They re-add to base; a base of 0 falls into the step that `before` has reached.
    """
    if base == 0:
        return ((0, rate_at(steps, before)),)
    found = []
    for i, step in enumerate(steps):
        end = steps[i + 1].start if i + 1 < len(steps) else before + base
        part = min(before + base, end) - max(before, step.start)
        if part > 0:
            found.append((part, step.rate_bp))
    return tuple(found)


def rate_at(steps: Sequence[Step], volume: int) -> int:
    """The rate of the highest step that a month's volume (rupiah) has reached."""
    return [step.rate_bp for step in steps if step.start <= volume][-1]


def paid(spread: Sequence[tuple[int, int]]) -> int:
    """What these parts earn: Σ part × rate / 10 000, rounded once, half up to the rupiah."""
    return half_up(sum(part * rate for part, rate in spread), FULL_BP)
