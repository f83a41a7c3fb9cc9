"""The figures against what they were summed from: clicks still kept, and what events told."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from dashboards.figures import rules
from dashboards.figures.models import RollupMark
from dashboards.figures.rollup import BATCH, TELLING
from jejaring.db import sql
from jejaring.kit.periods import ZONES, day_of, day_start
from jejaring.ledger.rules import Difference

ROOM = "figures"


async def audit() -> list[Difference]:
    """Per merchant: people of the days whose clicks are all still kept; sales, volume and
    commission of all days by what was told; and commission by the books. What the worker has not
    read yet is left out on both sides.
    """
    marks = {m.name: m for m in await RollupMark.all()}
    found: list[Difference] = []
    if "clicks" in marks:
        found += await _clicks(marks["clicks"])
    if "events" in marks:
        found += await _events(marks["events"])
    return found


async def _clicks(mark: RollupMark) -> list[Difference]:
    first = (await sql.rows("SELECT min(at) AS at FROM click"))[0]["at"]
    if first is None:
        return []
    began = first if isinstance(first, datetime) else datetime.fromisoformat(str(first))
    oldest = (await sql.rows("SELECT min(day) AS day FROM daily_figure WHERE people > 0"))[0]["day"]
    told = date.fromisoformat(str(oldest)) if oldest is not None else None
    missing, values = _outside("c.seq", mark)
    differences = []
    for zone in ZONES:
        # Figures older than every click: clicks were pruned, the first day perhaps in part.
        first_day = day_of(began, zone)
        pruned = told is not None and told < first_day - timedelta(days=1)
        day = first_day + timedelta(days=1 if pruned else 0)
        expected = await sql.rows(
            "SELECT c.merchant_id AS merchant, count(*) AS n FROM click c "  # noqa: S608 — ours
            "JOIN organisation o ON o.id = c.merchant_id WHERE o.zone = ? AND c.kind = 'person' "
            f"AND c.at >= ? AND c.seq <= ?{missing} GROUP BY 1",
            [zone, day_start(day, zone), mark.position, *values],
        )
        kept = await sql.rows(
            "SELECT f.merchant_id AS merchant, CAST(sum(f.people) AS BIGINT) AS n "
            "FROM daily_figure f JOIN organisation o ON o.id = f.merchant_id "
            "WHERE o.zone = ? AND f.day >= ? GROUP BY 1",
            [zone, day],
        )
        differences += _compare(
            "people",
            {r["merchant"]: int(r["n"]) for r in expected},
            {r["merchant"]: int(r["n"]) for r in kept},
        )
    return differences


def _outside(number: str, mark: RollupMark) -> tuple[str, list[int]]:
    holes = [rules.read_hole(h) for h in mark.holes]
    clause = "".join(f" AND NOT ({number} BETWEEN ? AND ?)" for _ in holes)
    return clause, [n for hole in holes for n in (hole.first, hole.last)]


async def _events(mark: RollupMark) -> list[Difference]:
    missing, values = _outside("id", mark)
    read = await _told(f"id <= ?{missing}", [mark.position, *values])
    sums = ", ".join(f"CAST(sum({m}) AS BIGINT) AS {m}" for m in rules.SUMS)
    rows = await sql.rows(f"SELECT merchant_id, {sums} FROM daily_figure GROUP BY 1")  # noqa: S608
    kept = {m: {r["merchant_id"]: int(r[m]) for r in rows} for m in rules.SUMS}
    found = [one for m in rules.SUMS for one in _compare(m, read[m], kept[m])]
    return [*found, *await _books(mark, kept["commission"])]


async def _books(mark: RollupMark, kept: dict[str, int]) -> list[Difference]:
    """Commission of all days against the commissions on the books, less what is not read yet."""
    inside = " OR ".join(["id > ?", *("id BETWEEN ? AND ?" for _ in mark.holes)])
    edges = [n for hole in mark.holes for n in rules.read_hole(hole).stored()[:2]]
    waiting = await _told(f"({inside})", [mark.position, *edges])
    rows = await sql.rows(
        "SELECT merchant_id, CAST(sum(amount - reversed) AS BIGINT) AS n FROM commission "
        "WHERE state IN ('pending', 'held', 'payable') GROUP BY 1"
    )
    expected: dict[str, int] = defaultdict(int, {r["merchant_id"]: int(r["n"]) for r in rows})
    for merchant, amount in waiting["commission"].items():
        expected[merchant] -= amount
    return _compare("commission on the books", expected, kept)


async def _told(where: str, values: list[Any]) -> dict[str, dict[str, int]]:
    """What the events of these numbers tell to add, by measure and merchant."""
    found: dict[str, dict[str, int]] = {m: defaultdict(int) for m in rules.SUMS}
    position = 0
    names = ", ".join(f"'{name}'" for name in TELLING)
    while True:
        rows = await sql.rows(
            "SELECT id, organisation_id, data FROM event "  # noqa: S608 — our constants
            f"WHERE name IN ({names}) AND id > ? AND {where} ORDER BY id LIMIT ?",
            [position, *values, BATCH],
        )
        for row in rows:
            data = json.loads(row["data"]) if isinstance(row["data"], str) else row["data"]
            for delta in data.get("figures", []):
                for measure in rules.SUMS:
                    found[measure][row["organisation_id"]] += int(delta.get(measure) or 0)
        if len(rows) < BATCH:
            return found
        position = rows[-1]["id"]


def _compare(what: str, expected: dict[str, int], found: dict[str, int]) -> list[Difference]:
    return [
        Difference(ROOM, what, merchant, expected.get(merchant, 0), found.get(merchant, 0))
        for merchant in sorted({*expected, *found})
        if expected.get(merchant, 0) != found.get(merchant, 0)
    ]
