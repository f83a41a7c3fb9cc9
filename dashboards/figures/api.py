"""`GET /v1/stats`: an organisation's own figures, at most 5 seconds behind."""

from dataclasses import asdict

from dashboards.figures import queries, rules
from dashboards.figures.shapes import Row, StatsOut, StatsQuery, Sums
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid
from jejaring.kit.periods import day_of
from jejaring.web import api


async def stats(caller: Caller, query: StatsQuery) -> StatsOut:
    """Clicks, sales and commissions by day, link, campaign, partner, channel or product.

    People are hits of kind person, clicks and scans; visits are the same less a visitor's repeats
    within 30 minutes. Days are the merchant's calendar days.
    """
    to = query.to or day_of(world.now(), caller.zone)
    start = query.from_ or rules.default_range(to)[0]
    if start > to:
        raise Invalid.at("/from", "from_after_to")
    found = await queries.stats(
        caller.kind, caller.organisation_id, query.group, start, to, query.limit
    )
    totals = {k: v for k, v in asdict(found.totals).items() if k != "key"}
    return StatsOut(data=[Row(**asdict(f)) for f in found.data], totals=Sums(**totals))


ENDPOINTS = [api.get("/v1/stats", stats, guards.both("stats"))]
