"""API keys of the partner: made (the secret is shown once), listed, revoked; for owners."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from jejaring import world
from jejaring.identity import guards, keys
from jejaring.identity.rules import SCOPES, Caller, grantable
from jejaring.kit.errors import Refusal
from jejaring.web import pages, render

PAGE = 20


async def show(request: Request, caller: Caller) -> Response:
    """The keys, newest first, and the form of a new one."""
    context = await _context(request, caller, {"name": "", "scopes": ()})
    return render.page(request, "partner/keys.html", context)


async def _context(request: Request, caller: Caller, sent: dict[str, Any]) -> dict[str, Any]:
    cursor = request.query_params.get("cursor")
    found = await keys.page(caller.organisation_id, PAGE, cursor)
    offered = grantable(caller.kind, caller.role, caller.scopes)
    return {
        "keys": found.keys,
        "following": found.next_cursor,
        "cursor": cursor,
        "scopes": [scope for scope in sorted(SCOPES["partner"]) if scope in offered],
        "sent": sent,
        "secret": None,
        "now": world.now(),
    }


async def make(request: Request, caller: Caller) -> Response:
    """Make a key. Its secret is in this one reply only, which nobody keeps."""
    form = pages.form(request)
    chosen = [one for one in form.getlist("scopes") if isinstance(one, str)]
    name = pages.text(request, "name", 200)
    sent = {"name": name, "scopes": tuple(chosen)}
    try:
        made, secret = await keys.grant(caller, name, frozenset(chosen))
    except Refusal as exc:
        context = await _context(request, caller, sent)
        context["errors"] = forms.words(request, exc)
        return render.page(request, "partner/keys.html", context, exc.status)
    context = await _context(request, caller, {"name": "", "scopes": ()})
    context |= {"secret": secret, "made": made}
    page = render.page(request, "partner/keys.html", context, 201)
    page.headers["Cache-Control"] = "no-store"
    return page


async def revoke(request: Request, caller: Caller) -> Response:
    """End a key in every process within a second."""
    await keys.revoke(caller.organisation_id, request.path_params["key"], caller.actor)
    return pages.go("/partner/account/keys", "key_revoked")


_AT = "/partner/account/keys"
PAGES = [
    pages.show(_AT, show, guards.signed_in("partner", "settings")),
    pages.act(_AT, make, guards.signed_in("partner", "settings")),
    pages.act(f"{_AT}/{{key}}/revoke", revoke, guards.signed_in("partner", "settings")),
]
