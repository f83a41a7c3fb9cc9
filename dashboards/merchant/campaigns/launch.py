"""The wizard's last three pages: who may join, how much and until when, and the launch."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.enrolments import show
from campaigns.lifecycle import steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignChange
from campaigns.terms import versions
from campaigns.terms.rules import ROLES
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from dashboards.merchant.campaigns.draft import away, draft_of, onward
from dashboards.merchant.terms import rules, shown, writing
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Refusal
from jejaring.kit.periods import day_start, local
from jejaring.web import pages


async def show_partners(request: Request, caller: Caller) -> Response:
    """Step 3: who may join, and how."""
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
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
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
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
    return onward(row, "budget")


async def show_budget(request: Request, caller: Caller) -> Response:
    """Step 4: how much, and from when to when."""
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
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
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
    typed = {name: pages.text(request, name, 40) for name in ("budget", "starts", "ends")}
    try:
        wish = budget_of(request, row, caller.zone)
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        names = {"/starts_at": "starts", "/ends_at": "ends"}
        context = {"campaign": row, "typed": typed, "errors": forms.words(request, exc, names)}
        return await hang.page(request, "merchant/draft_budget.html", context, exc.status)
    return onward(row, "review")


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
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
    return await _review_page(request, caller, row)


async def _review_page(
    request: Request, caller: Caller, row: Campaign, refusal: Refusal | None = None
) -> Response:
    whole = await show.campaign(row, caller.zone)
    named = await products.by_id(caller.organisation_id, whole.product_ids[:20])
    latest = await versions.latest(row.id)
    typed = rules.typed_of(latest.body, caller.zone) if latest else None
    context: dict[str, Any] = {
        "campaign": row,
        "whole": whole,
        "named": [one.name for one in named.values()],
        "view": await shown.shown(request, caller, row, typed) if typed else None,
        "refused": refusal.code if refusal else "",
        "unused": await writing.unused(row, caller.zone),
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/draft_review.html", context, status)


async def launch(request: Request, caller: Caller) -> Response:
    """Launch the draft."""
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
    try:
        if await writing.unused(row, caller.zone):
            raise Conflict("terms_unused")
        await steer.launch(caller.organisation_id, row.id, caller.actor)
    except Refusal as exc:
        return await _review_page(request, caller, row, exc)
    return pages.go(f"/merchant/campaigns/{row.id}", "launched", name=row.name)


_EDIT = guards.signed_in("merchant", "edit")
_AT = "/merchant/campaigns/{campaign_id}/draft"
PAGES = [
    pages.show(f"{_AT}/partners", show_partners, _EDIT),
    pages.act(f"{_AT}/partners", save_partners, _EDIT),
    pages.show(f"{_AT}/budget", show_budget, _EDIT),
    pages.act(f"{_AT}/budget", save_budget, _EDIT),
    pages.show(f"{_AT}/review", review, _EDIT),
    pages.act(f"{_AT}/review", launch, _EDIT),
]
