"""One rule: choose what it pays by, then its fields."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.catalog import products
from campaigns.catalog.products import Sieve
from campaigns.enrolments import naming
from campaigns.lifecycle import queries
from campaigns.lifecycle.models import Campaign
from campaigns.terms.rules import CHANNELS, EVENT_KINDS, ROLES, TIERS
from campaigns.terms.shapes import TermsIn, parse
from dashboards.frame import forms
from dashboards.merchant import hang
from dashboards.merchant.terms import rules, writing, written
from dashboards.merchant.terms.writing import Writing
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Invalid, NotFound, Refusal
from jejaring.web import pages

SHOWN_PRODUCTS = 150
MORE_STEPS = 2


async def kinds(request: Request, caller: Caller) -> Response:
    """What a rule can pay by."""
    now = await writing.of(request, caller)
    full = len(now.typed.rules) >= rules.MAX_RULES
    return await hang.page(request, "merchant/rule_kinds.html", {"now": now, "full": full})


async def new(request: Request, caller: Caller) -> Response:
    """A new rule's empty fields (`?kind=`, a percentage without); its key is made here, so that a
    form sent twice is one rule.
    """
    now = await writing.of(request, caller)
    wanted = request.query_params.get("kind", "")
    kind = wanted if wanted in written.KINDS else "percent"
    typed = {"kind": kind, "key": world.new_id("rul"), **dict.fromkeys(written.names(kind), "")}
    if kind == "tiers":
        typed |= {"mode": "marginal", "from-1": "0", "rate-1": ""}
    return await _page(request, now, typed)


async def edit(request: Request, caller: Caller) -> Response:
    """A rule's fields as they are typed. NotFound for one that is not there."""
    now = await writing.of(request, caller)
    typed = now.typed.rule(request.path_params["rule_key"])
    if typed is None:
        raise NotFound
    return await _page(request, now, typed)


async def _page(
    request: Request, now: Writing, typed: Mapping[str, str], refusal: Refusal | None = None
) -> Response:
    row = now.campaign
    known = now.typed.rule(typed["key"])
    place = [rule["key"] for rule in now.typed.rules].index(typed["key"]) + 1 if known else None
    sold = await _sold(row, typed)
    steps = written.steps(typed)
    context: dict[str, Any] = {
        "now": now,
        "t": typed,
        "place": place,
        "asks": written.asks(typed["kind"]),
        "event": typed["kind"] in EVENT_KINDS,
        "products": sold,
        "categories": _categories(sold, typed),
        "roles": ROLES,
        "tiers": TIERS,
        "channels": CHANNELS,
        "steps": min(max(steps, 1) + MORE_STEPS, written.MAX_STEPS),
        "errors": _words(request, refusal) if refusal else {},
    }
    return await hang.page(request, "merchant/rule_form.html", context, 422 if refusal else 200)


async def _sold(row: Campaign, typed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What the rule may be limited to, as (id, name, category): the campaign's products, and those
    that it names already.
    """
    covered = (await queries.products([row.id])).get(row.id, [])
    if covered:
        found = list((await products.by_id(row.merchant_id, covered[:SHOWN_PRODUCTS])).values())
    else:
        found, _ = await products.page(row.merchant_id, Sieve(None, False), SHOWN_PRODUCTS)
    missing = {i for i in typed.get("product_id", "").split("\n") if i} - {one.id for one in found}
    named = await products.by_id(row.merchant_id, missing) if missing else {}
    return [(one.id, one.name, one.category) for one in (*found, *named.values())]


def _categories(sold: list[tuple[str, str, str]], typed: Mapping[str, str]) -> list[str]:
    """The categories to choose from, and those that are chosen already."""
    chosen = [word for word in typed.get("category", "").split("\n") if word]
    return list(dict.fromkeys([*chosen, *sorted({one[2] for one in sold if one[2]})]))


def _words(request: Request, refusal: Refusal) -> dict[str, str]:
    """What is wrong, at the rule's own fields; of several wrong words in one field, each."""
    placed = [BadField(f"/{_field(bad)}", bad.code, bad.values) for bad in refusal.fields]
    found = forms.words(request, Invalid(refusal.code, fields=placed, **refusal.values))
    for name in {bad.pointer[1:] for bad in placed if written.several(bad.pointer[1:])}:
        own = [bad for bad in placed if bad.pointer[1:] == name]
        told = [forms.words(request, Invalid(fields=[bad]))[name] for bad in own]
        found[name] = " ".join(dict.fromkeys(told))
    return found


def _field(bad: BadField) -> str:
    """The field of the page that is meant."""
    inside = bad.pointer.removeprefix("/rules/0").strip("/")
    return written.field_of(inside) if bad.pointer.startswith("/rules/0") else inside


def _typed(request: Request) -> dict[str, str]:
    """What was sent: words that are ticked, and one per line of what is written."""
    kind = pages.text(request, "kind", 20)
    if kind not in written.KINDS:
        raise NotFound
    typed = {"kind": kind, "key": request.path_params["rule_key"]}
    for name in written.names(kind):
        if written.several(name):
            ticked = [v for v in pages.form(request).getlist(name) if isinstance(v, str)]
            words = [w.strip()[:160] for v in ticked for w in v.replace("\r", "").split("\n")]
            typed[name] = "\n".join(dict.fromkeys(w for w in words if w))[:8000]
        else:
            typed[name] = pages.text(request, name, 120)
    for i in range(1, written.MAX_STEPS + 1):
        typed |= {n: pages.text(request, n, 40) for n in (f"from-{i}", f"rate-{i}")}
    return written.tidy(typed)


def _asked(typed: dict[str, str], zone: str) -> TermsIn:
    """The rule alone, as terms. Invalid with what cannot be read and what cannot be meant (steps
    that fall) at once, each field once.
    """
    body, bad = written.read(typed, zone)
    try:
        asked = parse({"rules": [body], "bond_days": 1})
    except Invalid as exc:
        unread = {one.pointer for one in bad}
        bad += [one for one in exc.fields if f"/{_field(one)}" not in unread]
    if bad:
        raise Invalid(fields=bad)
    return asked


async def save(request: Request, caller: Caller) -> Response:
    """Keep the rule in its place, or at the place where it can work. Invalid at its fields."""
    now = await writing.of(request, caller)
    typed = _typed(request)
    try:
        asked = _asked(typed, caller.zone)
        kept = (await naming.by_handle(caller.organisation_id, asked, "")).rules[0]
    except Refusal as exc:
        return await _page(request, now, typed, exc)
    if kept.when is not None and kept.when.partner:
        typed["partner"] = "\n".join(kept.when.partner)
    await writing.edit(caller, now, lambda t: rules.put(t, typed))
    path = f"{now.path}?pesan=rule_saved#f-rule-{typed['key']}"
    return RedirectResponse(path, 303)


_EDIT = guards.signed_in("merchant", "edit")
_AT = "/merchant/campaigns/{campaign_id}/terms/rules"
PAGES = [
    pages.show(_AT, kinds, _EDIT),
    pages.show(f"{_AT}/new", new, _EDIT),
    pages.show(f"{_AT}/{{rule_key}}", edit, _EDIT),
    pages.act(f"{_AT}/{{rule_key}}", save, _EDIT),
]
