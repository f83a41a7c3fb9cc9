"""Give an order to another partner, or to nobody: the facts first, then a reason."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.lifecycle.models import Campaign
from dashboards.frame import forms
from dashboards.merchant import hang, queries
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.web import language, pages
from referrals.intake import queries as sales
from referrals.intake import recredit
from referrals.intake.api import shop_of
from referrals.intake.recredit import Wanted
from referrals.intake.shapes import CreditIn, SaleDetail

SHOWN = 40
NOBODY = "-"


async def choose(request: Request, caller: Caller) -> Response:
    """Who is credited now, every touch, and who could be."""
    return await _page(request, caller, {"enrolment_id": "", "reason": ""})


async def _page(
    request: Request, caller: Caller, typed: dict[str, str], refusal: Refusal | None = None
) -> Response:
    sale_id = request.path_params["sale_id"]
    sale = await sales.sale(shop_of(caller), sale_id, language.pick(request), named=True)
    words = request.query_params.get("q", "").strip()[:60]
    touched = {touch.enrolment_id for touch in sale.touches}
    places = await queries.places(caller.organisation_id, words, SHOWN)
    places += await queries.places_of(touched - {e.id for e in places}) if not words else []
    handles = {c.partner for c in sale.credit} | {t.partner for t in sale.touches}
    context: dict[str, Any] = {
        "sale": sale,
        "names": await queries.names(handles),
        "campaigns": await _campaigns(sale),
        "options": [
            *((e.id, e.partner.name, e.campaign.name) for e in sorted(places, key=_first(touched))),
            (NOBODY, None, None),
        ],
        "paid": any(c.state in ("in_payout", "paid") for c in sale.commissions),
        "typed": typed,
        "words": words,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/credit.html", context, status)


def _first(touched: set[str]) -> Any:
    """Those who had a touch stand first."""
    return lambda e: (e.id not in touched, e.partner.name.casefold(), e.id)


async def _campaigns(sale: SaleDetail) -> dict[str, str]:
    ids = sorted({touch.campaign_id for touch in sale.touches})
    return dict(await Campaign.filter(id__in=ids).values_list("id", "name"))


async def decide(request: Request, caller: Caller) -> Response:
    """Credit the order to whom was chosen."""
    sale_id = request.path_params["sale_id"]
    typed = {"enrolment_id": pages.text(request, "enrolment_id", 32)}
    typed["reason"] = pages.text(request, "reason", 300)
    try:
        if not typed["enrolment_id"]:
            raise Invalid.at("/enrolment_id", "form.who")
        chosen = None if typed["enrolment_id"] == NOBODY else typed["enrolment_id"]
        body = forms.shaped(CreditIn, {"enrolment_id": chosen, "reason": typed["reason"]})
        wanted = Wanted(body.enrolment_id, body.reason, caller.actor)
        await recredit.recredit(shop_of(caller), sale_id, wanted)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await _page(request, caller, typed, exc)
    return pages.go(f"/merchant/sales/{sale_id}", "credit_decided")


_SELL = guards.signed_in("merchant", "sell")
PAGES = [
    pages.show("/merchant/sales/{sale_id}/credit", choose, _SELL),
    pages.act("/merchant/sales/{sale_id}/credit", decide, _SELL),
]
