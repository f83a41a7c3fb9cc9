"""The operator's summary: alerts, figures, shops with their state, the books, the system."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.figures import pieces
from dashboards.operator import check, queries, shops
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.jobs.enqueue import waiting
from jejaring.jobs.models import Beat
from jejaring.jobs.worker import WORKER_BEAT
from jejaring.kit.periods import day_of, days_back
from jejaring.members import organisations
from jejaring.web import pages, render

SHOWN = 8


async def home(request: Request, caller: Caller) -> Response:
    """Is everything in order?"""
    now = world.now()
    today = day_of(now, caller.zone)
    found = await organisations.page("merchant", limit=SHOWN)
    counts = await queries.counts()
    late, _ = await queries.open_payouts(1)
    beat = await Beat.get_or_none(name=WORKER_BEAT)
    figures = await pieces.all_shops(today.replace(day=1), today)
    context: dict[str, Any] = {
        "now": now,
        "today": today,
        "counts": counts,
        "waiting": {"payouts": counts["payouts"]} if counts["payouts"] else {},
        "active": await queries.active_partners(days_back(today, 30)[0]),
        "figures": figures,
        "rows": await shops.rows(found.organisations, today),
        "more": found.next_cursor,
        "check": await check.last(),
        "late": late[0] if late and (now - late[0].since).days >= 2 else None,
        "beat": beat.at if beat else None,
        "beat_age": int((now - beat.at).total_seconds()) if beat else None,
        "queue": await waiting(),
    }
    return render.page(request, "operator/home.html", context)


PAGES = [pages.show("/operator", home, guards.signed_in("operator", "read"))]
