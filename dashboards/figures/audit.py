"""The figures against what they were summed from: clicks still kept, and what events told."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta

from dashboards.figures import rules
from dashboards.figures.models import RollupMark
from dashboards.figures.rollup import BATCH, TELLING
from jejaring.db import sql
from jejaring.kit.periods import ZONES, day_of, day_start
from jejaring.ledger.rules import Difference

ROOM = "figures"


async def audit() -> list[Difference]:
    """Per merchant: people of the days whose clicks are all still kept, and sales, volume and
    commission of all days. What the worker has not read yet is left out on both sides.
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
    expected: dict[str, dict[str, int]] = {m: defaultdict(int) for m in rules.SUMS}
    missing, values = _outside("id", mark)
    position = 0
    names = ", ".join(f"'{name}'" for name in TELLING)
    while True:
        rows = await sql.rows(
            "SELECT id, organisation_id, data FROM event "  # noqa: S608 — our constants
            f"WHERE name IN ({names}) AND id > ? AND id <= ?{missing} ORDER BY id LIMIT ?",
            [position, mark.position, *values, BATCH],
        )
        for row in rows:
            data = json.loads(row["data"]) if isinstance(row["data"], str) else row["data"]
            for delta in data.get("figures", []):
                for measure in rules.SUMS:
                    expected[measure][row["organisation_id"]] += int(delta.get(measure) or 0)
        if len(rows) < BATCH:
            break
        position = rows[-1]["id"]
    sums = ", ".join(f"CAST(sum({m}) AS BIGINT) AS {m}" for m in rules.SUMS)
    kept = await sql.rows(f"SELECT merchant_id, {sums} FROM daily_figure GROUP BY 1")  # noqa: S608
    return [
        difference
        for measure in rules.SUMS
        for difference in _compare(
            measure, expected[measure], {r["merchant_id"]: int(r[measure]) for r in kept}
        )
    ]


def _compare(what: str, expected: dict[str, int], found: dict[str, int]) -> list[Difference]:
    return [
        Difference(ROOM, what, merchant, expected.get(merchant, 0), found.get(merchant, 0))
        for merchant in sorted({*expected, *found})
        if expected.get(merchant, 0) != found.get(merchant, 0)
    ]
