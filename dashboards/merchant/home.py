"""The shop's home: figures of 30 days, what waits, the chart, the best partners, what runs."""

from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.content import queries as content
from campaigns.enrolments import show
from campaigns.lifecycle import queries as lifecycle
from dashboards.figures import pieces
from dashboards.figures import queries as figures
from dashboards.figures.queries import Figures
from dashboards.merchant import hang, queries, rules
from dashboards.merchant.queries import Waiting
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.periods import day_of, days_back, local
from jejaring.ledger import journal
from jejaring.payouts import queries as payouts
from jejaring.web import pages
from referrals.review import queries as review

DAYS = 30
RUNNING = 3
BEST = 5


async def home(request: Request, caller: Caller) -> Response:
    """How it is going and what waits; the first run shows three steps instead."""
    merchant_id = caller.organisation_id
    waiting = await queries.waiting(merchant_id)
    now = world.now()
    if not waiting.launched:
        context = {
            "part": rules.part_of_day(local(now, caller.zone).hour),
            "products": waiting.products,
            "draft": await _first_draft(merchant_id),
        }
        return await hang.page(request, "merchant/first.html", context)
    today = day_of(now, caller.zone)
    running, _ = await lifecycle.page(merchant_id, "live", RUNNING)
    best, _ = await queries.partners(merchant_id, (today.replace(day=1), today), BEST)
    context = {
        "part": rules.part_of_day(local(now, caller.zone).hour),
        "best": [row for row in best if row.amount],
        "running": await show.campaigns(running, caller.zone),
        "todos": await _todos(merchant_id, waiting),
        **await _figures(merchant_id, today),
    }
    return await hang.page(request, "merchant/home.html", context)


async def _first_draft(merchant_id: str) -> str | None:
    drafts, _ = await lifecycle.page(merchant_id, "draft", 1)
    return drafts[0].id if drafts else None


async def _figures(merchant_id: str, today: date) -> dict[str, Any]:
    days = days_back(today, DAYS)
    before = days[0] - timedelta(days=1)
    series = await pieces.credited_by_day(merchant_id, days)
    best: Figures = max(series, key=lambda f: f.sales_amount)
    credited = await pieces.credited(merchant_id, days[0], today)
    earlier = await pieces.credited(merchant_id, before - timedelta(days=DAYS - 1), before)
    return {
        "credited": credited,
        "all": await figures.totals("merchant", merchant_id, days[0], today),
        "series": [(date.fromisoformat(f.key), f.sales_amount) for f in series],
        "top": (date.fromisoformat(best.key), best.sales_amount) if best.sales_amount else None,
        "change": rules.change(earlier.sales_amount, credited.sales_amount),
        "cost": rules.share_bp(credited.commission, credited.sales_amount),
        "converted": rules.share_bp(credited.sales, credited.people),
    }


async def _todos(merchant_id: str, waiting: Waiting) -> list[dict[str, Any]]:
    """What waits, the most pressing first; worded by the template."""
    found: list[dict[str, Any]] = []
    if waiting.preview is not None:
        totals = payouts.totals(waiting.preview)
        if totals.net:
            found.append({"kind": "approve", "run": waiting.preview.id, "amount": totals.net})
    if waiting.requests:
        oldest: datetime | None = waiting.oldest
        found.append({"kind": "requests", "n": waiting.requests, "since": oldest})
    posts = (await content.counts(merchant_id))["waiting"]
    if posts:
        found.append({"kind": "posts", "n": posts})
    cases = await review.waiting(merchant_id)
    if cases:
        found.append({"kind": "review", "n": cases})
    payable = (await journal.standing(merchant_id))["payable"]
    if payable and waiting.preview is None:
        found.append({"kind": "prepare", "amount": payable})
    if waiting.drafts:
        found.append({"kind": "drafts", "n": waiting.drafts})
    return found


PAGES = [pages.show("/merchant", home, guards.signed_in("merchant", "read"))]
