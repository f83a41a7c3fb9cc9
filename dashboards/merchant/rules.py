"""Small questions of the shop's pages: the time of day, a change in percent, what differs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from jejaring.kit.money import FULL_BP, half_up


def part_of_day(hour: int) -> str:
    """`pagi` from 4, `siang` from 11, `sore` from 15, `malam` from 18 o'clock."""
    for start, name in ((18, "malam"), (15, "sore"), (11, "siang"), (4, "pagi")):
        if hour >= start:
            return name
    return "malam"


def change(before: int, now: int) -> int | None:
    """The change from before to now in whole percent, half away from zero; None from 0."""
    if before <= 0:
        return None
    size = half_up(abs(now - before) * 100, before)
    return size if now >= before else -size


def share_bp(part: int, whole: int) -> int | None:
    """part of whole in basis points, to the tenth of a percent, half up; None of nothing."""
    if whole <= 0 or part < 0:
        return None
    return half_up(part * FULL_BP, whole * 10) * 10


@dataclass(frozen=True)
class Changed:
    """A partner whose payout differs between two previews; None where there is none."""

    name: str
    before: int | None
    now: int | None


def changed(
    before: Mapping[str, tuple[str, int]], now: Mapping[str, tuple[str, int]]
) -> list[Changed]:
    """The partners whose net differs, came or went, by name; given as (name, net) by handle."""
    found = []
    for handle in before.keys() | now.keys():
        was, is_ = before.get(handle), now.get(handle)
        if was is None or is_ is None or was[1] != is_[1]:
            name = (is_ or was or (handle, 0))[0]
            found.append(Changed(name, was and was[1], is_ and is_[1]))
    return sorted(found, key=lambda one: one.name)
