"""The groups of settings with their current values; the shop's profile; sign out everywhere."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import sites
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from jejaring.identity import guards, keys, sessions
from jejaring.identity.rules import Caller, Profile
from jejaring.kit.errors import Refusal
from jejaring.kit.periods import ZONES
from jejaring.kit.text import shown_phone
from jejaring.members import organisations, teams
from jejaring.web import pages

FIELDS = ("name", "city", "about", "phone", "zone", "minimum", "limit")
_NAMES = {"/payout_minimum": "minimum", "/payout_limit": "limit"}


async def groups(request: Request, caller: Caller) -> Response:
    """Every group, with its value in the second line."""
    own = caller.organisation_id
    live, _ = await sites.page(own, 50)
    found = await keys.page(own, 50)
    context = {
        "shop": await organisations.get(own),
        "verified": [site.host for site in live if site.verified_at is not None],
        "unverified": [site.host for site in live if site.verified_at is None],
        "members": len(await teams.members(own)),
        "keys": sum(key.revoked_at is None for key in found.keys),
    }
    return await hang.page(request, "merchant/settings.html", context)


async def show(request: Request, caller: Caller) -> Response:
    """The shop's profile and its limits."""
    row = await organisations.get(caller.organisation_id)
    limit = "" if row.payout_limit is None else f"{row.payout_limit:,}".replace(",", ".")
    typed = {
        "name": row.name,
        "city": row.city,
        "about": row.about,
        "phone": shown_phone(row.phone) if row.phone else "",
        "zone": row.zone,
        "minimum": f"{row.payout_minimum:,}".replace(",", "."),
        "limit": limit,
    }
    return await _form(request, typed)


async def _form(
    request: Request, typed: dict[str, str], refusal: Refusal | None = None
) -> Response:
    context: dict[str, Any] = {"typed": typed, "zones": list(ZONES.items())}
    if refusal is not None:
        context["errors"] = forms.words(request, refusal, _NAMES)
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/profile.html", context, status)


async def save(request: Request, caller: Caller) -> Response:
    """Store the profile; what changed is on the trail."""
    typed = {name: pages.text(request, name, 600) for name in FIELDS}
    try:
        reader = Reader(request)
        minimum = reader.rupiah("minimum", required=False)
        limit = reader.rupiah("limit", required=False)
        reader.done()
        wished = Profile(
            name=typed["name"],
            city=typed["city"],
            about=typed["about"],
            phone=typed["phone"] or None,
            zone=typed["zone"],
            payout_minimum=minimum or 0,
            payout_limit=limit,
        )
        await organisations.change(caller, wished)
    except Refusal as exc:
        return await _form(request, typed, exc)
    return pages.go("/merchant/settings", "settings_saved")


async def sign_out(request: Request, caller: Caller) -> Response:
    """End every session of this person but this one."""
    await sessions.end_all(caller.user_id or "", but=request)
    return pages.go("/merchant/settings", "signed_out_elsewhere")


_EDIT, _OWNER = guards.signed_in("merchant", "edit"), guards.signed_in("merchant", "settings")
PAGES = [
    pages.show("/merchant/settings", groups, _EDIT),
    pages.show("/merchant/settings/profile", show, _OWNER),
    pages.act("/merchant/settings/profile", save, _OWNER),
    pages.act("/merchant/settings/signout", sign_out, guards.signed_in("merchant", "self")),
]
