"""From nothing to a launched campaign in five pages; each saves the draft."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.catalog import products
from campaigns.catalog.products import Sieve
from campaigns.enrolments import show
from campaigns.lifecycle import queries, steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignChange, CampaignIn
from campaigns.terms import versions
from campaigns.terms.rules import ROLES
from campaigns.terms.shapes import normal
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from dashboards.merchant.campaigns import rules, terms
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.kit.periods import day_start, local
from jejaring.web import pages

SHOWN_PRODUCTS = 200
JOINING = ("open", "approval", "invite")


async def _draft(request: Request, caller: Caller) -> Campaign | None:
    """The draft of the address; None for one that is launched (its own page takes over)."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    return row if row.state == "draft" else None


def _away(request: Request) -> Response:
    return RedirectResponse(f"/merchant/campaigns/{request.path_params['campaign_id']}", 303)


def _step(row: Campaign, name: str) -> Response:
    return RedirectResponse(f"/merchant/campaigns/{row.id}/draft/{name}", 303)


async def begin(request: Request, caller: Caller) -> Response:
    """Step 1 of a campaign that does not exist yet."""
    typed = {"name": "", "scope": "some", "product": []}
    return await _products_page(request, caller, None, typed)


async def _products_page(
    request: Request,
    caller: Caller,
    row: Campaign | None,
    typed: dict[str, Any],
    refusal: Refusal | None = None,
) -> Response:
    sold, _ = await products.page(caller.organisation_id, Sieve(None, False), SHOWN_PRODUCTS)
    context: dict[str, Any] = {"campaign": row, "typed": typed, "products": sold}
    if refusal is not None:
        context["errors"] = forms.words(request, refusal, {"/product_ids": "product"})
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/draft_products.html", context, status)


def _sent_products(request: Request) -> dict[str, Any]:
    chosen = pages.form(request).getlist("product")
    return {
        "name": pages.text(request, "name", 120),
        "scope": pages.text(request, "scope", 10),
        "product": [one for one in chosen if isinstance(one, str)][:500],
    }


def _ids(request: Request, typed: dict[str, Any]) -> list[str]:
    """The chosen products; [] is the whole shop. Invalid for no name or nothing chosen."""
    reader = Reader(request)
    reader.text("name", limit=120)
    if typed["scope"] != "all" and not typed["product"]:
        reader.fault("product", "form.product")
    reader.done()
    return [] if typed["scope"] == "all" else list(typed["product"])


async def create(request: Request, caller: Caller) -> Response:
    """Store the draft with sensible terms, and go on."""
    typed = _sent_products(request)
    try:
        body, _ = rules.read(rules.DEFAULT)
        draft = {
            "name": typed["name"],
            "product_ids": _ids(request, typed),
            "audience": list(ROLES),
            "joining": "approval",
            "terms": body,
        }
        row = await steer.create(caller, forms.shaped(CampaignIn, draft))
    except Refusal as exc:
        return await _products_page(request, caller, None, typed, exc)
    return _step(row, "terms")


async def show_products(request: Request, caller: Caller) -> Response:
    """Step 1: name and products."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    covered = (await queries.products([row.id])).get(row.id, [])
    typed = {"name": row.name, "scope": "all" if row.whole_shop else "some", "product": covered}
    return await _products_page(request, caller, row, typed)


async def save_products(request: Request, caller: Caller) -> Response:
    """Save step 1."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    typed = _sent_products(request)
    try:
        wish = {"name": typed["name"], "product_ids": _ids(request, typed)}
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        return await _products_page(request, caller, row, typed, exc)
    return _step(row, "terms")


async def show_terms(request: Request, caller: Caller) -> Response:
    """Step 2: what is promised; `?preset=` fills the form in."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    wanted = request.query_params.get("preset", "")
    sent: dict[str, str] | None = rules.preset(wanted)
    if wanted not in rules.PRESETS:
        latest = await versions.latest(row.id)
        sent = rules.typed_of(latest.body) if latest else sent
    return await _terms_page(request, caller, row, sent)


async def _terms_page(
    request: Request, caller: Caller, row: Campaign, sent: dict[str, str] | None
) -> Response:
    view = await terms.shown(request, caller, sent, row) if sent is not None else None
    context = {"campaign": row, "view": view, "errors": view.errors if view else {}}
    status = 422 if view is not None and view.errors else 200
    return await hang.page(request, "merchant/draft_terms.html", context, status)


async def save_terms(request: Request, caller: Caller) -> Response:
    """Recompute the example, add a rule, or save step 2."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    sent, step = terms.typed(request), pages.text(request, "do")
    if step == "add":
        sent["more"] = str(min(rules.special(sent) + 1, rules.MAX_MORE))
        sent = {name: sent.get(name, "") for name in rules.names(rules.special(sent))}
        view = terms.Shown(sent, rules.special(sent))
        context = {"campaign": row, "view": view, "errors": {}}
        return await hang.page(request, "merchant/draft_terms.html", context)
    if step == "count":
        return await _terms_page(request, caller, row, sent)
    try:
        wanted, latest = terms.read(sent), await versions.latest(row.id)
        if latest is None or normal(wanted) != latest.body:
            await steer.change(caller, row.id, CampaignChange(terms=wanted))
    except Refusal as exc:
        view = terms.Shown(sent, rules.special(sent))
        view.errors = terms.faults(request, exc, view.more)
        context = {"campaign": row, "view": view, "errors": view.errors}
        return await hang.page(request, "merchant/draft_terms.html", context, 422)
    return _step(row, "partners")


