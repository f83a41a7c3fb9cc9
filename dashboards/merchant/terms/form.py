"""The terms' own page: the wizard's second step, and a new version of what is running."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.enrolments import naming
from campaigns.lifecycle import steer
from campaigns.lifecycle.shapes import CampaignChange
from campaigns.terms import drafts
from campaigns.terms.models import TermsVersion
from campaigns.terms.shapes import normal
from dashboards.frame.rules import read_day
from dashboards.merchant import hang
from dashboards.merchant.terms import rules, shown, writing
from dashboards.merchant.terms.rules import Typed
from dashboards.merchant.terms.writing import Writing
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Invalid, Refusal
from jejaring.kit.periods import day_start
from jejaring.web import language, pages


def _elsewhere(request: Request, now: Writing) -> Response | None:
    """A draft's terms are a step of the wizard, a launched campaign's a new version."""
    if request.url.path == now.path:
        return None
    launched = now.campaign.state != "draft"
    return RedirectResponse(now.path.removesuffix("/terms") if launched else now.path, 303)


async def show(request: Request, caller: Caller) -> Response:
    """What is promised, as far as it is typed."""
    now = await writing.of(request, caller)
    return _elsewhere(request, now) or await _page(request, caller, now, now.typed)


async def _page(
    request: Request,
    caller: Caller,
    now: Writing,
    typed: Typed,
    refusal: Refusal | None = None,
) -> Response:
    view = await shown.shown(request, caller, now.campaign, typed)
    if refusal is not None:
        view.errors = view.errors or shown.faults(request, typed, refusal)
    lang = language.pick(request)
    context: dict[str, Any] = {
        "campaign": now.campaign,
        "now": now,
        "view": view,
        "errors": view.errors,
        "version": now.latest,
    }
    template = "merchant/draft_terms.html"
    if now.campaign.state != "draft":
        template = "merchant/version.html"
        context["old"] = await shown.sentences(caller, dict(now.latest.body), lang)
    return await hang.page(request, template, context, refusal.status if refusal else 200)


def _sent(request: Request) -> dict[str, str]:
    """Every text field of the page; a box that is not ticked is sent by nobody."""
    named = {name: pages.text(request, name, 300) for name in pages.form(request)}
    return {"coupon": "", **named}


async def save(request: Request, caller: Caller) -> Response:
    """Keep what was typed, whatever it is; then do what the button says."""
    now = await writing.of(request, caller)
    away = _elsewhere(request, now)
    if away is not None:
        return away
    sent = _sent(request)
    typed = await writing.edit(caller, now, lambda t: rules.filled(t, sent))
    step, _, about = pages.text(request, "do", 60).partition(":")
    if step in ("next", "issue"):
        return await _finish(request, caller, now, typed)
    if step in ("edit", "add", "prices", "trial"):
        return RedirectResponse(_part(now, step, about), 303)
    return await _change(caller, now, step, about)


def _part(now: Writing, step: str, about: str) -> str:
    known = now.typed.rule(about)
    if step == "edit":
        return f"{now.below}/rules/{about}" if known else now.path
    return f"{now.below}/{'rules' if step == 'add' else step}"


async def _change(caller: Caller, now: Writing, step: str, about: str) -> Response:
    """Rules moved or taken away, a preset, the last large change taken back, or all of it."""
    if step in ("up", "down"):
        by = -1 if step == "up" else 1
        await writing.edit(caller, now, lambda t: rules.move(t, about, by))
        return RedirectResponse(f"{now.path}#f-rule-{about}", 303)
    if step == "drop":
        await writing.edit(caller, now, lambda t: rules.without(t, about), large=True)
        return pages.go(now.path, "info_rule_dropped")
    if step == "preset":
        await writing.edit(caller, now, lambda t: rules.preset(about, t.prices), large=True)
        return pages.go(now.path)
    if step == "undo":
        undone = await drafts.undo(now.campaign.id)
        return pages.go(now.path, "info_undone" if undone else None)
    if step == "forget":
        await drafts.drop(now.campaign.id)
        return pages.go(now.path, "info_terms_forgotten")
    return pages.go(now.path)


async def _finish(request: Request, caller: Caller, now: Writing, typed: Typed) -> Response:
    """The wizard goes on, a running campaign gets its new version; what was typed is then done."""
    row, version = now.campaign, None
    try:
        wanted = await naming.by_handle(row.merchant_id, shown.sound(typed, caller.zone), "")
        if row.state != "draft":
            version = await steer.amend(caller, row.id, wanted, _since(typed, caller.zone))
        elif normal(wanted) != now.latest.body:
            await steer.change(caller, row.id, CampaignChange(terms=wanted))
    except Refusal as exc:
        kept = await writing.read(row, caller.zone)
        return await _page(request, caller, kept, typed, exc)
    await drafts.drop(row.id)
    return _done(now, version)


def _done(now: Writing, version: TermsVersion | None) -> Response:
    path = f"/merchant/campaigns/{now.campaign.id}"
    if version is None:
        return RedirectResponse(f"{path}/draft/partners", 303)
    return pages.go(path, "terms_issued", number=version.number, at=version.effective_at)


def _since(typed: Typed, zone: str) -> datetime | None:
    """From when: None is now, else the beginning of a day. Invalid at `/day`."""
    if typed.settings.get("start") != "day":
        return None
    day = read_day(typed.settings.get("day", ""))
    if day is None:
        raise Invalid(fields=[BadField("/day", "form.day")])
    start = day_start(day, zone)
    if start < world.now():
        raise Invalid(fields=[BadField("/day", "in_the_past")])
    return start


_EDIT = guards.signed_in("merchant", "edit")
PAGES = [
    pages.show("/merchant/campaigns/{campaign_id}/draft/terms", show, _EDIT),
    pages.act("/merchant/campaigns/{campaign_id}/draft/terms", save, _EDIT),
    pages.show("/merchant/campaigns/{campaign_id}/terms", show, _EDIT),
    pages.act("/merchant/campaigns/{campaign_id}/terms", save, _EDIT),
]
