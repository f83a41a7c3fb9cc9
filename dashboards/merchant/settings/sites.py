"""The shop's sites: added, and proved by a record or a file."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import sites
from campaigns.catalog.shapes import site_out
from dashboards.frame import forms
from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, Refusal
from jejaring.web import pages

PAGE = 50
PATH = "/merchant/settings/sites"


async def shelf(request: Request, caller: Caller) -> Response:
    """The sites with their steps."""
    return await _page(request, caller)


async def _page(request: Request, caller: Caller, refusal: Refusal | None = None) -> Response:
    cursor = request.query_params.get("cursor")
    rows, after = await sites.page(caller.organisation_id, PAGE, cursor)
    context: dict[str, Any] = {
        "sites": [site_out(row) for row in rows],
        "typed": pages.text(request, "host", 253) if request.method == "POST" else "",
        "next": after,
        "cursor": cursor,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/sites.html", context, status)


async def add(request: Request, caller: Caller) -> Response:
    """Add a host."""
    try:
        row, _ = await sites.add(caller, pages.text(request, "host", 253))
    except Conflict as exc:
        return await _page(request, caller, Invalid.at("/host", exc.code, **exc.values))
    except Invalid as exc:
        return await _page(request, caller, exc)
    return pages.go(PATH, "site_added", host=row.host)


async def verify(request: Request, caller: Caller) -> Response:
    """Look for the proof now."""
    try:
        row = await sites.verify(caller, request.path_params["site_id"])
    except Conflict as exc:
        return await _page(request, caller, exc)
    return pages.go(PATH, "site_verified", host=row.host)


_EDIT = guards.signed_in("merchant", "edit")
PAGES = [
    pages.show(PATH, shelf, _EDIT),
    pages.act(PATH, add, _EDIT),
    pages.act(PATH + "/{site_id}/verify", verify, _EDIT),
]
