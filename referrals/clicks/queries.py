"""Clicks as they are read by those who credit sales, and whose browser it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jejaring.db import bulk, sql
from jejaring.identity import sessions
from referrals.clicks.models import Click
from referrals.clicks.rules import PERSON, PREFETCH, ClickFacts
from referrals.links import lookup

MOST = 200
_MEMBER = """
SELECT 1 AS one FROM session s JOIN membership m ON m.user_id = s.user_id
WHERE s.token_hash = ? AND m.organisation_id = ?"""


async def is_own(token: str, partner_id: str) -> bool:
    """Whether the session's user belongs to the partner. One query, for signed-in browsers only; a
    session that ran out still tells whose browser it is.
    """
    return bool(await lookup.rows(_MEMBER, [sessions.hash_of(token), partner_id]))


async def named(merchant_id: str, click_id: str) -> ClickFacts | None:
    """The click of this id on the merchant's links: a person's, or a browser's that fetched ahead
    (what was fetched is then shown without another request). None for robots, for another
    merchant's and for anything unknown.
    """
    kinds = [PERSON, PREFETCH]
    found = await Click.filter(id=click_id[:24], merchant_id=merchant_id, kind__in=kinds)
    return _facts(found)[0] if found and found[0].id == click_id else None


async def by_visitor(
    merchant_id: str, visitor: str, since: datetime, until: datetime
) -> list[ClickFacts]:
    """The visitor's clicks on the merchant's links in [since, until], newest first, at most 200."""
    found = Click.filter(
        visitor=visitor, merchant_id=merchant_id, kind=PERSON, at__gte=since, at__lte=until
    )
    return _facts(await found.order_by("-at", "-seq").limit(MOST))


def _facts(rows: Sequence[Click]) -> list[ClickFacts]:
    return [
        ClickFacts(
            id=row.id,
            at=row.at,
            enrolment_id=row.enrolment_id,
            campaign_id=row.campaign_id,
            partner_id=row.partner_id,
            product_id=row.product_id,
            via=row.via,
            visitor=row.visitor,
            own=row.own,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Shown:
    """A visitor's first click of a day on a link. `proved`: the visitor's cookie came back, with
    this click or a later one of those looked at.
    """

    at: datetime
    link_id: str
    enrolment_id: str
    product_id: str | None
    channel: str
    proved: bool


_ISSUED = 8  # letters of the millisecond: a cookie that a click gave out begins as that click's id
_SMALL = 100_000
_HOUR = timedelta(hours=1)


async def between(start: datetime, end: datetime) -> tuple[int, int]:
    """The numbers (`seq`) between which the clicks of [start, end) lie: they rise with the time,
    but for some seconds, so the first of an instant is found by halves. A small table is all.
    """
    ends = (await sql.rows("SELECT min(seq) AS low, max(seq) AS high FROM click"))[0]
    low, high = int(ends["low"] or 0), int(ends["high"] or 0)
    if high - low < _SMALL:
        return low, high
    return (
        await _first(low, high, start - _HOUR),
        await _first(low, high, end + _HOUR),
    )


async def _first(low: int, high: int, instant: datetime) -> int:
    """The first number from which on clicks are not before the instant."""
    while low < high:
        middle = (low + high) // 2
        query = "SELECT at FROM click WHERE seq >= ? ORDER BY seq LIMIT 1"
        found = bulk.instant((await sql.rows(query, [middle]))[0]["at"])
        low, high = (middle + 1, high) if found < instant else (low, middle)
    return low


async def of_campaign(
    campaign_id: str, start: datetime, end: datetime, span: tuple[int, int]
) -> list[Shown]:
    """The people's clicks of a campaign in [start, end), one per link and visitor, in the order of
    time; none of the partner's own browser. `span` is what `between` says.
    """
    rows = await sql.rows(
        "SELECT id, at, link_id, enrolment_id, product_id, via, visitor FROM click "
        "WHERE seq >= ? AND seq <= ? AND campaign_id = ? AND at >= ? AND at < ? "
        "AND kind = ? AND own = ? ORDER BY at, seq",
        [*span, campaign_id, start, end, PERSON, False],
    )
    proved = {r["visitor"] for r in rows if r["visitor"] and not _gave(r["id"], r["visitor"])}
    found: dict[tuple[str, str], Shown] = {}
    for row in rows:
        visitor = row["visitor"] or ""
        # Without a cookie nobody can say that it was the same person.
        place = (row["link_id"], visitor or row["id"])
        if place not in found:
            found[place] = Shown(
                at=bulk.instant(row["at"]),
                link_id=row["link_id"],
                enrolment_id=row["enrolment_id"],
                product_id=row["product_id"],
                channel="scan" if row["via"] == "scan" else "link",
                proved=visitor in proved,
            )
    return list(found.values())


def _gave(click_id: str, visitor: str) -> bool:
    """Whether this click gave the cookie out, so that none had come with it."""
    return click_id[:_ISSUED] == visitor[:_ISSUED]
