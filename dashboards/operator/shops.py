"""Shops: found, invited, vouched for, suspended; their sites verified by hand. All audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import sites
from campaigns.catalog.models import Site
from campaigns.lifecycle import queries as lifecycle
from dashboards.figures import pieces
from dashboards.figures.queries import Figures
from dashboards.frame import forms
from dashboards.operator import queries
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound, Refusal
from jejaring.kit.periods import day_of
from jejaring.ledger import journal
from jejaring.members import invitations, links, organisations, teams
from jejaring.settings import settings
from jejaring.trail import queries as trail
from jejaring.web import pages, render

PAGE = 30
PATH = "/operator/shops"


@dataclass(frozen=True)
class ShopRow:
    """A shop with this month's figures of its partners."""

    org: Organisation
    partners: int
    figures: Figures
    budget: int


async def rows(found: Sequence[Organisation], today: date) -> list[ShopRow]:
    """The shops with their figures: three queries however many there are."""
    ids = [org.id for org in found]
    partners, budgets = await queries.partners_of(ids), await queries.budgets_of(ids)
    figures = await pieces.by_shop(ids, today.replace(day=1), today)
    return [
        ShopRow(
            org, partners.get(org.id, 0), figures.get(org.id, Figures("")), budgets.get(org.id, 0)
        )
        for org in found
    ]


async def shelf(request: Request, caller: Caller) -> Response:
    """Shops, newest first; those without a word of the operator apart."""
    return await _shelf(request, caller)


async def _shelf(request: Request, caller: Caller, invited: str | None = None) -> Response:
    words = request.query_params.get("q", "").strip()[:60]
    unvouched = request.query_params.get("unvouched") == "1"
    cursor = request.query_params.get("cursor")
    found = await organisations.page(
        "merchant", words, unvouched=unvouched, limit=PAGE, cursor=cursor
    )
    unproved, _ = await sites.waiting(20)
    today = day_of(world.now(), caller.zone)
    context = {
        "rows": await rows(found.organisations, today),
        "q": words,
        "unvouched": unvouched,
        "sites": unproved,
        "next": found.next_cursor,
        "cursor": cursor,
        "invited": invited,
    }
    return render.page(request, "operator/shops.html", context)


async def invite(request: Request, caller: Caller) -> Response:
    """An invitation to open a shop; its link is on this answer and never again."""
    memo = pages.text(request, "memo", 120)
    _, code = await invitations.create(caller, "shop", memo=memo)
    return await _shelf(request, caller, f"{settings().base}/signup?as=shop&code={code}")


async def one(request: Request, caller: Caller) -> Response:
    """A shop: its state, activity, and what hinders it."""
    return await _page(request, caller, await _shop(request))


async def _shop(request: Request) -> Organisation:
    row = await organisations.get(request.path_params["shop_id"])
    if row.kind != "merchant":
        raise NotFound
    return row


async def _page(
    request: Request,
    caller: Caller,
    row: Organisation,
    refusal: Refusal | None = None,
    reset: str | None = None,
) -> Response:
    today = day_of(world.now(), caller.zone)
    hosts, _ = await sites.page(row.id, 50)
    live, _ = await lifecycle.page(row.id, "live", 20)
    seen = await trail.page(row.id, limit=10)
    context: dict[str, Any] = {
        "shop": row,
        "row": (await rows([row], today))[0],
        "sites": hosts,
        "live": live,
        "members": await teams.members(row.id),
        "standing": await journal.standing(row.id),
        "entries": seen.entries,
        "reset": reset,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return render.page(request, "operator/shop.html", context, status)


async def decide(request: Request, caller: Caller) -> Response:
    """Vouch, suspend, or end a suspension."""
    row = await _shop(request)
    verbs = {
        "vouch": organisations.vouch,
        "suspend": organisations.suspend,
        "unsuspend": organisations.unsuspend,
    }
    step = pages.text(request, "step", 12)
    if step in verbs:
        await verbs[step](caller, row.id)
    flash = {"vouch": "vouched", "suspend": "wait_suspended", "unsuspend": "unsuspended"}
    return pages.go(f"{PATH}/{row.id}", flash.get(step), name=row.name)


async def verify(request: Request, caller: Caller) -> Response:
    """The operator's word for a shop's site."""
    site = await Site.get_or_none(id=request.path_params["site_id"])
    if site is None:
        raise NotFound
    try:
        await sites.vouch(site.id, caller.actor)
    except Conflict as exc:
        shop = await organisations.get(site.merchant_id)
        return await _page(request, caller, shop, exc)
    return pages.go(f"{PATH}/{site.merchant_id}", "site_verified", host=site.host)


async def reset(request: Request, caller: Caller) -> Response:
    """A password link for somebody of the shop's team, on this answer only."""
    row = await _shop(request)
    user_id = pages.text(request, "user", 40)
    if user_id not in {member.user_id for member in await teams.members(row.id)}:
        raise NotFound
    token = await links.reset(caller, user_id)
    return await _page(request, caller, row, reset=links.url_of(token))


_READ, _EDIT = guards.signed_in("operator", "read"), guards.signed_in("operator", "edit")
PAGES = [
    pages.show(PATH, shelf, _READ),
    pages.act(PATH, invite, _EDIT),
    pages.show(PATH + "/{shop_id}", one, _READ),
    pages.act(PATH + "/{shop_id}", decide, _EDIT),
    pages.act(PATH + "/{shop_id}/reset", reset, guards.signed_in("operator", "members")),
    pages.act("/operator/sites/{site_id}/verify", verify, _EDIT),
]
