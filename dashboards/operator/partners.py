"""Partners over all shops: found, suspended, helped with a password; never their accounts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.operator import queries
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import NotFound
from jejaring.members import links, organisations, teams
from jejaring.payouts import queries as payouts
from jejaring.web import pages, render

PAGE = 30
PATH = "/operator/partners"


async def shelf(request: Request, caller: Caller) -> Response:
    """Partners, newest first, by name or handle."""
    words = request.query_params.get("q", "").strip()[:60]
    cursor = request.query_params.get("cursor")
    found = await organisations.page("partner", words, limit=PAGE, cursor=cursor)
    ids = [org.id for org in found.organisations]
    context = {
        "partners": found.organisations,
        "shops": await queries.shops_of(ids),
        "methods": await queries.with_method(ids),
        "q": words,
        "next": found.next_cursor,
        "cursor": cursor,
    }
    return render.page(request, "operator/partners.html", context)


async def _partner(request: Request) -> Organisation:
    row = await organisations.get(request.path_params["partner_id"])
    if row.kind != "partner":
        raise NotFound
    return row


async def one(request: Request, caller: Caller) -> Response:
    """A partner with what each shop owes them."""
    return await _page(request, await _partner(request))


async def _page(request: Request, row: Organisation, reset: str | None = None) -> Response:
    balances, _ = await payouts.balances(None, row.id, limit=50)
    context: dict[str, Any] = {
        "partner": row,
        "balances": balances,
        "members": await teams.members(row.id),
        "has_method": row.id in await queries.with_method([row.id]),
        "reset": reset,
    }
    return render.page(request, "operator/partner.html", context)


async def decide(request: Request, caller: Caller) -> Response:
    """Suspend, or end a suspension."""
    row = await _partner(request)
    step = pages.text(request, "step", 12)
    verbs = {"suspend": organisations.suspend, "unsuspend": organisations.unsuspend}
    if step in verbs:
        await verbs[step](caller, row.id)
    flash = {"suspend": "wait_suspended", "unsuspend": "unsuspended"}
    return pages.go(f"{PATH}/{row.id}", flash.get(step), name=row.name)


async def reset(request: Request, caller: Caller) -> Response:
    """A password link for a person of the partner, on this answer only."""
    row = await _partner(request)
    user_id = pages.text(request, "user", 40)
    if user_id not in {member.user_id for member in await teams.members(row.id)}:
        raise NotFound
    return await _page(request, row, links.url_of(await links.reset(caller, user_id)))


_READ, _EDIT = guards.signed_in("operator", "read"), guards.signed_in("operator", "edit")
PAGES = [
    pages.show(PATH, shelf, _READ),
    pages.show(PATH + "/{partner_id}", one, _READ),
    pages.act(PATH + "/{partner_id}", decide, _EDIT),
    pages.act(PATH + "/{partner_id}/reset", reset, guards.signed_in("operator", "members")),
]
