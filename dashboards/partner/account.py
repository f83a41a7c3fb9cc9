"""Account: where to be paid, who you are, your language, the way out."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from jejaring.identity import guards
from jejaring.identity.rules import Caller, Profile
from jejaring.kit.errors import BadField, Invalid, Refusal
from jejaring.members import organisations, people, signin
from jejaring.payouts import methods
from jejaring.payouts.methods import MethodDraft
from jejaring.payouts.rails import providers
from jejaring.settings import settings
from jejaring.web import pages, render

MAX_HOLDER = 70
_BLANK = {"provider": "", "account_number": ""}
_PROFILE = ("name", "city", "about", "phone", "zone")


async def show(request: Request, caller: Caller) -> Response:
    """The payout method first, then the profile and the rest."""
    return render.page(request, "partner/account.html", await _context(caller))


async def _context(caller: Caller, **sent: dict[str, str]) -> dict[str, Any]:
    partner_id = caller.organisation_id
    held = (await methods.of([partner_id])).get(partner_id, methods.Held())
    row = await organisations.get(partner_id)
    profile = {name: getattr(row, name) or "" for name in _PROFILE}
    return {
        "held": held,
        "warnings": methods.warnings(held.newest) if held.newest else [],
        "banks": [one for one in providers.PROVIDERS.values() if one.kind == providers.BANK],
        "wallets": [one for one in providers.PROVIDERS.values() if one.kind == providers.EWALLET],
        "wait_hours": settings().method_wait_hours,
        "method": sent.get("method", _BLANK | {"account_name": row.name}),
        "profile": sent.get("profile", profile),
        "person": await people.get(caller.user_id or ""),
        "max_holder": MAX_HOLDER,
    }


async def put_method(request: Request, caller: Caller) -> Response:
    """Set or change where to be paid; the password is asked again."""
    names = ("provider", "account_number", "account_name")
    sent = {name: pages.text(request, name, 200) for name in names}
    try:
        _check_holder(sent["account_name"])
        await signin.confirm(caller.user_id or "", _password(request))
        provider = providers.PROVIDERS.get(sent["provider"])
        kind = provider.kind if provider else providers.BANK
        held = await methods.put(caller, MethodDraft(kind, **sent))
    except Refusal as exc:
        context = await _context(caller, method=sent)
        context["errors"] = forms.words(request, exc)
        return render.page(request, "partner/account.html", context, exc.status)
    if held.waiting is not None:
        at = held.waiting.effective_at.isoformat()
        return pages.go("/partner/account", "wait_method", at=at)
    return pages.go("/partner/account", "method_set")


def _check_holder(name: str) -> None:
    if not name:
        raise Invalid(fields=[BadField("/account_name", "holder_needed")])
    if len(name) > MAX_HOLDER:
        raise Invalid(fields=[BadField("/account_name", "text_long", {"max": MAX_HOLDER})])


def _password(request: Request) -> str:
    """As it was typed: spaces belong to it."""
    sent = pages.form(request).get("password")
    return sent if isinstance(sent, str) else ""


async def cancel_method(request: Request, caller: Caller) -> Response:
    """Take a waiting change back."""
    await methods.cancel(caller)
    return pages.go("/partner/account", "method_kept")


async def put_profile(request: Request, caller: Caller) -> Response:
    """Change what shops see of the partner."""
    sent = {name: pages.text(request, name, 600) for name in _PROFILE}
    before = organisations.profile(await organisations.get(caller.organisation_id))
    wished = Profile(**sent, payout_minimum=before.payout_minimum, payout_limit=before.payout_limit)
    try:
        await organisations.change(caller, wished)
    except Refusal as exc:
        context = await _context(caller, profile=sent)
        context["errors"] = forms.words(request, exc)
        return render.page(request, "partner/account.html", context, exc.status)
    return pages.go("/partner/account", "profile_saved")


async def put_language(request: Request, caller: Caller) -> Response:
    """The person's language, on this browser and in what is sent to them."""
    wished = pages.text(request, "language", 2)
    await people.speak(caller.user_id or "", wished)
    return pages.go("/partner/account", "language_saved", bahasa=wished)


_AT = "/partner/account"
PAGES = [
    pages.show(_AT, show, guards.signed_in("partner")),
    pages.act(f"{_AT}/method", put_method, guards.signed_in("partner", "settings")),
    pages.act(f"{_AT}/method/cancel", cancel_method, guards.signed_in("partner", "settings")),
    pages.act(f"{_AT}/profile", put_profile, guards.signed_in("partner", "settings")),
    pages.act(f"{_AT}/language", put_language, guards.signed_in("partner", "self")),
]