async def show_partners(request: Request, caller: Caller) -> Response:
    """Step 3: who may join, and how."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    typed = {
        "audience": row.audience,
        "joining": row.joining,
        "questions": "\n".join(row.questions),
    }
    return await hang.page(
        request, "merchant/draft_partners.html", {"campaign": row, "typed": typed}
    )


async def save_partners(request: Request, caller: Caller) -> Response:
    """Save step 3."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    form = pages.form(request)
    asked = pages.text(request, "questions").splitlines()
    typed = {
        "audience": [r for r in ROLES if r in form.getlist("audience")],
        "joining": pages.text(request, "joining", 10),
        "questions": pages.text(request, "questions"),
    }
    body = {
        "audience": typed["audience"],
        "joining": typed["joining"],
        "questions": [line.strip() for line in asked if line.strip()],
    }
    try:
        await steer.change(caller, row.id, forms.shaped(CampaignChange, body))
    except Refusal as exc:
        context = {"campaign": row, "typed": typed, "errors": forms.words(request, exc)}
        return await hang.page(request, "merchant/draft_partners.html", context, exc.status)
    return _step(row, "budget")


async def show_budget(request: Request, caller: Caller) -> Response:
    """Step 4: how much, and from when to when."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    typed = {
        "budget": f"{row.budget:,}".replace(",", ".") if row.budget else "",
        "starts": local(row.starts_at, caller.zone).date().isoformat() if row.starts_at else "",
        "ends": last_day(row.ends_at, caller.zone),
    }
    return await hang.page(request, "merchant/draft_budget.html", {"campaign": row, "typed": typed})


def last_day(ends_at: datetime | None, zone: str) -> str:
    """The last whole day before the end, as a date field takes it."""
    if ends_at is None:
        return ""
    return local(ends_at - timedelta(seconds=1), zone).date().isoformat()


async def save_budget(request: Request, caller: Caller) -> Response:
    """Save step 4."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    typed = {name: pages.text(request, name, 40) for name in ("budget", "starts", "ends")}
    try:
        wish = budget_of(request, row, caller.zone)
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        names = {"/starts_at": "starts", "/ends_at": "ends"}
        context = {"campaign": row, "typed": typed, "errors": forms.words(request, exc, names)}
        return await hang.page(request, "merchant/draft_budget.html", context, exc.status)
    return _step(row, "review")


def budget_of(request: Request, row: Campaign, zone: str) -> dict[str, Any]:
    """Budget, first and last instant of the form; the last day is included, and a last day that was
    not touched keeps its instant. Invalid.
    """
    reader = Reader(request)
    budget = reader.rupiah("budget", required=False)
    if budget == 0:
        reader.fault("budget", "form.budget")
    starts = reader.day("starts", required=False)
    ends = reader.day("ends", required=False)
    reader.done()
    ends_at = day_start(ends + timedelta(days=1), zone) if ends else None
    if ends is not None and ends.isoformat() == last_day(row.ends_at, zone):
        ends_at = row.ends_at
    return {
        "budget": budget,
        "starts_at": day_start(starts, zone) if starts else None,
        "ends_at": ends_at,
    }


async def review(request: Request, caller: Caller) -> Response:
    """Step 5: everything once more."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    return await _review_page(request, caller, row)


async def _review_page(
    request: Request, caller: Caller, row: Campaign, refusal: Refusal | None = None
) -> Response:
    whole = await show.campaign(row, caller.zone)
    named = await products.by_id(caller.organisation_id, whole.product_ids[:20])
    latest = await versions.latest(row.id)
    typed = rules.typed_of(latest.body) if latest else None
    context: dict[str, Any] = {
        "campaign": row,
        "whole": whole,
        "named": [one.name for one in named.values()],
        "view": await terms.shown(request, caller, typed, row) if typed else None,
        "refused": refusal.code if refusal else "",
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/draft_review.html", context, status)


async def launch(request: Request, caller: Caller) -> Response:
    """Launch the draft."""
    row = await _draft(request, caller)
    if row is None:
        return _away(request)
    try:
        await steer.launch(caller.organisation_id, row.id, caller.actor)
    except Refusal as exc:
        return await _review_page(request, caller, row, exc)
    return pages.go(f"/merchant/campaigns/{row.id}", "launched", name=row.name)


_EDIT = guards.signed_in("merchant", "edit")
_AT = "/merchant/campaigns/{campaign_id}/draft"
PAGES = [
    pages.show("/merchant/campaigns/new", begin, _EDIT),
    pages.act("/merchant/campaigns/new", create, _EDIT),
    pages.show(f"{_AT}/products", show_products, _EDIT),
    pages.act(f"{_AT}/products", save_products, _EDIT),
    pages.show(f"{_AT}/terms", show_terms, _EDIT),
    pages.act(f"{_AT}/terms", save_terms, _EDIT),
    pages.show(f"{_AT}/partners", show_partners, _EDIT),
    pages.act(f"{_AT}/partners", save_partners, _EDIT),
    pages.show(f"{_AT}/budget", show_budget, _EDIT),
    pages.act(f"{_AT}/budget", save_budget, _EDIT),
    pages.show(f"{_AT}/review", review, _EDIT),
    pages.act(f"{_AT}/review", launch, _EDIT),
]
