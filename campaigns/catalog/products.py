"""A merchant's products: made, changed, found by sku."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import IntegrityError

from campaigns.catalog import sites
from campaigns.catalog.models import Product
from campaigns.catalog.rules import CHANNELS, Fault, shop_url, web_url
from campaigns.catalog.shapes import ProductChange, ProductIn, Urls
from jejaring import world
from jejaring.db.listing import newest
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.identity.rules import Caller
from jejaring.kit.errors import BadField, Conflict, Invalid, NotFound
from jejaring.kit.text import slug
from jejaring.trail.write import note

_PLAIN = ("sku", "name", "price", "stock")
_CLEARABLE = ("category", "description", "image_url")
_TRIES = 5


@dataclass(frozen=True)
class Sieve:
    """Which products a list wants; None asks for nothing."""

    sku: str | None = None
    archived: bool | None = None


async def find(merchant_id: str, skus: Collection[str]) -> dict[str, Product]:
    """The merchant's products with these skus, archived ones too (late orders name them)."""
    rows = await Product.filter(merchant_id=merchant_id, sku__in=list(skus))
    return {row.sku: row for row in rows}


async def get(merchant_id: str, product_id: str) -> Product:
    """The merchant's product; NotFound for another's."""
    row = await Product.get_or_none(id=product_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return row


async def by_id(merchant_id: str, product_ids: Collection[str]) -> dict[str, Product]:
    """Those of these products that are the merchant's."""
    rows = await Product.filter(merchant_id=merchant_id, id__in=list(product_ids))
    return {row.id: row for row in rows}


async def page(
    merchant_id: str, sieve: Sieve | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Product], str | None]:
    """The merchant's products, newest first."""
    wanted = Product.filter(merchant_id=merchant_id)
    if sieve is not None and sieve.sku is not None:
        wanted = wanted.filter(sku=sieve.sku)
    if sieve is not None and sieve.archived is not None:
        wanted = wanted.filter(archived_at__isnull=not sieve.archived)
    return await newest(wanted, limit, cursor)


async def create(caller: Caller, draft: ProductIn) -> Product:
    """A new product, its slug made from its name. Conflict `sku_exists`; Invalid for addresses."""
    urls = await _addresses(caller.organisation_id, draft.image_url, draft.urls)
    for attempt in range(_TRIES):
        try:
            return await transact(lambda: _store(caller, draft, urls))
        except IntegrityError:
            # Another request took the sku, or only the slug: a second look tells which.
            taken = await find(caller.organisation_id, [draft.sku])
            if taken or attempt == _TRIES - 1:
                raise Conflict("sku_exists", sku=draft.sku) from None
    raise AssertionError


async def _store(caller: Caller, draft: ProductIn, urls: dict[str, str]) -> Product:
    merchant_id = caller.organisation_id
    taken = await find(merchant_id, [draft.sku])
    if taken:
        raise Conflict("sku_exists", sku=draft.sku, product_id=taken[draft.sku].id)
    row = await Product.create(
        id=world.new_id("prd"),
        merchant_id=merchant_id,
        sku=draft.sku,
        slug=await _free_slug(merchant_id, slug(draft.name) or slug(draft.sku) or "produk"),
        name=draft.name,
        price=draft.price,
        category=(draft.category or "").strip(),
        description=draft.description or "",
        image_url=draft.image_url and web_url(draft.image_url),
        urls=urls,
        stock=draft.stock or "in_stock",
        created_at=world.now(),
    )
    await publish("product.changed", merchant_id, row.id)
    return row


async def _free_slug(merchant_id: str, wish: str) -> str:
    """The wish, or with the first number behind it that is free in this shop."""
    like = Product.filter(merchant_id=merchant_id, slug__startswith=wish)
    taken = {str(one) for one in await like.values_list("slug", flat=True)}
    number, free = 1, wish
    while free in taken:
        number += 1
        free = f"{wish}-{number}"
    return free


async def change(caller: Caller, product_id: str, wish: ProductChange) -> Product:
    """Change what is given; the slug stays. NotFound, Conflict `sku_exists`, Invalid."""
    row = await get(caller.organisation_id, product_id)
    given = wish.model_dump(exclude_unset=True)
    values: dict[str, Any] = {n: given[n] for n in _PLAIN if given.get(n) is not None}
    values |= {n: given[n] for n in _CLEARABLE if n in given}
    for name in ("category", "description"):
        if name in values:
            values[name] = (values[name] or "").strip()
    if wish.urls is not None or wish.image_url is not None:
        sound = await _addresses(caller.organisation_id, wish.image_url, wish.urls)
        if wish.urls is not None:
            kept = {n: u for n, u in row.urls.items() if n not in wish.urls.model_fields_set}
            values["urls"] = kept | sound
    if values.get("image_url"):
        values["image_url"] = web_url(values["image_url"])
    if wish.archived is not None and wish.archived != (row.archived_at is not None):
        values["archived_at"] = world.now() if wish.archived else None
    if values:
        await transact(lambda: _update(caller, row, values))
    return row


async def _update(caller: Caller, row: Product, values: dict[str, Any]) -> None:
    row.update_from_dict(values)
    try:
        await transact(lambda: row.save(update_fields=list(values)))
    except IntegrityError:
        raise Conflict("sku_exists", sku=row.sku) from None
    if "archived_at" in values:
        action = "product.archived" if row.archived_at else "product.restored"
        org = caller.organisation_id
        await note(action, row.id, actor=caller.actor, organisation_id=org)
    await publish("product.changed", caller.organisation_id, row.id)


async def _addresses(merchant_id: str, image: str | None, urls: Urls | None) -> dict[str, str]:
    """The sound addresses by channel; Invalid with every bad one."""
    bad = [BadField("/image_url", "bad_url")] if image and web_url(image) is None else []
    given: dict[str, str | None] = {}
    if urls is not None:
        given = {channel: getattr(urls, channel) for channel in CHANNELS}
    own = await sites.verified(merchant_id) if given.get("website") else []
    sound: dict[str, str] = {}
    for channel, text in given.items():
        if text is None:
            continue
        read = shop_url(channel, text, own)
        if isinstance(read, Fault):
            values = {"channel": channel, "host": read.host, "hosts": read.hosts}
            bad.append(BadField(f"/urls/{channel}", read.code, values))
        else:
            sound[channel] = read
    if bad:
        raise Invalid(fields=bad)
    return sound
