"""Selling prices of resellers, product by product."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.catalog.products import Sieve
from campaigns.lifecycle import queries
from campaigns.terms.shapes import PriceIn
from dashboards.frame import forms
from dashboards.merchant import hang
from dashboards.merchant.terms import rules, writing
from dashboards.merchant.terms.writing import Writing
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.web import pages

SHOWN = 200


async def shelf(request: Request, caller: Caller) -> Response:
    """The campaign's products with their selling prices."""
    now = await writing.of(request, caller)
    row = now.campaign
    covered = (await queries.products([row.id])).get(row.id, [])
    priced = [price["product_id"] for price in now.typed.prices]
    if covered:
        named = await products.by_id(row.merchant_id, [*priced, *covered][:SHOWN])
        sold = list(named.values())
    else:
        sold, _ = await products.page(row.merchant_id, Sieve(None, False), SHOWN)
        named = await products.by_id(row.merchant_id, priced) if priced else {}
        sold += [one for pid, one in named.items() if pid not in {other.id for other in sold}]
    context = {"now": now, "products": sorted(sold, key=lambda one: one.name.casefold())}
    return await hang.page(request, "merchant/prices.html", context)


async def edit(request: Request, caller: Caller) -> Response:
    """One product's price: base, floor and ceiling. NotFound for another's product."""
    now = await writing.of(request, caller)
    product_id = request.path_params["product_id"]
    own = {"product_id": product_id, **dict.fromkeys(rules.PRICES, "")}
    return await _page(request, now, now.typed.price(product_id) or own)


async def _page(
    request: Request, now: Writing, typed: Mapping[str, str], refusal: Refusal | None = None
) -> Response:
    product = await products.get(now.campaign.merchant_id, typed["product_id"])
    context: dict[str, Any] = {
        "now": now,
        "product": product,
        "t": typed,
        "kept": now.typed.price(product.id) is not None,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    return await hang.page(request, "merchant/price.html", context, 422 if refusal else 200)


async def save(request: Request, caller: Caller) -> Response:
    """Keep the price; three empty fields take it away. Invalid at its fields."""
    now = await writing.of(request, caller)
    product = await products.get(caller.organisation_id, request.path_params["product_id"])
    typed = {"product_id": product.id}
    typed |= {name: pages.text(request, name, 40) for name in rules.PRICES}
    if pages.text(request, "do") == "drop":
        typed |= dict.fromkeys(rules.PRICES, "")
    if any(typed[name] for name in rules.PRICES):
        try:
            price, bad = rules.price_of(typed)
            if bad:
                raise Invalid(fields=bad)
            forms.shaped(PriceIn, price)
        except Refusal as exc:
            return await _page(request, now, typed, exc)
    await writing.edit(caller, now, lambda t: rules.priced(t, typed))
    return pages.go(f"{now.below}/prices", "price_saved", name=product.name)


_EDIT = guards.signed_in("merchant", "edit")
_AT = "/merchant/campaigns/{campaign_id}/terms/prices"
PAGES = [
    pages.show(_AT, shelf, _EDIT),
    pages.show(f"{_AT}/{{product_id}}", edit, _EDIT),
    pages.act(f"{_AT}/{{product_id}}", save, _EDIT),
]
