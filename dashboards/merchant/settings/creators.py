"""Creator names: what marketplaces call this shop's partners."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.merchant import hang, queries
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.web import pages
from referrals.attribution import creators
from referrals.attribution.creators import Match
from referrals.orders.rules import MARKETPLACES

PAGE = 50
PATH = "/merchant/settings/creators"
FIELDS = ("source", "name", "partner")


async def shelf(request: Request, caller: Caller) -> Response:
    """The names that are matched, and the form."""
    return await _page(request, caller, dict.fromkeys(FIELDS, ""))


async def _page(
    request: Request, caller: Caller, typed: dict[str, str], refusal: Refusal | None = None
) -> Response:
    cursor = request.query_params.get("cursor")
    rows, after = await creators.page(caller.organisation_id, PAGE, cursor)
    context: dict[str, Any] = {
        "creators": rows,
        "names": await queries.names({handle for _, handle in rows}),
        "partners": await queries.places(caller.organisation_id, "", 200),
        "markets": MARKETPLACES,
        "typed": typed,
        "next": after,
        "cursor": cursor,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/creators.html", context, status)


async def match(request: Request, caller: Caller) -> Response:
    """Match a name to a partner."""
    typed = {name: pages.text(request, name, 100) for name in FIELDS}
    try:
        wanted = Match(**typed, actor=caller.actor)
        row, _ = await creators.match(caller.organisation_id, wanted)
    except Invalid as exc:
        return await _page(request, caller, typed, exc)
    return pages.go(PATH, "creator_matched", name=row.name)


async def forget(request: Request, caller: Caller) -> Response:
    """Take a match back."""
    await creators.forget(caller.organisation_id, request.path_params["creator_id"], caller.actor)
    return pages.go(PATH, "creator_forgotten")


_EDIT = guards.signed_in("merchant", "edit")
PAGES = [
    pages.show(PATH, shelf, _EDIT),
    pages.act(PATH, match, _EDIT),
    pages.act(PATH + "/{creator_id}/forget", forget, _EDIT),
]
