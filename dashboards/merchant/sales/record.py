"""The form of the counter and the chat: a sale with its items, and the partner's code."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.catalog.products import Sieve
from dashboards.frame import forms
from dashboards.merchant import hang, queries
from dashboards.merchant.sales import rules
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.kit.periods import local
from jejaring.trail.write import note
from jejaring.web import language, pages
from referrals.intake import queries as sales
from referrals.intake import record
from referrals.intake.api import draft_of, shop_of
from referrals.intake.shapes import SaleIn

SHOWN_PRODUCTS = 200


async def blank(request: Request, caller: Caller) -> Response:
    """The empty form; its order number makes sending it twice harmless."""
    now = local(world.now(), caller.zone)
    typed = dict.fromkeys(rules.names(rules.ROWS), "") | {
        "order_id": f"T{now:%y%m%d}-{world.token(4).upper()}",
        "placed": f"{now:%Y-%m-%dT%H:%M}",
        "source": "offline",
        "state": "completed",
    }
    return await _form(request, caller, typed, rules.ROWS)


async def _form(
    request: Request,
    caller: Caller,
    typed: dict[str, str],
    count: int,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    sold, _ = await products.page(caller.organisation_id, Sieve(None, False), SHOWN_PRODUCTS)
    context: dict[str, Any] = {
        "typed": typed,
        "rows": count,
        "products": sold,
        "errors": errors or {},
    }
    return await hang.page(request, "merchant/record.html", context, status)


async def save(request: Request, caller: Caller) -> Response:
    """More rows, or record the sale through the one pipeline."""
    count = rules.rows(pages.text(request, "rows", 2))
    typed = {name: pages.text(request, name, 500) for name in rules.names(count)}
    if pages.text(request, "do") == "rows":
        more = min(count + rules.MORE_ROWS, rules.MAX_ROWS)
        typed = {name: typed.get(name, "") for name in rules.names(more)}
        return await _form(request, caller, typed, more)
    used: list[int] = []
    try:
        skus = {typed[f"sku-{i}"].strip() for i in range(1, count + 1)} - {""}
        known = await products.find(caller.organisation_id, skus) if skus else {}
        prices = {sku: row.price for sku, row in known.items()}
        body, bad, used = rules.read(typed, count, prices, caller.zone)
        if bad:
            raise Invalid(fields=bad)
        sale = forms.shaped(SaleIn, body)
        shop = shop_of(caller)
        outcome = await record.record(shop, draft_of(sale, sale.source, sale.order_id))
    except Refusal as exc:
        places = {b.pointer: rules.field_of(b.pointer, used) for b in exc.fields}
        words = forms.words(request, exc, places)
        return await _form(request, caller, typed, count, words, exc.status)
    org = caller.organisation_id
    await note("sale.recorded", outcome.sale_id, actor=caller.actor, organisation_id=org)
    whole = await sales.plain(shop, outcome.sale_id, language.pick(request))
    path = f"/merchant/sales/{outcome.sale_id}"
    if not whole.credit:
        return pages.go(path, "sale_recorded")
    named = await queries.names({whole.credit[0].partner})
    earned = sum(c.amount - c.reversed for c in whole.commissions if c.state != "rejected")
    name = named.get(whole.credit[0].partner, whole.credit[0].partner)
    return pages.go(path, "sale_credited", name=name, amount=earned)


_SELL = guards.signed_in("merchant", "sell")
PAGES = [
    pages.show("/merchant/sales/new", blank, _SELL),
    pages.act("/merchant/sales/new", save, _SELL),
]
