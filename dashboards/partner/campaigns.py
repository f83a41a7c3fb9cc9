"""Campaigns to join: what they pay in sentences, an example in rupiah, what is asked."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.content import queries as content
from campaigns.content import rules as posts
from campaigns.content import submit
from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.queries import Sieve
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from dashboards.frame import forms
from dashboards.partner import offers, queries
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, NotFound, Refusal
from jejaring.settings import settings
from jejaring.web import language, pages, render
from referrals.links import coupons
from referrals.links import rename as coupon_codes
from referrals.network import recruit
from referrals.posts.queries import Sent, with_money

PAGE = 12
SHOWN_PRODUCTS = 12
SHOWN_POSTS = 10


async def listed(request: Request, caller: Caller) -> Response:
    """Offers, or (`?mine=1`) the campaigns that the partner is in or asked to be in."""
    cursor = request.query_params.get("cursor")
    mine = request.query_params.get("mine") == "1"
    context: dict[str, Any] = {"mine": mine, "cursor": cursor, "offers": [], "enrolments": []}
    if mine:
        context["enrolments"], context["following"] = await enrolments.page(
            caller.organisation_id, Sieve(), PAGE, cursor
        )
    else:
        joined = await queries.joined(caller.organisation_id)
        context["offers"], context["following"] = await offers.page(
            language.pick(request), caller.zone, joined, PAGE, cursor
        )
    context["state_of"] = lifecycle.state_of
    return render.page(request, "partner/campaigns.html", context)


async def show(request: Request, caller: Caller) -> Response:
    """One campaign: know before promising."""
    row = await _found(request)
    sent = {"role": request.query_params.get("role", "")}
    sent["code"] = request.query_params.get("code", "")[:80]
    return render.page(request, "partner/campaign.html", await _context(request, caller, row, sent))


async def _found(request: Request) -> Campaign:
    """A campaign that was launched; to one by invitation only the address leads."""
    return await lifecycle.public(request.path_params["campaign"])


async def _context(
    request: Request, caller: Caller, row: Campaign, sent: dict[str, str]
) -> dict[str, Any]:
    place = await queries.place(caller.organisation_id, row.id)
    (offer,) = await offers.of([row], language.pick(request), caller.zone)
    covered = await queries.products(row, limit=SHOWN_PRODUCTS + 1)
    codes = await coupons.of([place.id]) if place else {}
    cursor = request.query_params.get("cursor")
    sent_in, following = await _posts(caller, place, cursor)
    return {
        "posts": sent_in,
        "following": following,
        "cursor": cursor,
        "pays_posts": await _pays_posts(caller, row, place),
        "campaign": row,
        "offer": offer,
        "place": place,
        "code": codes.get(place.id) if place else None,
        "products": covered[:SHOWN_PRODUCTS],
        "more_products": len(covered) > SHOWN_PRODUCTS,
        "questions": list(enumerate(row.questions)),
        "sent": sent,
        "base": settings().base,
    }


async def _posts(
    caller: Caller, place: Enrolment | None, cursor: str | None
) -> tuple[list[Sent], str | None]:
    """What the partner sent in for this campaign, newest first."""
    if place is None:
        return [], None
    sieve = content.Sieve(enrolment_id=place.id)
    rows, following = await content.page(caller.organisation_id, sieve, SHOWN_POSTS, cursor)
    return await with_money(rows), following


async def _pays_posts(caller: Caller, row: Campaign, place: Enrolment | None) -> int | None:
    """What a post pays this partner now, in rupiah; None where nothing may be sent in."""
    if place is None or place.state != "active" or lifecycle.state_of(row) != "live":
        return None
    return (await offers.post_fees(caller.slug, [place])).get(row.id)


async def send_post(request: Request, caller: Caller) -> Response:
    """Send a post in as proof; a wrong address comes back with what was typed."""
    row = await _found(request)
    place = await queries.place(caller.organisation_id, row.id)
    if place is None:
        raise NotFound
    sent = {"role": "", "code": "", "url": pages.text(request, "url")}
    sent["note"] = pages.text(request, "note", posts.MAX_NOTE)
    try:
        if not sent["url"]:
            raise Invalid.at("/url", "field.missing")
        await submit.submit(caller, place.id, sent["url"], sent["note"])
    except Refusal as exc:
        context = await _context(request, caller, row, sent)
        context["errors"] = forms.words(request, exc)
        return render.page(request, "partner/campaign.html", context, exc.status)
    return pages.go(f"/partner/campaigns/{row.id}", "post_sent")


async def join(request: Request, caller: Caller) -> Response:
    """Join, or ask to; wrong answers come back with what was typed."""
    row = await _found(request)
    sent = {name: pages.text(request, name, 80) for name in ("role", "code")}
    sent |= {f"answer-{n}": pages.text(request, f"answer-{n}") for n in range(len(row.questions))}
    answers = {q: sent[f"answer-{n}"] for n, q in enumerate(row.questions) if sent[f"answer-{n}"]}
    try:
        made = await recruit.join(
            caller, row.id, sent["role"], answers=answers, invitation=sent["code"] or None
        )
    except NotFound:
        raise
    except Refusal as exc:
        context = await _context(request, caller, row, sent)
        context["errors"] = forms.words(request, exc, _names(row))
        return render.page(request, "partner/campaign.html", context, exc.status)
    return _joined(row, made.enrolment, made.link.id if made.link else None)


def _joined(row: Campaign, place: Enrolment, link_id: str | None) -> Response:
    if link_id is None:
        back = f"/partner/campaigns/{row.id}"
        return pages.go(back, "wait_requested", shop=row.merchant.name)
    return pages.go(f"/partner/links/{link_id}", "joined", campaign=row.name)


async def rename(request: Request, caller: Caller) -> Response:
    """Another code for the partner's buyers: the old one stops at once."""
    row = await _found(request)
    place = await queries.place(caller.organisation_id, row.id)
    if place is None:
        raise NotFound
    wished = pages.text(request, "coupon", 60)
    try:
        made = await coupon_codes.rename(caller, place.id, wished)
    except Refusal as exc:
        found = forms.words(request, exc)
        context = await _context(request, caller, row, {"role": "", "code": "", "coupon": wished})
        context["errors"] = {"coupon": found.get("code") or found[""]}
        return render.page(request, "partner/campaign.html", context, exc.status)
    return pages.go(f"/partner/campaigns/{row.id}", "code_changed", coupon=made.code)


def _names(row: Campaign) -> dict[str, str]:
    """Pointers of refusals → names of form fields."""
    names = {"/invitation": "code", "/role": "role"}
    for n, question in enumerate(row.questions):
        escaped = question.replace("~", "~0").replace("/", "~1")
        names[f"/answers/{escaped}"] = f"answer-{n}"
    return names


PAGES = [
    pages.show("/partner/campaigns", listed, guards.signed_in("partner")),
    pages.show("/partner/campaigns/{campaign}", show, guards.signed_in("partner")),
    pages.act("/partner/campaigns/{campaign}/code", rename, guards.signed_in("partner", "edit")),
    pages.act(
        "/partner/campaigns/{campaign}/posts", send_post, guards.signed_in("partner", "edit")
    ),
    pages.act("/partner/campaigns/{campaign}/join", join, guards.signed_in("partner", "edit")),
]
