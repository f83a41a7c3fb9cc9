"""Partners: requests with their answers, then who sells; one partner's relation with the shop."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments import join, tiers
from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.queries import Sieve
from campaigns.enrolments.rules import END_REASONS, REJECT_REASONS
from campaigns.goodwill import queries as goodwill
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms.rules import TIERS
from dashboards.figures import pieces
from dashboards.frame import forms
from dashboards.merchant import hang, queries
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.kit.periods import day_of, days_back
from jejaring.members import organisations
from jejaring.payouts import items, run
from jejaring.payouts import queries as payouts
from jejaring.web import language, pages
from referrals.commissions import queries as commissions
from referrals.commissions.shapes import CommissionQuery
from referrals.links import welcome

PAGE = 30
REQUESTS = 10
RECRUITS = 20
SHOWN_GIFTS = 10


async def shelf(request: Request, caller: Caller) -> Response:
    """Requests first, then the partners by this month's sales; or those of one campaign."""
    campaign_id = request.query_params.get("campaign")
    if campaign_id:
        return await _of_campaign(request, caller, campaign_id)
    cursor = request.query_params.get("cursor")
    today = day_of(world.now(), caller.zone)
    rows, after = await queries.partners(
        caller.organisation_id, (today.replace(day=1), today), PAGE, cursor
    )
    more = request.query_params.get("requests")
    asked, further = await enrolments.page(
        caller.organisation_id, Sieve(state="requested"), REQUESTS, more
    )
    context = {
        "asked": [] if cursor else asked,
        "further": further,
        "partners": rows,
        "next": after,
        "cursor": cursor,
        "month": today,
        "reasons": REJECT_REASONS,
    }
    return await hang.page(request, "merchant/partners.html", context)


async def _of_campaign(request: Request, caller: Caller, campaign_id: str) -> Response:
    row = await lifecycle.get(caller.organisation_id, campaign_id)
    cursor = request.query_params.get("cursor")
    rows, after = await enrolments.page(
        caller.organisation_id, Sieve(campaign_id=row.id), PAGE, cursor
    )
    context = {"campaign": row, "enrolments": rows, "next": after, "cursor": cursor}
    return await hang.page(request, "merchant/campaign_partners.html", context)


async def approve(request: Request, caller: Caller) -> Response:
    """Let a partner in: they get their coupon and first link."""
    try:
        found = await welcome.approve(caller, request.path_params["enrolment_id"])
    except Refusal as exc:
        return _refused(request, exc)
    row = await enrolments.get(caller.organisation_id, found.enrolment.id)
    return pages.go("/merchant/partners", "approved", name=row.partner.name)


async def reject(request: Request, caller: Caller) -> Response:
    """Turn a request away, with a reason that the partner sees."""
    enrolment_id = request.path_params["enrolment_id"]
    reason = pages.text(request, "reason", 40)
    try:
        await join.reject(caller.organisation_id, enrolment_id, caller.actor, reason)
    except Refusal as exc:
        return _refused(request, exc)
    row = await enrolments.get(caller.organisation_id, enrolment_id)
    return pages.go("/merchant/partners", "info_rejected", name=row.partner.name)


async def end(request: Request, caller: Caller) -> Response:
    """End a partner's place in a campaign."""
    enrolment_id = request.path_params["enrolment_id"]
    row = await enrolments.get(caller.organisation_id, enrolment_id)
    reason = pages.text(request, "reason", 40)
    try:
        await join.end(caller.organisation_id, enrolment_id, caller.actor, reason)
    except Refusal as exc:
        return _refused(request, exc)
    return pages.go(f"/merchant/partners/{row.partner_id}", "info_place_ended")


async def tier(request: Request, caller: Caller) -> Response:
    """Set a partner's tier in a campaign."""
    enrolment_id = request.path_params["enrolment_id"]
    row = await enrolments.get(caller.organisation_id, enrolment_id)
    try:
        wanted = pages.text(request, "tier", 10)
        by_rule = wanted == "rule"
        await tiers.set_tier(
            caller.organisation_id, enrolment_id, None if by_rule else wanted, caller.actor
        )
    except Refusal as exc:
        return _refused(request, exc)
    flash = "info_tier_released" if by_rule else "info_tier_set"
    return pages.go(f"/merchant/partners/{row.partner_id}", flash, name=row.partner.name)


