"""Links: all by human clicks, a new one for a product, and one with its sharing and its figures."""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms import versions
from dashboards.figures import queries as figures
from dashboards.frame import forms
from dashboards.partner import offers, queries, rules
from dashboards.partner.queries import LinkRow
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.kit.periods import day_of, days_back
from jejaring.settings import settings
from jejaring.web import language, pages, render
from referrals.links import coupons, create
from referrals.links.rules import MAX_LABEL

PAGE = 20
DAYS, CHART_DAYS = 30, 14
MOST_PRODUCTS = 200


async def listed(request: Request, caller: Caller) -> Response:
    """All links, most human clicks of the last 30 days first."""
    cursor = request.query_params.get("cursor")
    since = day_of(world.now(), caller.zone) - timedelta(DAYS - 1)
    rows, following = await queries.links(caller.organisation_id, since, PAGE, cursor)
    places = await queries.places(caller.organisation_id)
    codes = await coupons.of([place.id for place in places])
    context = {
        "links": rows,
        "following": following,
        "cursor": cursor,
        "count": await queries.count_links(caller.organisation_id),
        "enrolments": places,
        "codes": [(codes[place.id], place) for place in places if place.id in codes][:PAGE],
        "base": settings().base,
    }
    return render.page(request, "partner/links.html", context)


async def new(request: Request, caller: Caller) -> Response:
    """First the campaign, then the product and a label."""
    sent = {"product": request.query_params.get("product", ""), "label": ""}
    chosen = request.query_params.get("place", "")
    return render.page(request, "partner/link_new.html", await _form(request, caller, chosen, sent))


async def _form(
    request: Request, caller: Caller, chosen: str, sent: dict[str, str]
) -> dict[str, Any]:
    places = [
        place
        for place in await queries.places(caller.organisation_id)
        if lifecycle.state_of(place.campaign) == "live"
    ]
    place = next((one for one in places if one.id == chosen), None)
    if place is None and len(places) == 1:
        place = places[0]
    words = request.query_params.get("q", "")[:60].strip()
    found = await queries.products(place.campaign, words, MOST_PRODUCTS) if place else []
    return {
        "enrolments": places,
        "place": place,
        "products": found,
        "words": words,
        "many": len(found) == MOST_PRODUCTS or bool(words),
        "sent": sent,
        "max_label": MAX_LABEL,
    }


async def make(request: Request, caller: Caller) -> Response:
    """Make the link, or lead to the one that is there already."""
    chosen = pages.text(request, "place", 40)
    sent = {name: pages.text(request, name, 200) for name in ("product", "label")}
    try:
        link, created = await create.create(
            caller.organisation_id, chosen, sent["product"] or None, sent["label"]
        )
    except Refusal as exc:
        context = await _form(request, caller, chosen, sent)
        if context["place"] is None:
            raise
        names = {"/product_id": "product", "/enrolment_id": ""}
        context["errors"] = forms.words(request, exc, names)
        return render.page(request, "partner/link_new.html", context, exc.status)
    return pages.go(f"/partner/links/{link.id}", "link_made" if created else "info_link_there")


async def show(request: Request, caller: Caller) -> Response:
    """One link: copy, share, QR, ready words; who came, what it brought."""
    partner_id = caller.organisation_id
    today = day_of(world.now(), caller.zone)
    since = today - timedelta(DAYS - 1)
    link = await queries.link(partner_id, request.path_params["link"], since)
    place = await enrolments.get(partner_id, link.enrolment_id)
    days = days_back(today, CHART_DAYS)
    series = await figures.by_day("partner", partner_id, days, link_id=link.id)
    ways = await queries.channels(partner_id, link.id, since)
    context = {
        "link": link,
        "place": place,
        "url": f"{settings().base}/r/{link.code}",
        "scan_url": f"{settings().base}/q/{link.code}",
        "style": rules.style_of(request.query_params.get("gaya", "")),
        "styles": rules.STYLES,
        "days": days,
        "series": [(day, one.people) for day, one in zip(days, series, strict=True)],
        "fortnight": sum(one.people for one in series),
        "ignored": [sum(getattr(one, name) for one in series) for name in _IGNORED],
        "ways": rules.parts_of(ways),
        **await _promise(request, caller, place, link),
    }
    return render.page(request, "partner/link.html", context)


_IGNORED = ("previews", "bots", "prefetches")


async def _promise(
    request: Request, caller: Caller, place: Enrolment, link: LinkRow
) -> dict[str, Any]:
    """The terms in sentences, the code, and what it takes off the price."""
    (offer,) = await offers.of([place.campaign], language.pick(request), caller.zone)
    codes = await coupons.of([place.id])
    terms = (await versions.at([place.campaign_id], world.now())).get(place.campaign_id)
    return {
        "offer": offer,
        "code": codes.get(place.id),
        "discount": terms[1].buyer_discount_bp if terms else None,
    }


PAGES = [
    pages.show("/partner/links", listed, guards.signed_in("partner")),
    pages.show("/partner/links/new", new, guards.signed_in("partner", "edit")),
    pages.act("/partner/links/new", make, guards.signed_in("partner", "edit")),
    pages.show("/partner/links/{link}", show, guards.signed_in("partner")),
]
