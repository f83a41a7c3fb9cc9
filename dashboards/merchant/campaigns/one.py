"""The shelf of campaigns, and one campaign: its state, its budget, its invitations."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.catalog import products
from campaigns.content import queries as content
from campaigns.enrolments import show
from campaigns.lifecycle import queries, steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignChange
from campaigns.terms import versions
from dashboards.figures import pieces
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from dashboards.merchant.campaigns.launch import budget_of, last_day
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.kit.periods import day_of, days_back
from jejaring.members import invitations
from jejaring.settings import settings
from jejaring.web import language, pages

PAGE = 20
_NAMES = {
    "/ends_at": "ends",
    "/tier_rule/silver": "silver",
    "/tier_rule/gold": "gold",
}
STATES = ("live", "draft", "paused", "ended")


async def shelf(request: Request, caller: Caller) -> Response:
    """Campaigns, newest first, by state."""
    state, cursor = request.query_params.get("state"), request.query_params.get("cursor")
    state = state if state in STATES else None
    rows, after = await queries.page(caller.organisation_id, state, PAGE, cursor)
    context = {
        "campaigns": await show.campaigns(rows, caller.zone),
        "state": state,
        "next": after,
        "cursor": cursor,
    }
    return await hang.page(request, "merchant/campaigns.html", context)


async def one(request: Request, caller: Caller) -> Response:
    """A campaign; a draft is in the wizard."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    if row.state == "draft":
        return RedirectResponse(f"/merchant/campaigns/{row.id}/draft/products", 303)
    return await _page(request, caller, row)


async def _page(
    request: Request,
    caller: Caller,
    row: Campaign,
    refusal: Refusal | None = None,
    invited: str | None = None,
) -> Response:
    whole = await show.campaign(row, caller.zone)
    today = day_of(world.now(), caller.zone)
    named = await products.by_id(caller.organisation_id, whole.product_ids[:20])
    lang = language.pick(request)
    context: dict[str, Any] = {
        "campaign": row,
        "whole": whole,
        "sentences": getattr(whole.explain, lang),
        "example": getattr(whole.example, lang),
        "named": [found.name for found in named.values()],
        "figures": await pieces.one(
            caller.organisation_id, "campaign", row.id, days_back(today, 30)[0], today
        ),
        "numbers": await versions.every(row.id),
        "posts": await content.counts(caller.organisation_id, [row.id]),
        "now": world.now(),
        "invited": invited,
        "typed": _typed(request, row, caller.zone),
        "errors": _words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/campaign.html", context, status)


def _words(request: Request, refusal: Refusal) -> dict[str, str]:
    return forms.words(request, refusal, _NAMES)


def _typed(request: Request, row: Campaign, zone: str) -> dict[str, str]:
    """The fields of the page's forms: as they were sent, else as they are stored."""
    rule = show.tier_rule_of(row)
    found = {
        "name": row.name,
        "budget": _grouped(row.budget),
        "ends": last_day(row.ends_at, zone),
        "by": rule.by if rule else "amount",
        "silver": _grouped(rule.silver if rule else None),
        "gold": _grouped(rule.gold if rule else None),
    }
    if request.method == "POST":
        sent = pages.form(request)
        found |= {name: pages.text(request, name, 200) for name in found if name in sent}
    return found


def _grouped(amount: int | None) -> str:
    return f"{amount:,}".replace(",", ".") if amount else ""


async def change(request: Request, caller: Caller) -> Response:
    """Name, budget (only up) and last day of a launched campaign."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    try:
        reader = Reader(request)
        name = reader.text("name", limit=120)
        reader.done()
        given = budget_of(request, row, caller.zone)
        wish = {"name": name, "budget": given["budget"], "ends_at": given["ends_at"]}
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        return await _page(request, caller, row, exc)
    return pages.go(f"/merchant/campaigns/{row.id}", "campaign_saved")


async def tiers(request: Request, caller: Caller) -> Response:
    """The rule that moves partners' tiers; both limits left empty takes it away."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    try:
        reader = Reader(request)
        wanted = any(pages.text(request, name) for name in ("silver", "gold"))
        silver, gold = (reader.rupiah(name, required=wanted) for name in ("silver", "gold"))
        reader.done()
        rule = {"by": pages.text(request, "by", 10), "silver": silver, "gold": gold}
        wish = {"tier_rule": rule if wanted else None}
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        return await _page(request, caller, row, exc)
    flash = "tier_rule_saved" if wanted else "info_tier_rule_gone"
    return pages.go(f"/merchant/campaigns/{row.id}", flash)


async def steps(request: Request, caller: Caller) -> Response:
    """Pause, resume or end."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    verbs = {"pause": steer.pause, "resume": steer.launch, "end": steer.end}
    step = pages.text(request, "step", 10)
    try:
        if step in verbs:
            await verbs[step](caller.organisation_id, row.id, caller.actor)
    except Refusal as exc:
        return await _page(request, caller, row, exc)
    flashes = {"pause": "wait_paused", "resume": "resumed", "end": "info_ended"}
    return pages.go(f"/merchant/campaigns/{row.id}", flashes.get(step), name=row.name)


async def invite(request: Request, caller: Caller) -> Response:
    """An invitation to this campaign: its link is shown on this answer and never again."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    memo = pages.text(request, "memo", 120)
    _, code = await invitations.create(caller, "partner", campaign_id=row.id, memo=memo)
    link = f"{settings().base}/join/{row.id}?code={code}"
    return await _page(request, caller, row, invited=link)


_READ, _EDIT = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "edit")
_ONE = "/merchant/campaigns/{campaign_id}"
PAGES = [
    pages.show("/merchant/campaigns", shelf, _READ),
    pages.show(_ONE, one, _READ),
    pages.act(_ONE, change, _EDIT),
    pages.act(f"{_ONE}/step", steps, _EDIT),
    pages.act(f"{_ONE}/tiers", tiers, _EDIT),
    pages.act(f"{_ONE}/invite", invite, _EDIT),
]
