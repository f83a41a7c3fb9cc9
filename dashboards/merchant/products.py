"""Products: the list, the form for a new one and for changes, off the shelf and back."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.catalog.models import Product
from campaigns.catalog.products import Sieve
from campaigns.catalog.rules import CHANNELS
from campaigns.catalog.shapes import ProductChange, ProductIn
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.settings import settings
from jejaring.web import pages

FIELDS = ("name", "sku", "price", "category", "description", "stock", "image_url", *CHANNELS)
PAGE = 50
_NAMES = {f"/urls/{channel}": channel for channel in CHANNELS}


async def shelf(request: Request, caller: Caller) -> Response:
    """What the shop sells, newest first; archived ones apart."""
    archived = request.query_params.get("archived") == "1"
    cursor = request.query_params.get("cursor")
    rows, after = await products.page(caller.organisation_id, Sieve(None, archived), PAGE, cursor)
    context = {"products": rows, "next": after, "cursor": cursor, "archived": archived}
    return await hang.page(request, "merchant/products.html", context)


async def blank(request: Request, caller: Caller) -> Response:
    """The empty form."""
    typed = dict.fromkeys(FIELDS, "") | {"stock": "in_stock"}
    return await _form(request, caller, typed)


async def _form(
    request: Request,
    caller: Caller,
    typed: dict[str, str],
    product: Product | None = None,
    refusal: Refusal | None = None,
) -> Response:
    context: dict[str, Any] = {
        "typed": typed,
        "product": product,
        "page_url": f"{settings().base}/p/{caller.slug}/{product.slug}" if product else None,
        "first": request.query_params.get("first", ""),
    }
    if refusal is not None:
        context["errors"] = forms.words(request, refusal, _NAMES)
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/product.html", context, status)


def _typed(request: Request) -> dict[str, str]:
    return {name: pages.text(request, name, 5_000) for name in FIELDS}


def _body(request: Request) -> dict[str, Any]:
    """The form as the API's body. Invalid with every field that cannot be read."""
    reader = Reader(request)
    body: dict[str, Any] = {
        "name": reader.text("name", limit=200),
        "sku": reader.text("sku", required=False, limit=80),
        "price": reader.rupiah("price"),
        "category": reader.text("category", required=False, limit=80) or None,
        "description": reader.text("description", required=False, limit=6_000) or None,
        "stock": reader.text("stock", required=False) or "in_stock",
        "image_url": reader.text("image_url", required=False, limit=600) or None,
        "urls": {name: reader.text(name, required=False) or None for name in CHANNELS},
    }
    reader.done()
    return body


async def create(request: Request, caller: Caller) -> Response:
    """Store a new product; without a SKU it gets one made from its name."""
    try:
        body = _body(request)
        body["sku"] = body["sku"] or body["name"].upper().replace(" ", "-")[:40]
        row = await products.create(caller, forms.shaped(ProductIn, body))
    except Refusal as exc:
        return await _form(request, caller, _typed(request), None, _at_sku(exc))
    back = "/merchant" if request.query_params.get("first") else "/merchant/products"
    return pages.go(back, "product_saved", name=row.name)


def _at_sku(exc: Refusal) -> Refusal:
    """A taken SKU is said at its field."""
    if exc.code == "sku_exists":
        return Invalid.at("/sku", "sku_exists", **exc.values)
    return exc


async def show(request: Request, caller: Caller) -> Response:
    """The product in its form."""
    row = await products.get(caller.organisation_id, request.path_params["product_id"])
    typed = {
        "name": row.name,
        "sku": row.sku,
        "price": f"{row.price:,}".replace(",", "."),
        "category": row.category,
        "description": row.description,
        "stock": row.stock,
        "image_url": row.image_url or "",
        **{channel: row.urls.get(channel, "") for channel in CHANNELS},
    }
    return await _form(request, caller, typed, row)


async def change(request: Request, caller: Caller) -> Response:
    """Save what changed."""
    row = await products.get(caller.organisation_id, request.path_params["product_id"])
    try:
        body = _body(request)
        body["sku"] = body["sku"] or row.sku
        saved = await products.change(caller, row.id, forms.shaped(ProductChange, body))
    except Refusal as exc:
        return await _form(request, caller, _typed(request), row, _at_sku(exc))
    return pages.go("/merchant/products", "product_saved", name=saved.name)


async def archive(request: Request, caller: Caller) -> Response:
    """Off the shelf, or back on it."""
    away = pages.text(request, "away") == "1"
    product_id = request.path_params["product_id"]
    row = await products.change(caller, product_id, ProductChange(archived=away))
    flash = "product_archived" if away else "product_restored"
    return pages.go("/merchant/products", flash, name=row.name)


_READ, _EDIT = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "edit")
PAGES = [
    pages.show("/merchant/products", shelf, _READ),
    pages.show("/merchant/products/new", blank, _EDIT),
    pages.act("/merchant/products/new", create, _EDIT),
    pages.show("/merchant/products/{product_id}", show, _EDIT),
    pages.act("/merchant/products/{product_id}", change, _EDIT),
    pages.act("/merchant/products/{product_id}/archive", archive, _EDIT),
]
