"""Figures as pages and machines ask for them: summed over a range, by one group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.figures.rules import MEASURES
from jejaring.db import sql

GROUPS = {
    "day": "day",
    "link": "link_id",
    "campaign": "campaign_id",
    "partner": "partner_id",
    "channel": "channel",
    "product": "product_id",
}
_SIDES = {"merchant": "merchant_id", "partner": "partner_id"}
_SUMS = ", ".join(f"CAST(coalesce(sum({m}), 0) AS BIGINT) AS {m}" for m in MEASURES)


@dataclass(frozen=True)
class Figures:
    """One group's sums; `key` is a day (ISO), an id, a partner's handle or a channel."""

    key: str
    people: int = 0
    visits: int = 0
    scans: int = 0
    previews: int = 0
    prefetches: int = 0
    bots: int = 0
    sales: int = 0
    sales_amount: int = 0
    commission: int = 0


@dataclass(frozen=True)
class Stats:
    """The groups, most people first, and the sums over all of them, shown or not."""

    data: list[Figures]
    totals: Figures


async def stats(
    side: str, organisation_id: str, group: str, from_: date, to: date, limit: int = 200
) -> Stats:
    """Sums of this side's own figures from_…to (days, both included), by group.

    `side` is merchant, partner, or operator (all shops). For group `partner` the key is the handle.
    At most `limit` groups, most people first, then most sold; KeyError for an unknown group.
    """
    column = GROUPS[group]
    where, values = _where(side, organisation_id, from_, to)
    source, key = "daily_figure f", f"f.{column}"
    if group == "partner":
        source += " LEFT JOIN organisation o ON o.id = f.partner_id"
        key = "coalesce(o.slug, '')"
    found = await sql.rows(
        f"SELECT {key} AS key, {_SUMS} FROM {source} WHERE {where} "  # noqa: S608 — our constants
        "GROUP BY 1 ORDER BY people DESC, sales_amount DESC, 1 LIMIT ?",
        [*values, limit],
    )
    return Stats([figures_of(row) for row in found], await totals(side, organisation_id, from_, to))


async def totals(side: str, organisation_id: str, from_: date, to: date) -> Figures:
    """Sums over everything of this side in the range."""
    where, values = _where(side, organisation_id, from_, to)
    found = await sql.rows(
        f"SELECT '' AS key, {_SUMS} FROM daily_figure f WHERE {where}",  # noqa: S608
        values,
    )
    return figures_of(found[0])


async def by_day(
    side: str, organisation_id: str, days: Sequence[date], *, link_id: str | None = None
) -> list[Figures]:
    """One row per given day, oldest first, zeros included: what a chart needs."""
    if not days:
        return []
    where, values = _where(side, organisation_id, min(days), max(days))
    if link_id is not None:
        where, values = f"{where} AND f.link_id = ?", [*values, link_id]
    found = await sql.rows(
        f"SELECT f.day AS key, {_SUMS} FROM daily_figure f WHERE {where} GROUP BY 1",  # noqa: S608
        values,
    )
    known = {f.key: f for f in map(figures_of, found)}
    return [known.get(day.isoformat(), Figures(day.isoformat())) for day in sorted(days)]


def _where(side: str, organisation_id: str, from_: date, to: date) -> tuple[str, list[Any]]:
    if side == "operator":
        return "f.day >= ? AND f.day <= ?", [from_, to]
    return f"f.{_SIDES[side]} = ? AND f.day >= ? AND f.day <= ?", [organisation_id, from_, to]


def figures_of(row: dict[str, Any]) -> Figures:
    """A row of sums with its key."""
    key = row["key"]
    shown = key.isoformat() if isinstance(key, date) else str(key)
    return Figures(shown, *(int(row[m]) for m in MEASURES))
