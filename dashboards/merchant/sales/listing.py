"""The list of sales: state chips, filters, second pages."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.lifecycle import queries as lifecycle
from dashboards.frame import forms
from dashboards.frame.rules import read_day
from dashboards.merchant import hang, queries
from dashboards.merchant.sales import rules
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import language, pages
from referrals.intake import queries as sales
from referrals.intake.api import shop_of
from referrals.intake.shapes import SaleOut, SaleQuery
from referrals.orders.rules import SOURCES, STATES

PAGE = 30
FILTERS = ("source", "order_id", "state", "campaign_id", "from", "to")


async def shelf(request: Request, caller: Caller) -> Response:
    """Sales as they came in, newest first."""
    asked = {name: request.query_params.get(name, "").strip()[:80] for name in FILTERS}
    bare = request.query_params.get("bare") == "1"
    cursor = request.query_params.get("cursor") or None
    errors: dict[str, str] = {}
    rows: list[SaleOut] = []
    after = None
    try:
        query = forms.shaped(SaleQuery, _query(asked, cursor))
        rows, after = await sales.page(shop_of(caller), query, language.pick(request), bare=bare)
    except Refusal as exc:
        errors = forms.words(request, exc)
    campaigns, _ = await lifecycle.page(caller.organisation_id, None, 100)
    context: dict[str, Any] = {
        "sales": [(row, rules.chip(row.state, [c.state for c in row.commissions])) for row in rows],
        "names": await queries.names({c.partner for row in rows for c in row.credit}),
        "asked": asked,
        "lonely": bare,
        "filtered": any(asked[n] for n in FILTERS if n != "state"),
        "next": after,
        "cursor": cursor,
        "campaigns": campaigns,
        "sources": SOURCES,
        "errors": errors,
    }
    return await hang.page(request, "merchant/sales.html", context, 422 if errors else 200)


def _query(asked: dict[str, str], cursor: str | None) -> dict[str, Any]:
    """The filters as the API takes them; what is not on offer asks for nothing."""
    query: dict[str, Any] = {"limit": PAGE, "cursor": cursor}
    query |= {n: asked[n] for n in ("order_id", "campaign_id") if asked[n]}
    if asked["source"] in SOURCES:
        query["source"] = asked["source"]
    if asked["state"] in STATES:
        query["state"] = asked["state"]
    for name in ("from", "to"):
        day = read_day(asked[name])
        if day is not None:
            query[name] = day.isoformat()
    return query


PAGES = [pages.show("/merchant/sales", shelf, guards.signed_in("merchant", "read"))]
