"""The picture of a product or shop without a photo: batik strip, name, price, shop; 1200 × 630."""

import asyncio
import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog.models import Product
from dashboards.public.rules import shade, wrapped
from jejaring.identity.models import Organisation
from jejaring.kit.money import rupiah

WIDTH, HEIGHT = 1200, 630
KEPT = 64
MORI, INK, INK2, SOGA, CREAM = "#f6f5f1", "#1a1f27", "#555a64", "#a04a15", "#e9dcc0"
GROUNDS = ("#1c3f66", "#8a3a1c", "#1f5a3f", "#4a3023")
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
    """The card as PNG (a palette of 64 colours keeps it far below 300 KB)."""
    image = Image.new("RGB", (WIDTH, HEIGHT), MORI)
    pen = ImageDraw.Draw(image)
    _batik(pen, GROUNDS[face.ground])
    y = 120
    for line in wrapped(face.title, 22, 3):
        pen.text((404, y), line, font=_font(64), fill=INK, stroke_width=1, stroke_fill=INK)
        y += 80
    if face.price:
        pen.text((404, y + 16), face.price, font=_font(76), fill=SOGA, stroke_width=2,
                 stroke_fill=SOGA)  # fmt: skip
    pen.text((404, 526), face.foot[:44], font=_font(38), fill=INK2)
    out = io.BytesIO()
    image.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _batik(pen: ImageDraw.ImageDraw, ground: str) -> None:
    """A strip of kawung on the left: four petals around a knot, again and again."""
    wide, cell = 336, 112
    pen.rectangle((0, 0, wide, HEIGHT), fill=ground)
    for left in range(0, wide, cell):
        for top in range(-cell // 4, HEIGHT, cell):
            x, y = left + cell // 2, top + cell // 2
            for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                pen.polygon(_petal(x, y, dx, dy), outline=CREAM, width=3)
                pen.ellipse(_dot(x + dx * 27, y + dy * 27, 3), fill=CREAM)
            pen.ellipse(_dot(x, y, 7), fill="#c2702f")
    pen.rectangle((wide, 0, wide + 8, HEIGHT), fill=SOGA)


def _dot(x: int, y: int, radius: int) -> tuple[int, int, int, int]:
    return (x - radius, y - radius, x + radius, y + radius)


def _petal(x: int, y: int, dx: int, dy: int) -> list[tuple[float, float]]:
    """A pointed oval along a diagonal, from near the knot to the corner of its cell."""
    along = [(6 + 44 * step / 12, 1.3 * 44 * (step / 12) * (1 - step / 12)) for step in range(13)]
    outer = [(x + dx * (a + b), y + dy * (a - b)) for a, b in along]
    inner = [(x + dx * (a - b), y + dy * (a + b)) for a, b in reversed(along)]
    return outer + inner
