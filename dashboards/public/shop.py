"""A shop and its products, for those who buy; the order handed over to WhatsApp."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.catalog.models import Product
from dashboards.public import card, photo, queries, rules
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.kit.errors import NotFound
from jejaring.settings import settings
from jejaring.web import language, pages, render
from referrals.links import coupons
from referrals.links.rules import reference


async def shop(request: Request, _: object) -> Response:
    """The shop: its products; whoever brought the buyer stays with them."""
    merchant = await queries.shop(request.path_params["merchant"])
    sold = await queries.products(merchant.id)
    click = request.query_params.get("jj", "")
    context = {
        "merchant": merchant,
        "products": sold,
        "referrer": await queries.referrer(merchant.id, click, None),
        "ended": request.query_params.get("berakhir") == "1",
        "picture": card.shop_url(merchant),
        "shades": {one.id: rules.shade(one.id) for one in sold},
        "photos": {one.id: photo.path_of(merchant, one) for one in sold},
    }
    return render.page(request, "shop.html", context)


async def product(request: Request, _: object) -> Response:
    """The product: photo, price with the partner's discount, ways to order."""
    merchant, one = await _found(request)
    if one.archived_at is not None:
        return pages.go(f"/p/{merchant.slug}", "info_product_gone", name=one.name)
    click = request.query_params.get("jj", "")
    referrer = await queries.referrer(merchant.id, click, one.id)
    return render.page(request, "product.html", _context(request, merchant, one, referrer))


def _context(
    request: Request,
    merchant: Organisation,
    one: Product,
    referrer: queries.Referrer | None,
) -> dict[str, Any]:
    price = rules.discounted(one.price, referrer.discount_bp if referrer else None)
    return {
        "merchant": merchant,
        "product": one,
        "referrer": referrer,
        "price": price,
        "markets": rules.markets(one.urls),
        "website": one.urls.get("website"),
        "ended": request.query_params.get("berakhir") == "1",
        "picture": photo.path_of(merchant, one) or card.drawn_url(merchant, one),
        "photo": photo.path_of(merchant, one),
        "shade": rules.shade(one.id),
    }


async def order(request: Request, _: object) -> Response:
    """303 to a WhatsApp chat with the shop: product, price, reference, and the link with the
    click; without a number of the shop, back to the page.
    """
    merchant, one = await _found(request)
    path = f"/p/{merchant.slug}/{one.slug}"
    if not merchant.phone or one.archived_at is not None or one.stock == "out":
        return pages.go(path, "no_order")
    click = pages.text(request, "jj", 40)
    referrer = await queries.referrer(merchant.id, click, one.id)
    text = order_text(language.pick(request), merchant, one, referrer)
    return RedirectResponse(rules.whatsapp(merchant.phone, text), 303)


def order_text(
    lang: str, merchant: Organisation, one: Product, referrer: queries.Referrer | None
) -> str:
    """What the buyer sends: worded by `order.text`, then the reference, then the link."""
    price = rules.discounted(one.price, referrer.discount_bp if referrer else None)
    lines = [language.say(lang, "order.text", shop=merchant.name, name=one.name, price=price)]
    link = f"{settings().base}/p/{merchant.slug}/{one.slug}"
    if referrer is not None:
        link += f"?jj={referrer.click_id}"
        if referrer.code is not None:
            check = coupons.check_of(merchant.id, referrer.code)
            lines.append(reference(referrer.code, check))
    return "\n".join([*lines, link])


async def product_card(request: Request, _: object) -> Response:
    """The picture that chats show of a product without a photo."""
    merchant, one = await _found(request)
    return await card.of_product(request, merchant, one)


async def product_photo(request: Request, _: object) -> Response:
    """Our copy of the product's photo."""
    merchant, one = await _found(request)
    return await photo.show(request, merchant, one)


async def shop_card(request: Request, _: object) -> Response:
    """The picture that chats show of the shop."""
    return await card.of_shop(request, await queries.shop(request.path_params["merchant"]))


async def find(request: Request, _: object) -> Response:
    """To the shop that somebody looks for, or back with a word."""
    wanted = request.query_params.get("q", "")[:100]
    path = await queries.search(wanted)
    return RedirectResponse(path, 303) if path else pages.go("/", "no_shop", q=wanted)


async def lost_link(request: Request, _: object) -> Response:
    """A code that the redirect does not know: a page that helps."""
    raise NotFound("link_unknown")


async def _found(request: Request) -> tuple[Organisation, Product]:
    merchant = await queries.shop(request.path_params["merchant"])
    one = await queries.product(merchant.id, request.path_params["product"])
    if one is None:
        raise NotFound("product_unknown")
    return merchant, one


PAGES = [
    pages.show("/r/{code}", lost_link, guards.everybody),
    pages.show("/q/{code}", lost_link, guards.everybody),
    pages.show("/find", find, guards.everybody),
    pages.show("/p/{merchant}/card.png", shop_card, guards.everybody),
    pages.show("/p/{merchant}/{product}/card.png", product_card, guards.everybody),
    pages.show("/p/{merchant}/{product}/photo.jpg", product_photo, guards.everybody),
    pages.show("/p/{merchant}", shop, guards.everybody),
    pages.show("/p/{merchant}/{product}", product, guards.everybody),
    pages.act("/p/{merchant}/{product}/order", order, guards.everybody),
]
