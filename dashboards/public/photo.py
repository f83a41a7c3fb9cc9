"""Photos of products: fetched once from where the shop keeps them, re-encoded small, served by us.

The copies are stored (campaigns/catalog/photos.py), the latest also kept in the memory of the
process (a few MiB at most). A picture that cannot be had is asked for again after ten minutes, and
the drawn card stands in for it.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.catalog import photos
from campaigns.catalog.models import Product
from campaigns.catalog.rules import photo_version
from dashboards.public import card
from jejaring import world
from jejaring.identity.models import Organisation
from jejaring.web import client

KEPT = 100
AGAIN_AFTER = timedelta(minutes=10)
# A picture of the largest size takes some 200 MiB while it is made small: one after the other.
_decoding = asyncio.Semaphore(1)
_calling = asyncio.Semaphore(8)


@dataclass(frozen=True)
class Kept:
    """What came of an address: a JPEG, or None and when that was found out."""

    jpeg: bytes | None
    at: datetime


_kept: OrderedDict[str, Kept] = OrderedDict()
_fetching: dict[str, "asyncio.Task[Kept]"] = {}


def path_of(merchant: Organisation, one: Product) -> str | None:
    """Where a page finds the product's photo; None for a product without one."""
    if not one.image_url:
        return None
    if one.image_url.startswith("/"):
        return one.image_url
    return f"/p/{merchant.slug}/{one.slug}/photo.jpg?v={photo_version(one.image_url)}"


async def show(request: Request, merchant: Organisation, one: Product) -> Response:
    """The photo as a reply; the drawn card where it cannot be had."""
    found = await _have(one.image_url) if one.image_url else None
    if found is None or found.jpeg is None:
        return RedirectResponse(
            card.drawn_url(merchant, one), 302, headers={"Cache-Control": "public, max-age=300"}
        )
    fresh = request.query_params.get("v") == photo_version(one.image_url or "")
    keep = "public, max-age=31536000, immutable" if fresh else "public, max-age=300"
    return Response(found.jpeg, media_type="image/jpeg", headers={"Cache-Control": keep})


async def _have(url: str) -> Kept:
    """The photo from memory, from the database, or fetched: once, however many ask at a time."""
    known = _kept.get(url)
    if known is not None and (known.jpeg is not None or world.now() - known.at < AGAIN_AFTER):
        _kept.move_to_end(url)
        return known
    task = _fetching.get(url)
    if task is None:
        task = _fetching[url] = asyncio.create_task(_find(url))
        task.add_done_callback(lambda _: _fetching.pop(url, None))
    return await asyncio.shield(task)


async def _find(url: str) -> Kept:
    jpeg = await photos.kept(url) or await _fetch(url)
    found = _kept[url] = Kept(jpeg, world.now())
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found


async def _fetch(url: str) -> bytes | None:
    async with _calling:
        reply = await client.fetch(url)
    if not reply.good:
        return None
    async with _decoding:
        jpeg = await asyncio.to_thread(small, reply.body)
    if jpeg is not None:
        await photos.keep(url, jpeg)
    return jpeg


def small(raw: bytes) -> bytes | None:
    """The picture as a small JPEG; None if it is none that we take."""
    from dashboards.public import pictures  # noqa: PLC0415 — start-up time

    return pictures.small(raw)
