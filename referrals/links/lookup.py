"""Links in memory, for the redirect: loaded when first asked for, dropped when something changes.

Each process reads the events and link changes past the last it saw about once a second, and drops
what they speak of; the next hit loads it anew. The hot links stay: a hit in the older half of the
memory moves its link to the younger.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from jejaring.db import beside, sql
from jejaring.logs import Log
from jejaring.settings import Settings, settings
from referrals.links.rules import (
    Goal,
    Standing,
    around_click,
    counts_from_to,
    is_code,
    page_of,
    target,
)

log = Log(__name__)
T = TypeVar("T")

# Two halves of at most this many links each, some 600 bytes a link.
HALF = 10_000
EVERY_SECONDS = 1.0
# PostgreSQL commits out of order: a row with a lower number may appear after a higher one. Rows
# are read again until their numbers are this old; the transactions that steer links are short.
OVERLAP_SECONDS = 60.0
OVERLAP_AT_START = 1_000
STEERING = (
    "campaign.launched", "campaign.started", "campaign.paused", "campaign.resumed",
    "campaign.changed", "campaign.ended", "enrolment.activated", "enrolment.rejected",
    "enrolment.ended", "product.changed", "site.verified",
)  # fmt: skip


class Owner(NamedTuple):
    """Whose link it is; shared by all links of an enrolment."""

    enrolment_id: str
    campaign_id: str
    merchant_id: str
    partner_id: str


class Entry(NamedTuple):
    """What the redirect needs of a link: the address in two halves around the click id (`…&jj=`),
    where it leads when it does not count, and the stretch of time in which it does.
    """

    link_id: str
    product_id: str | None
    owner: Owner
    before: bytes
    after: bytes
    ended: bytes
    counts_from: float
    counts_to: float

    @property
    def plain(self) -> bytes:
        """The address without a click id, for a hit that could not be stored."""
        return self.before.removesuffix(b"jj=").rstrip(b"?&") + self.after


class Card(NamedTuple):
    """What a chat shows of a link."""

    code: str
    merchant: str
    merchant_slug: str
    product: str | None
    product_slug: str | None
    price: int | None
    description: str
    image_url: str | None


@dataclass
class _Memory:
    young: dict[str, Entry] = field(default_factory=dict)
    old: dict[str, Entry] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    alike: dict[Any, Any] = field(default_factory=dict)
    chosen: Settings | None = None
    version: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    seen: set[tuple[str, int]] = field(default_factory=set)
    floors: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    reader: sqlite3.Connection | None = None
    watch: "asyncio.Task[None] | None" = None


_memory = _Memory()

# A link without a product leads to its campaign's product, if that has exactly one.
_LINK = """
SELECT l.id, p.id AS product_id, l.enrolment_id, l.campaign_id, l.merchant_id, l.partner_id,
 e.state AS enrolment_state, c.state AS campaign_state, c.launched_at, c.starts_at, c.ends_at,
 CASE WHEN l.disabled_at IS NULL AND m.suspended_at IS NULL AND a.suspended_at IS NULL
  THEN 0 ELSE 1 END AS stopped,
 m.slug AS merchant_slug, p.slug AS product_slug, p.urls
FROM link l JOIN enrolment e ON e.id = l.enrolment_id JOIN campaign c ON c.id = l.campaign_id
 JOIN organisation m ON m.id = l.merchant_id JOIN organisation a ON a.id = l.partner_id
 LEFT JOIN product p ON p.archived_at IS NULL AND p.id = COALESCE(l.product_id, (
  SELECT CASE WHEN count(*) = 1 THEN min(product_id) END FROM campaign_product
  WHERE campaign_id = l.campaign_id))
WHERE l.code = ?"""

_CARD = """
SELECT m.name AS merchant, m.slug AS merchant_slug, m.about, p.name AS product,
 p.slug AS product_slug, p.price, p.description, p.image_url
FROM link l JOIN organisation m ON m.id = l.merchant_id
 LEFT JOIN product p ON p.archived_at IS NULL AND p.id = COALESCE(l.product_id, (
  SELECT CASE WHEN count(*) = 1 THEN min(product_id) END FROM campaign_product
  WHERE campaign_id = l.campaign_id))
WHERE l.code = ?"""

_SITES = (
    "SELECT host FROM site WHERE merchant_id = ? AND verified_at IS NOT NULL "
    "ORDER BY verified_at, id"
)


async def rows(query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """SQLite: in this thread, on a connection that waits for no transaction."""
    if not sql.on_sqlite():
        return await sql.rows(query, values)
    if _memory.reader is None:
        _memory.reader = beside.sqlite_reader(_memory.chosen or settings())
    cursor = _memory.reader.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _time(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def cached(code: str) -> Entry | None:
    """The link, if it is in the younger half of the memory: the redirect's usual case."""
    return _memory.young.get(code)


async def find(code: str) -> Entry | None:
    """The link of a code, from memory or the database; None if there is none."""
    entry = _memory.young.get(code) or _memory.old.get(code)
    if entry is None:
        if not is_code(code):
            return None
        entry = await _load(code)
        if entry is None:
            return None
    if len(_memory.young) >= HALF:
        _memory.old, _memory.young = _memory.young, {}
        _memory.owners = {e.owner.enrolment_id: e.owner for e in _memory.old.values()}
        _memory.alike = {}
    _memory.young[code] = entry
    return entry


async def _load(code: str) -> Entry | None:
    """From the database; once more if something changed while it was read."""
    while True:
        version = _memory.version
        found = await rows(_LINK, [code])
        if not found:
            return None
        hosts = [row["host"] for row in await rows(_SITES, [found[0]["merchant_id"]])]
        if version == _memory.version:
            return _entry(found[0], hosts)


