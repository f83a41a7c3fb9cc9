"""The picture of a product or shop without a photo: batik strip, name, price, shop; 1200 × 630."""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog.models import Product
from dashboards.public.rules import shade
from jejaring.identity.models import Organisation
from jejaring.kit.money import rupiah

KEPT = 64
_drawn: OrderedDict[tuple[str, str], bytes] = OrderedDict()


@dataclass(frozen=True)
class Face:
    """What is written on a card."""

    title: str
    price: str
    foot: str
    ground: int

    @property
    def version(self) -> str:
        """Changes when what is written changes."""
        text = f"{self.title}\n{self.price}\n{self.foot}\n{self.ground}"
        return hashlib.sha256(text.encode()).hexdigest()[:10]


def _place(merchant: Organisation) -> str:
    return f"{merchant.name}, {merchant.city}" if merchant.city else merchant.name


def face_of_product(merchant: Organisation, one: Product) -> Face:
    """The product's card."""
    return Face(one.name, rupiah(one.price), _place(merchant), shade(one.id))


def face_of_shop(merchant: Organisation) -> Face:
    """The shop's card."""
    return Face(merchant.name, "", merchant.city or "Jejaring", shade(merchant.id))


def drawn_url(merchant: Organisation, one: Product) -> str:
    """The path of the product's drawn picture."""
    version = face_of_product(merchant, one).version
    return f"/p/{merchant.slug}/{one.slug}/card.png?v={version}"


def shop_url(merchant: Organisation) -> str:
    """The path of the shop's picture."""
    return f"/p/{merchant.slug}/card.png?v={face_of_shop(merchant).version}"


async def of_product(request: Request, merchant: Organisation, one: Product) -> Response:
    """The picture as a reply."""
    return await _reply(request, one.id, face_of_product(merchant, one))


async def of_shop(request: Request, merchant: Organisation) -> Response:
    """The picture as a reply."""
    return await _reply(request, merchant.id, face_of_shop(merchant))


async def _reply(request: Request, subject: str, face: Face) -> Response:
    key = (subject, face.version)
    png = _drawn.get(key)
    if png is None:
        png = _drawn[key] = await asyncio.to_thread(draw, face)
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
    fresh = request.query_params.get("v") == face.version
    keep = "public, max-age=31536000, immutable" if fresh else "public, max-age=300"
    return Response(png, media_type="image/png", headers={"Cache-Control": keep})


def draw(face: Face) -> bytes:
    """The card as PNG."""
    from dashboards.public import pictures  # noqa: PLC0415 — start-up time

    return pictures.drawn(face.title, face.price, face.foot, face.ground)
