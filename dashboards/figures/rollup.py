"""Keep the daily figures: read clicks and events past a mark, add their sums, move the mark.

Numbers of a PostgreSQL sequence become visible out of order: a transaction may commit 5 after
another has committed 6. So the numbers that are missing below the mark are kept as holes and read
again until they appear, or until every transaction that could still fill them has ended. A writer
takes its lock on the table before it draws a number and keeps it until it ends, so `pg_locks`
knows them all. SQLite has one writer at a time: there are no holes.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.figures import rules
from dashboards.figures.models import RollupMark
from dashboards.figures.rules import MEASURES, Hit, Hole, Key, Sums
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.kit.periods import DEFAULT_ZONE

BATCH = 5_000
BATCHES_A_TURN = 20
ROWS_A_STATEMENT = 500
TELLING = (
    "sale.recorded",
    "sale.changed",
    "refund.applied",
    "credit.decided",
    "dispute.lost",
    "dispute.won",
    "commission.accrued",
    "commission.reversed",
    "commission.rejected",
    "commission.reinstated",
)
Row = dict[str, Any]
Summing = Callable[[Sequence[Row], dict[str, str]], Sums]


@dataclass(frozen=True)
class Stream:
    """A table that is read in the order of its numbers."""

    name: str
    table: str
    number: str
    columns: str
    merchant: str
    add: Summing


class _Raced(Exception):  # noqa: N818 — a way out of the transaction, not a fault
    """Another process has counted these rows."""


def _add_clicks(rows: Sequence[Row], zones: dict[str, str]) -> Sums:
    sums: Sums = {}
    hits = (
        Hit(
            r["merchant_id"], _time(r["at"]), r["campaign_id"], r["partner_id"], r["link_id"],
            r["product_id"] or "", r["kind"], r["via"], bool(r["repeat"]),
        )
        for r in rows
    )  # fmt: skip
    rules.add_clicks(sums, hits, zones)
    return sums


def _add_events(rows: Sequence[Row], zones: dict[str, str]) -> Sums:
    sums: Sums = {}
    for row in rows:
        if row["name"] in TELLING:
            data = row["data"]
            told = json.loads(data) if isinstance(data, str) else data
            merchant = row["organisation_id"]
            zone = zones.get(merchant, DEFAULT_ZONE)
            rules.add_deltas(sums, merchant, told.get("figures", []), zone)
    return sums


CLICKS = Stream(
    "clicks", "click", "seq",
    'seq, at, merchant_id, campaign_id, partner_id, link_id, product_id, kind, via, "repeat"',
    "merchant_id", _add_clicks,
)  # fmt: skip
EVENTS = Stream(
    "events", "event", "id", "id, name, organisation_id, data", "organisation_id", _add_events
)


async def run() -> None:
    """The duty: both streams, up to their ends or as far as a turn goes."""
    for stream in (CLICKS, EVENTS):
        for _ in range(BATCHES_A_TURN):
            if await step(stream) < BATCH:
                break


async def step(stream: Stream) -> int:
    """One batch: how many rows were read past the mark (0 also when another was quicker).

    The reads stand outside of the transaction, which is short: move the mark if it is where it
    was, add the sums.
    """
    mark = await _mark(stream.name)
    holes = [rules.read_hole(h) for h in mark.holes]
    oldest = await _oldest_writer(stream.table) if holes else None
    late = await _late(stream, holes)
    new = await sql.rows(
        f"SELECT {stream.columns} FROM {stream.table} "  # noqa: S608 — our own constants
        f"WHERE {stream.number} > ? ORDER BY {stream.number} LIMIT ?",
        [mark.position, BATCH],
    )
    numbers = [int(r[stream.number]) for r in new]
    left = rules.without(holes, [int(r[stream.number]) for r in late])
    if len(late) < BATCH:
        left = rules.still_open(left, oldest)
    if numbers and not sql.on_sqlite():
        left += rules.holes_between(mark.position, numbers, await _database_clock())
    if not numbers and not late and len(left) == len(holes):
        return 0
    rows = late + new
    sums = stream.add(rows, await _zones({str(r[stream.merchant]) for r in rows}))
    try:
        await transact(lambda: _count(mark, max([mark.position, *numbers]), left, sums))
    except _Raced:
        return 0
    return len(new)


async def _count(mark: RollupMark, position: int, holes: Sequence[Hole], sums: Sums) -> None:
    moved = await RollupMark.filter(name=mark.name, version=mark.version).update(
        position=position, holes=[h.stored() for h in holes], version=mark.version + 1
    )
    if not moved:
        raise _Raced
    await _add(sums)


async def _add(sums: Sums) -> None:
    """Add the sums to the stored figures, in the order of their keys."""
    columns = [*Key._fields, *MEASURES]
    grown = ", ".join(f"{m} = daily_figure.{m} + excluded.{m}" for m in MEASURES)
    query = (
        f"INSERT INTO daily_figure ({', '.join(columns)}) VALUES {{slots}} "  # noqa: S608
        f"ON CONFLICT ({', '.join(Key._fields)}) DO UPDATE SET {grown}"
    )
    ordered = sorted(sums.items())
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        part = ordered[start : start + ROWS_A_STATEMENT]
        values = [v for key, found in part for v in (*key, *(found.get(m, 0) for m in MEASURES))]
        await sql.rows(sql.fill(query, len(part), len(columns)), values)


async def _mark(name: str) -> RollupMark:
    found = await RollupMark.get_or_none(name=name)
    if found is None:
        await RollupMark.bulk_create([RollupMark(name=name)], ignore_conflicts=True)
        found = await RollupMark.get(name=name)
    return found


async def _late(stream: Stream, holes: Sequence[Hole]) -> list[Row]:
    """The rows that have appeared in holes since."""
    if not holes:
        return []
    where = " OR ".join(f"{stream.number} BETWEEN ? AND ?" for _ in holes)
    return await sql.rows(
        f"SELECT {stream.columns} FROM {stream.table} WHERE {where} "  # noqa: S608
        f"ORDER BY {stream.number} LIMIT ?",
        [*(n for hole in holes for n in (hole.first, hole.last)), BATCH],
    )


async def _zones(merchant_ids: set[str]) -> dict[str, str]:
    if not merchant_ids:
        return {}
    pairs = await Organisation.filter(id__in=list(merchant_ids)).values_list("id", "zone")
    return {str(org_id): str(zone) for org_id, zone in pairs}


async def _oldest_writer(table: str) -> float | None:
    """When the oldest open transaction that may write to the table began; None if there is none.

    A writer whose beginning we may not see counts as old as can be.
    """
    found = await sql.rows(
        "SELECT extract(epoch FROM min(coalesce(a.xact_start, to_timestamp(0))))::float8 AS oldest "
        "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.relation = "
        "to_regclass(?)::oid AND l.database = (SELECT oid FROM pg_database "
        "WHERE datname = current_database())",
        [table],
    )
    oldest = found[0]["oldest"]
    return None if oldest is None else float(oldest)


async def _database_clock() -> float:
    found = await sql.rows("SELECT extract(epoch FROM clock_timestamp())::float8 AS now")
    return float(found[0]["now"])


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
