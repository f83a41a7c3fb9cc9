"""The wizard's first page: what a campaign sells; it saves the draft."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.catalog.products import Sieve
from campaigns.lifecycle import queries, steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignChange, CampaignIn
from campaigns.terms.rules import ROLES
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from dashboards.merchant.campaigns.draft import away, draft_of, onward
from dashboards.merchant.terms import rules
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import pages

SHOWN_PRODUCTS = 200


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
        body, _ = rules.read(rules.preset("percent"), caller.zone)
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
    return onward(row, "terms")


async def show_products(request: Request, caller: Caller) -> Response:
    """Step 1: name and products."""
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
    covered = (await queries.products([row.id])).get(row.id, [])
    typed = {"name": row.name, "scope": "all" if row.whole_shop else "some", "product": covered}
    return await _products_page(request, caller, row, typed)


async def save_products(request: Request, caller: Caller) -> Response:
    """Save step 1."""
    row = await draft_of(request, caller)
    if row is None:
        return away(request)
    typed = _sent_products(request)
    try:
        wish = {"name": typed["name"], "product_ids": _ids(request, typed)}
        await steer.change(caller, row.id, forms.shaped(CampaignChange, wish))
    except Refusal as exc:
        return await _products_page(request, caller, row, typed, exc)
    return onward(row, "terms")


_EDIT = guards.signed_in("merchant", "edit")
_AT = "/merchant/campaigns/{campaign_id}/draft"
PAGES = [
    pages.show("/merchant/campaigns/new", begin, _EDIT),
    pages.act("/merchant/campaigns/new", create, _EDIT),
    pages.show(f"{_AT}/products", show_products, _EDIT),
    pages.act(f"{_AT}/products", save_products, _EDIT),
]