def _refused(request: Request, exc: Refusal) -> Response:
    """Back to the list with the reason; a thing that is not there stays a 404."""
    if exc.status == 404:
        raise exc
    words = forms.words(request, exc)
    return pages.go("/merchant/partners", "no_answer", why=next(iter(words.values())))


async def one(request: Request, caller: Caller) -> Response:
    """A partner: places, sales, balance, contact, latest commissions."""
    return await show(request, caller)


async def show(
    request: Request,
    caller: Caller,
    *,
    settling: dict[str, Any] | None = None,
    giving: dict[str, Any] | None = None,
    taking: dict[str, Any] | None = None,
) -> Response:
    """The partner's page; `settling`, `giving` and `taking`: the forms about what is owed back,
    extra money, and taking that back, as they were sent, with errors and status.
    """
    typed = {"kind": "write_off", "amount": "", "reason": "", "reference": world.token(8)}
    settling = settling or {"typed": typed, "errors": {}, "status": 200}
    giving = giving or {"typed": typed, "errors": {}, "status": 200}
    taking = taking or {"id": "", "typed": "", "errors": {}, "status": 200}
    partner, places = await queries.partner(
        caller.organisation_id, request.path_params["partner_id"]
    )
    today = day_of(world.now(), caller.zone)
    balances, _ = await payouts.balances(caller.organisation_id, partner.id)
    cursor = request.query_params.get("cursor")
    query = forms.shaped(CommissionQuery, {"limit": 10, "cursor": cursor})
    earned, after = await commissions.page(
        caller, query, language.pick(request), partner_id=partner.id
    )
    context: dict[str, Any] = {
        "partner": partner,
        "joined": places,
        "balance": balances[0] if balances else None,
        "settling": settling,
        "giving": giving,
        "taking": taking,
        **await _by_hand(caller, partner.id),
        "figures": await pieces.one(
            caller.organisation_id, "partner", partner.id, days_back(today, 30)[0], today
        ),
        "phone": await queries.phone_of(partner),
        "commissions": earned,
        "next": after,
        "cursor": cursor,
        "reasons": END_REASONS,
        "tiers": TIERS,
        **await _circle(caller.organisation_id, partner.id),
    }
    status = max(form["status"] for form in (settling, giving, taking))
    return await hang.page(request, "merchant/partner.html", context, status)


async def _by_hand(caller: Caller, partner_id: str) -> dict[str, Any]:
    """What was given by hand and where that money stands (`sent`: a payout has, or had, it), the
    write-offs that wait, and which of both wait for somebody else than the caller.
    """
    gifts, _ = await goodwill.page(caller, SHOWN_GIFTS, other=partner_id)
    asked_off = await payouts.owed_waiting(caller.organisation_id, partner_id)
    limit = (await organisations.get(caller.organisation_id)).payout_limit
    waiting = [(g.id, g.amount, g.asked_by) for g in gifts if g.state == "waiting"]
    waiting += [(off.id, off.amount, off.asked_by) for off in asked_off]
    others = {
        one for one, amount, by in waiting if await run.needs_another(caller, amount, limit, by)
    }
    done = [gift.id for gift in gifts if gift.state == "done"]
    return {
        "gifts": gifts,
        "asked_off": asked_off,
        "for_others": others,
        "standing": await items.standing(done),
        "sent": await items.in_payouts(done),
    }


async def _circle(merchant_id: str, partner_id: str) -> dict[str, Any]:
    """Who brought this partner to the shop, and whom they brought."""
    above = await commissions.recruited(1, merchant_id=merchant_id, recruit_id=partner_id)
    below = await commissions.recruited(
        RECRUITS + 1, merchant_id=merchant_id, recruiter_id=partner_id
    )
    return {
        "brought_by": above[0] if above else None,
        "brought": below[:RECRUITS],
        "brought_more": len(below) > RECRUITS,
    }


_READ, _EDIT = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "edit")
PAGES = [
    pages.show("/merchant/partners", shelf, _READ),
    pages.show("/merchant/partners/{partner_id}", one, _READ),
    pages.act("/merchant/enrolments/{enrolment_id}/approve", approve, _EDIT),
    pages.act("/merchant/enrolments/{enrolment_id}/reject", reject, _EDIT),
    pages.act("/merchant/enrolments/{enrolment_id}/end", end, _EDIT),
    pages.act("/merchant/enrolments/{enrolment_id}/tier", tier, _EDIT),
]
