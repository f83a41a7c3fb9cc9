"""Signing in, out and up; a one-time link that sets a password."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboards.frame import forms, nav
from jejaring.identity import guards, sessions
from jejaring.identity.models import Membership, Organisation, User
from jejaring.identity.rules import Caller, NewOrganisation, Person, safe_next
from jejaring.kit.errors import Refusal
from jejaring.members import links, signin, signup
from jejaring.settings import settings
from jejaring.web import address, language, pages, render

KINDS = ("partner", "shop", "member")


async def show_signin(request: Request, caller: Caller | None) -> Response:
    """Two fields and a button."""
    if caller is not None:
        return RedirectResponse(_after(request, caller.kind), 303)
    return render.page(request, "signin.html", {"login": "", "next": _wanted(request)})


def _wanted(request: Request) -> str:
    return safe_next(request.query_params.get("next", ""), "")


def _after(request: Request, kind: str) -> str:
    return _wanted(request) or nav.home(kind)


async def do_signin(request: Request, _: object) -> Response:
    """Check, begin a session, go where they wanted to go."""
    login = pages.text(request, "login", 254)
    try:
        user = await signin.check(login, _password(request), address.client(request))
    except Refusal as exc:
        words = forms.words(request, exc)
        context = {"login": login, "next": _wanted(request), "errors": {"password": words[""]}}
        page = render.page(request, "signin.html", context, exc.status)
        page.headers.update(exc.headers)
        return page
    return await _begin(request, user, _wanted(request))


def _password(request: Request) -> str:
    """As it was typed: spaces belong to it."""
    sent = pages.form(request).get("password")
    return sent if isinstance(sent, str) else ""


async def _begin(request: Request, user: User, path: str = "", flash: str = "") -> Response:
    member = (
        await Membership.filter(user_id=user.id, organisation__suspended_at=None)
        .order_by("created_at", "id")
        .select_related("organisation")
        .first()
    )
    home = nav.home(member.organisation.kind) if member else "/"
    reply = pages.go(path or home, flash or None)
    await sessions.begin(request, reply, user.id)
    return reply


async def do_signout(request: Request, _: object) -> Response:
    """End this browser's session."""
    reply = pages.go("/", "signed_out")
    await sessions.close(request, reply)
    return reply


async def show_signup(request: Request, caller: Caller | None) -> Response:
    """The form of a partner, a shop, or a team's new member."""
    kind = request.query_params.get("as", "partner")
    values = {"code": request.query_params.get("code", "")[:80]}
    return render.page(request, "signup.html", _signup(kind, values))


def _signup(kind: str, values: dict[str, str]) -> dict[str, object]:
    names = ("name", "phone", "email", "shop_name", "city", "code")
    return {
        "kind": kind if kind in KINDS else "partner",
        "form": {name: values.get(name, "") for name in names},
        "by_invitation": settings().signup == "invite",
    }


async def do_signup(request: Request, _: object) -> Response:
    """Make the account, begin a session, go home."""
    kind = pages.text(request, "kind", 10)
    names = ("name", "phone", "email", "shop_name", "city", "code")
    values = {name: pages.text(request, name, 300) for name in names}
    try:
        await signup.admit(address.client(request))
        user, organisation = await _make(request, kind, values)
    except Refusal as exc:
        context = _signup(kind, values)
        context["errors"] = forms.words(request, exc, _NAMES)
        return render.page(request, "signup.html", context, exc.status)
    reply = pages.go(nav.home(organisation.kind), "welcome", name=user.name)
    await sessions.begin(request, reply, user.id, organisation.id)
    return reply


_NAMES = {
    "/shop/name": "shop_name",
    "/shop/city": "city",
    "/shop/slug": "shop_name",
    "/shop/phone": "phone",
    "/handle": "name",
    "/invitation": "code",
}


async def _make(request: Request, kind: str, values: dict[str, str]) -> tuple[User, Organisation]:
    person = person_of(request, values)
    code = values["code"] or None
    if kind == "shop":
        shop = NewOrganisation(values["shop_name"], values["city"], phone=values["phone"] or None)
        return await signup.open_shop(person, shop, code)
    if kind == "member":
        return await signup.join_team(person, values["code"])
    return await signup.become_partner(person, None, code)


def person_of(request: Request, values: dict[str, str]) -> Person:
    """The person of a sign-up form."""
    return Person(
        values["name"],
        values["email"] or None,
        values["phone"] or None,
        _password(request),
        language.pick(request),
    )


async def show_reset(request: Request, _: object) -> Response:
    """A new password, once; NotFound for a link that is over."""
    user = await links.look(request.path_params["token"])
    return render.page(request, "reset.html", {"user": user})


async def do_reset(request: Request, _: object) -> Response:
    """Set it and sign in."""
    token = request.path_params["token"]
    user = await links.look(token)
    try:
        user = await links.redeem(token, _password(request))
    except Refusal as exc:
        context = {"user": user, "errors": forms.words(request, exc)}
        return render.page(request, "reset.html", context, exc.status)
    return await _begin(request, user, flash="password_set")


PAGES = [
    pages.show("/signin", show_signin, guards.everybody),
    pages.act("/signin", do_signin, guards.everybody),
    pages.act("/signout", do_signout, guards.everybody),
    pages.show("/signup", show_signup, guards.everybody),
    pages.act("/signup", do_signup, guards.everybody),
    pages.show("/reset/{token}", show_reset, guards.everybody),
    pages.act("/reset/{token}", do_reset, guards.everybody),
    pages.show("/welcome/{token}", show_reset, guards.everybody),
    pages.act("/welcome/{token}", do_reset, guards.everybody),
]
