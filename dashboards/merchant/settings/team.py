"""The team: members and their roles, invitations, password links; secrets are shown once."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.rules import ROLES, Caller
from jejaring.kit.errors import NotFound, Refusal
from jejaring.members import invitations, links, teams
from jejaring.settings import settings
from jejaring.web import pages

PAGE = 20
PATH = "/merchant/settings/team"


async def shelf(request: Request, caller: Caller) -> Response:
    """Who is in the team, and who is invited."""
    return await _page(request, caller)


async def _page(
    request: Request,
    caller: Caller,
    refusal: Refusal | None = None,
    once: dict[str, str] | None = None,
) -> Response:
    cursor = request.query_params.get("cursor")
    found = await invitations.page(caller.organisation_id, None, PAGE, cursor)
    context: dict[str, Any] = {
        "members": await teams.members(caller.organisation_id),
        "invitations": found.invitations,
        "next": found.next_cursor,
        "cursor": cursor,
        "roles": ROLES,
        "once": once,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/team.html", context, status)


async def invite(request: Request, caller: Caller) -> Response:
    """A link for one new member, on this answer only."""
    role, memo = pages.text(request, "role", 10), pages.text(request, "memo", 120)
    try:
        _, code = await teams.invite(caller, role, memo)
    except Refusal as exc:
        return await _page(request, caller, exc)
    link = f"{settings().base}/signup?as=member&code={code}"
    return await _page(request, caller, once={"kind": "member", "link": link, "name": memo})


async def change(request: Request, caller: Caller) -> Response:
    """Another role."""
    try:
        await teams.change_role(
            caller, request.path_params["user_id"], pages.text(request, "role", 10)
        )
    except Refusal as exc:
        return await _refused(request, caller, exc)
    return pages.go(PATH, "role_changed")


async def remove(request: Request, caller: Caller) -> Response:
    """Out of the team; the keys that they made are named."""
    user_id = request.path_params["user_id"]
    if user_id == caller.user_id:
        return pages.go(PATH, "no_oneself")
    try:
        made = await teams.remove(caller, user_id)
    except Refusal as exc:
        return await _refused(request, caller, exc)
    if made:
        return pages.go("/merchant/settings/keys", "wait_keys_left", n=len(made))
    return pages.go(PATH, "member_removed")


async def reset(request: Request, caller: Caller) -> Response:
    """A one-time link that sets a member's password, on this answer only."""
    user_id = request.path_params["user_id"]
    try:
        token = await links.reset(caller, user_id)
    except Refusal as exc:
        return await _refused(request, caller, exc)
    return await _page(
        request, caller, once={"kind": "reset", "link": links.url_of(token), "name": ""}
    )


async def revoke(request: Request, caller: Caller) -> Response:
    """Take back an invitation that nobody used."""
    try:
        await invitations.revoke(caller, request.path_params["invitation_id"])
    except Refusal as exc:
        return await _refused(request, caller, exc)
    return pages.go(PATH, "invitation_revoked")


async def _refused(request: Request, caller: Caller, exc: Refusal) -> Response:
    if isinstance(exc, NotFound):
        raise exc
    return await _page(request, caller, exc)


_OWNER = guards.signed_in("merchant", "members")
PAGES = [
    pages.show(PATH, shelf, _OWNER),
    pages.act(PATH, invite, _OWNER),
    pages.act(PATH + "/{user_id}/role", change, _OWNER),
    pages.act(PATH + "/{user_id}/remove", remove, _OWNER),
    pages.act(PATH + "/{user_id}/reset", reset, _OWNER),
    pages.act("/merchant/settings/invitations/{invitation_id}/revoke", revoke, _OWNER),
]
