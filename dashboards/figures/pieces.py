"""Pieces of the figures for single pages: one campaign's or partner's, what partners brought, shops
side by side.
"""

from collections.abc import Sequence
from datetime import date

from dashboards.figures.queries import Figures, figures_of
from dashboards.figures.rules import MEASURES
from jejaring.db import sql

_SUMS = ", ".join(f"CAST(coalesce(sum({m}), 0) AS BIGINT) AS {m}" for m in MEASURES)
_COLUMNS = {"campaign": "campaign_id", "partner": "partner_id", "product": "product_id"}


async def one(merchant_id: str, group: str, key: str, from_: date, to: date) -> Figures:
    """The sums of one campaign, partner or product (by id) of a merchant in the range."""
    rows = await sql.rows(
        f"SELECT '' AS key, {_SUMS} FROM daily_figure WHERE merchant_id = ? "  # noqa: S608 — ours
        f"AND {_COLUMNS[group]} = ? AND day >= ? AND day <= ?",
        [merchant_id, key, from_, to],
    )
    return figures_of(rows[0])


async def credited(merchant_id: str, from_: date, to: date) -> Figures:
    """The sums of what partners brought: sales without a partner left out."""
    rows = await sql.rows(
        f"SELECT '' AS key, {_SUMS} FROM daily_figure WHERE merchant_id = ? "  # noqa: S608 — ours
        "AND partner_id <> '' AND day >= ? AND day <= ?",
        [merchant_id, from_, to],
    )
    return figures_of(rows[0])


async def credited_by_day(merchant_id: str, days: Sequence[date]) -> list[Figures]:
    """What partners brought on each given day, oldest first, zeros included."""
    if not days:
        return []
    rows = await sql.rows(
        f"SELECT day AS key, {_SUMS} FROM daily_figure WHERE merchant_id = ? "  # noqa: S608 — ours
        "AND partner_id <> '' AND day >= ? AND day <= ? GROUP BY 1",
        [merchant_id, min(days), max(days)],
    )
    known = {found.key: found for found in map(figures_of, rows)}
    return [known.get(day.isoformat(), Figures(day.isoformat())) for day in sorted(days)]


async def by_shop(merchant_ids: Sequence[str], from_: date, to: date) -> dict[str, Figures]:
    """What partners brought to each of these merchants; one without any figure is absent."""
    if not merchant_ids:
        return {}
    slots = ", ".join("?" * len(merchant_ids))
    rows = await sql.rows(
        f"SELECT merchant_id AS key, {_SUMS} FROM daily_figure "  # noqa: S608 — our constants
        f"WHERE merchant_id IN ({slots}) AND partner_id <> '' AND day >= ? AND day <= ? GROUP BY 1",
        [*merchant_ids, from_, to],
    )
    return {found.key: found for found in map(figures_of, rows)}


async def all_shops(from_: date, to: date) -> Figures:
    """What partners brought to all shops together."""
    rows = await sql.rows(
        f"SELECT '' AS key, {_SUMS} FROM daily_figure "  # noqa: S608 — our constants
        "WHERE partner_id <> '' AND day >= ? AND day <= ?",
        [from_, to],
    )
    return figures_of(rows[0])
