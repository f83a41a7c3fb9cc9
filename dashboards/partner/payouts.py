"""Payouts to the partner: a list, and the statement of one, to be printed."""

from starlette.requests import Request
from starlette.responses import Response

from dashboards.partner import lines, queries
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web import pages, render

PAGE = 20
LINES = 200


async def listed(request: Request, caller: Caller) -> Response:
    """All payouts, newest first."""
    cursor = request.query_params.get("cursor")
    rows, following = await queries.payouts(caller.organisation_id, PAGE, cursor)
    context = {
        "payouts": rows,
        "shops": await queries.shops({one.merchant_id for one in rows}),
        "following": following,
        "cursor": cursor,
    }
    return render.page(request, "partner/payouts.html", context)


async def show(request: Request, caller: Caller) -> Response:
    """One payout: amount, account, each line, what became of it."""
    row = await queries.payout(caller.organisation_id, request.path_params["payout"])
    cursor = request.query_params.get("cursor")
    items, following = await queries.items_of(row.id, LINES, cursor)
    context = {
        "payout": row,
        "shop": (await queries.shops({row.merchant_id}))[row.merchant_id],
        "items": items,
        "named": await lines.of_items(items),
        "following": following,
        "cursor": cursor,
    }
    return render.page(request, "partner/payout.html", context)


PAGES = [
    pages.show("/partner/payouts", listed, guards.signed_in("partner")),
    pages.show("/partner/payouts/{payout}", show, guards.signed_in("partner")),
]
