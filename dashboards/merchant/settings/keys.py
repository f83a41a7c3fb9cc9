"""API keys: made (the secret is on the answer and never again), listed, revoked."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.merchant import hang
from jejaring.identity import guards, keys
from jejaring.identity.rules import Caller, grantable
from jejaring.kit.errors import Forbidden, Refusal
from jejaring.web import pages

PAGE = 30
PATH = "/merchant/settings/keys"


async def shelf(request: Request, caller: Caller) -> Response:
    """The keys, newest first."""
    return await _page(request, caller)


async def _page(
    request: Request,
    caller: Caller,
    refusal: Refusal | None = None,
    secret: str | None = None,
) -> Response:
    cursor = request.query_params.get("cursor")
    found = await keys.page(caller.organisation_id, PAGE, cursor)
    posted = request.method == "POST" and secret is None
    context: dict[str, Any] = {
        "keys": found.keys,
        "next": found.next_cursor,
        "cursor": cursor,
        "scopes": sorted(grantable(caller.kind, caller.role, caller.scopes)),
        "name": pages.text(request, "name", 80) if posted else "",
        "chosen": pages.form(request).getlist("scopes") if posted else [],
        "secret": secret,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/keys.html", context, status)


async def make(request: Request, caller: Caller) -> Response:
    """A new key with the chosen scopes."""
    chosen = frozenset(str(one)[:40] for one in pages.form(request).getlist("scopes"))
    try:
        _, secret = await keys.grant(caller, pages.text(request, "name", 200), chosen)
    except Refusal as exc:
        return await _page(request, caller, exc)
    return await _page(request, caller, secret=secret)


async def revoke(request: Request, caller: Caller) -> Response:
    """End a key within a second: an owner any, others those that they made."""
    row = await keys.get(caller.organisation_id, request.path_params["key_id"])
    if not caller.may("settings") and row.created_by != caller.actor:
        raise Forbidden("role_forbids")
    await keys.revoke(caller.organisation_id, row.id, caller.actor)
    return pages.go(PATH, "api_key_revoked")


_EDIT = guards.signed_in("merchant", "edit")
PAGES = [
    pages.show(PATH, shelf, _EDIT),
    pages.act(PATH, make, _EDIT),
    pages.act(PATH + "/{key_id}/revoke", revoke, _EDIT),
]