def _entry(row: dict[str, Any], hosts: Sequence[str]) -> Entry:
    urls = json.loads(row["urls"] or "{}")
    goal = Goal(
        base=settings().base,
        merchant=row["merchant_slug"],
        product=row["product_slug"],
        product_url=urls.get("website"),
        hosts=tuple(hosts),
    )
    before, after = around_click(target(goal))
    counts_from, counts_to = counts_from_to(
        Standing(
            campaign_state=row["campaign_state"],
            enrolment_state=row["enrolment_state"],
            stopped=bool(row["stopped"]),
            launched_at=_time(row["launched_at"]),
            starts_at=_time(row["starts_at"]),
            ends_at=_time(row["ends_at"]),
        )
    )
    given = Owner(row["enrolment_id"], row["campaign_id"], row["merchant_id"], row["partner_id"])
    owner = _memory.owners.setdefault(given.enrolment_id, given)
    ended = f"{page_of(goal)}?berakhir=1"
    return Entry(
        row["id"], _one(row["product_id"]), owner, _one(before.encode()), _one(after.encode()),
        _one(ended.encode()), _one(counts_from), _one(counts_to),
    )  # fmt: skip


def _one(value: T) -> T:
    """The same object for each equal value: the links of a product have most of theirs alike."""
    kept: T = _memory.alike.setdefault(value, value)
    return kept


async def card(code: str) -> Card | None:
    """What a chat shows of the link; read anew each time, for cards are asked for once a chat."""
    found = await rows(_CARD, [code])
    if not found:
        return None
    row = found[0]
    about = row["description"] if row["product"] else row["about"]
    return Card(
        code, row["merchant"], row["merchant_slug"], row["product"], row["product_slug"],
        row["price"], about or "", row["image_url"],
    )  # fmt: skip


async def catch_up() -> None:
    """Read what changed since the last time, and drop the links that it speaks of."""
    names = ", ".join(f"'{name}'" for name in STEERING)
    events = await rows(
        f"SELECT id, name, organisation_id, subject FROM event "  # noqa: S608 — our own list
        f"WHERE id > ? AND name IN ({names}) ORDER BY id",
        [_floor("event")],
    )
    changes = await rows(
        "SELECT seq AS id, scope AS name, subject FROM link_change WHERE seq > ? ORDER BY seq",
        [_floor("link_change")],
    )
    _note("event", events)
    _note("link_change", changes)


def _floor(table: str) -> int:
    """Past which number to read: on PostgreSQL, what was the highest a minute ago."""
    if sql.on_sqlite():
        return _memory.marks.get(table, 0)
    now = asyncio.get_running_loop().time()
    floors = _memory.floors
    while len(floors) > 1 and floors[1][0] <= now - OVERLAP_SECONDS:
        floors.pop(0)
    if not floors or floors[-1][0] < now - OVERLAP_SECONDS / 12:
        floors.append((now, dict(_memory.marks)))
    return floors[0][1].get(table, 0)


def _note(table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Drop the links of each row that was not seen before."""
    fresh = [row for row in rows if (table, row["id"]) not in _memory.seen]
    if not fresh:
        return
    _memory.marks[table] = max(_memory.marks.get(table, 0), fresh[-1]["id"])
    if not sql.on_sqlite():
        floor = _floor(table)
        kept = {one for one in _memory.seen if one[0] != table or one[1] > floor}
        _memory.seen = kept | {(table, row["id"]) for row in fresh}
    subjects = {
        row["organisation_id"] if row["name"].startswith("site.") else row["subject"]
        for row in fresh
        if not row["name"].startswith("enrolment.") or row["subject"] in _memory.owners
    }
    _drop(subjects)


def _drop(subjects: set[str]) -> None:
    """Forget every link of these links, products, enrolments, campaigns, shops or partners."""
    _memory.version += 1
    for half in (_memory.young, _memory.old):
        gone = [
            code
            for code, entry in half.items()
            if entry.link_id in subjects
            or entry.product_id in subjects
            or not subjects.isdisjoint(entry.owner)
        ]
        for code in gone:
            del half[code]


async def start(chosen: Settings) -> None:
    """Begin at the present end of the change log, and watch it. A database that is away, or not
    migrated yet, is asked again by the watch.
    """
    reset()
    _memory.chosen = chosen
    try:
        for table, column in (("event", "id"), ("link_change", "seq")):
            found = await rows(f"SELECT max({column}) AS last FROM {table}", [])  # noqa: S608 — our own names
            last = found[0]["last"] or 0
            _memory.marks[table] = last if sql.on_sqlite() else max(0, last - OVERLAP_AT_START)
    except beside.faults():
        log.exception("the change log of links could not be read yet")
    _memory.watch = asyncio.create_task(_watch())


async def _watch() -> None:
    while True:
        try:
            await catch_up()
        except beside.faults():
            log.exception("links could not be brought up to date")
        await asyncio.sleep(EVERY_SECONDS)


async def stop() -> None:
    """End the watch and close the reading connection."""
    if _memory.watch is not None:
        _memory.watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await _memory.watch
        _memory.watch = None
    if _memory.reader is not None:
        _memory.reader.close()
        _memory.reader = None


def reset() -> None:
    """Forget everything, also how far the log was read: the database is another one now."""
    _memory.version += 1
    for part in (_memory.young, _memory.old, _memory.owners, _memory.alike, _memory.marks):
        part.clear()
    _memory.seen.clear()
    _memory.floors.clear()
