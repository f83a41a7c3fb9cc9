"""Home: what do I have, what moved today, what to share now."""

from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms import versions
from dashboards.figures import queries as figures
from dashboards.partner import offers, queries, rules
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.periods import day_of, month_of
from jejaring.payouts import methods
from jejaring.payouts import queries as money
from jejaring.settings import settings
from jejaring.web import language, pages, render
from referrals.links import coupons

LINK_DAYS = 30
SHOWN_LINKS, SHOWN_OFFERS = 3, 2


async def show(request: Request, caller: Caller) -> Response:
    """Payable, the balance, today, the action of the role, best links, campaigns, shops."""
    partner_id = caller.organisation_id
    today = day_of(world.now(), caller.zone)
    lang = language.pick(request)
    balances, _ = await money.balances(partner_id=partner_id)
    links, _ = await queries.links(partner_id, today - timedelta(LINK_DAYS - 1), SHOWN_LINKS)
    places = await queries.places(partner_id)
    role = rules.leading_role([place.role for place in places])
    offered, _ = await offers.page(
        lang, caller.zone, await queries.joined(partner_id), SHOWN_OFFERS
    )
    held = (await methods.of([partner_id])).get(partner_id, methods.Held())
    context = {
        "total": rules.added(balances),
        "balances": balances,
        "held": held,
        "today": await figures.totals("partner", partner_id, today, today),
        "yesterday": await figures.totals("partner", partner_id, *(2 * [today - timedelta(1)])),
        "links": links,
        "count": await queries.count_links(partner_id),
        "enrolments": places,
        "role": role,
        "post_to": await _post_to(caller, places),
        "offers": offered,
        "base": settings().base,
        **await _second(caller, role, places, today),
    }
    return render.page(request, "partner/home.html", context)


async def _post_to(caller: Caller, places: list[Enrolment]) -> str | None:
    """The newest campaign that pays this partner for posts, if there is one."""
    live = [place for place in places if lifecycle.state_of(place.campaign) == "live"]
    return next(iter(await offers.post_fees(caller.slug, live)), None)


async def _second(
    caller: Caller, role: str, places: list[Enrolment], today: date
) -> dict[str, Any]:
    """What only the role's second card needs: codes, clicks by channel, or the reward's limit."""
    if role == "influencer":
        return {"codes": await _codes(places)}
    if role == "buzzer":
        since = today - timedelta(6)
        found = await figures.stats("partner", caller.organisation_id, "channel", since, today)
        return {"ways": rules.parts_of({one.key: one.people for one in found.data})}
    return {"rewards": await _rewards(caller, places) if role == "follower" else []}


async def _codes(places: list[Enrolment]) -> list[tuple[str, Enrolment]]:
    codes = await coupons.of([place.id for place in places])
    return [(codes[place.id], place) for place in places if place.id in codes][:3]


async def _rewards(
    caller: Caller, places: list[Enrolment]
) -> list[tuple[Enrolment, int, int, int | None]]:
    """(place, rupiah this month, the month's limit, percent of it) where there is a limit."""
    terms = await versions.at([place.campaign_id for place in places], world.now())
    month = month_of(world.now(), caller.zone)
    earned = await queries.month_of_places([place.id for place in places], month)
    found = []
    for place in places:
        limit = terms[place.campaign_id][1].max_per_partner_month
        if limit is not None:
            so_far = earned.get(place.id, 0)
            found.append((place, so_far, limit, rules.of_limit(so_far, limit)))
    return found[:3]


PAGES = [pages.show("/partner", show, guards.signed_in("partner"))]
