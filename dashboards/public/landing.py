"""The front page, and what strangers are told: privacy and terms of use."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboards.frame import nav
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.money import percent_of
from jejaring.web import pages, render

PRICE, DISCOUNT_BP, RATE_BP = 285_000, 500, 1_200


async def landing(request: Request, caller: Caller | None) -> Response:
    """What this is, with one sale in rupiah; whoever is signed in goes to their own page."""
    if caller is not None and "pesan" not in request.query_params:
        return RedirectResponse(nav.home(caller.kind), 303)
    discount = percent_of(PRICE, DISCOUNT_BP)
    commission = percent_of(PRICE - discount, RATE_BP)
    example = {
        "price": PRICE,
        "discount": discount,
        "paid": PRICE - discount,
        "commission": commission,
        "shop": PRICE - discount - commission,
        "rate": RATE_BP,
        "discount_rate": DISCOUNT_BP,
    }
    return render.page(request, "landing.html", {"example": example})


async def privacy(request: Request, _: object) -> Response:
    """What is kept, why, how long, and how to have it removed."""
    return render.page(request, "privacy.html")


async def terms(request: Request, _: object) -> Response:
    """The rules of using Jejaring, in plain words."""
    return render.page(request, "terms.html")


PAGES = [
    pages.show("/", landing, guards.everybody),
    pages.show("/privacy", privacy, guards.everybody),
    pages.show("/terms", terms, guards.everybody),
]
