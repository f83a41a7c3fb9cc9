"""The QR images of a link, for everybody: they are printed, sent and hung up."""

import asyncio

from pydantic import Field
from starlette.responses import Response

from jejaring.identity import guards
from jejaring.kit.errors import Invalid, NotFound
from jejaring.settings import settings
from jejaring.web.api import Endpoint, get
from jejaring.web.shapes import QueryShape
from referrals.links import lookup, qr

# A code leads to the same link for ever.
_KEEP = {"Cache-Control": "public, max-age=86400", "Content-Disposition": "inline"}


class SizeQuery(QueryShape):
    """Width and height of the picture."""

    size: int = Field(qr.USUAL, json_schema_extra={"minimum": qr.SMALLEST, "maximum": qr.LARGEST})


async def _scanned(code: str) -> str:
    """What the QR encodes: the link's address for scans. NotFound for an unknown code."""
    if await lookup.find(code) is None:
        raise NotFound("unknown_link")
    return f"{settings().base}/q/{code}"


async def qr_svg(code: str) -> Response:
    """The link's QR code for print, as SVG."""
    text = await _scanned(code)
    return Response(qr.svg(text), media_type="image/svg+xml", headers=_KEEP)


async def qr_png(code: str, query: SizeQuery) -> Response:
    """The link's QR code as PNG, `size` pixels wide and high (120 to 2000)."""
    if not qr.SMALLEST <= query.size <= qr.LARGEST:
        raise Invalid("qr_size", min=qr.SMALLEST, max=qr.LARGEST)
    text = await _scanned(code)
    drawn = await asyncio.to_thread(qr.png, text, query.size)
    return Response(drawn, media_type="image/png", headers=_KEEP)


ENDPOINTS: list[Endpoint] = [
    get("/r/{code}/qr.svg", qr_svg, guards.everybody, raw="image/svg+xml"),
    get("/r/{code}/qr.png", qr_png, guards.everybody, raw="image/png"),
]
