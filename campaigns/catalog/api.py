"""JSON routes of products and sites."""

from campaigns.catalog import products, sites
from campaigns.catalog.shapes import (
    ProductChange,
    ProductIn,
    ProductOut,
    ProductQuery,
    SiteIn,
    SiteOut,
    product_out,
    site_out,
)
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, Reply, get, patch, post
from jejaring.web.shapes import PageOf, PageQuery


async def create_product(caller: Caller, body: ProductIn) -> ProductOut:
    """Add a product.

    `urls.website` must be on one of your verified sites, the others on the marketplace's own hosts.
    """
    return product_out(await products.create(caller, body), caller.slug)


async def list_products(caller: Caller, query: ProductQuery) -> PageOf[ProductOut]:
    """List products, newest first."""
    sieve = products.Sieve(query.sku, query.archived)
    rows, cursor = await products.page(caller.organisation_id, sieve, query.limit, query.cursor)
    shown = [product_out(row, caller.slug) for row in rows]
    return PageOf(data=shown, next_cursor=cursor)


async def get_product(caller: Caller, product_id: str) -> ProductOut:
    """Get a product."""
    return product_out(await products.get(caller.organisation_id, product_id), caller.slug)


async def change_product(caller: Caller, product_id: str, body: ProductChange) -> ProductOut:
    """Change a product.

    Absent fields stay; null empties category, description, image_url and single addresses.
    """
    return product_out(await products.change(caller, product_id, body), caller.slug)


async def create_site(caller: Caller, body: SiteIn) -> SiteOut | Reply:
    """Add a host that links may lead to, once it is verified.

    The same host again answers 200 with the existing one.
    """
    row, is_new = await sites.add(caller, body.host)
    return Reply(site_out(row), 201 if is_new else 200)


async def list_sites(caller: Caller, query: PageQuery) -> PageOf[SiteOut]:
    """List sites, newest first."""
    rows, cursor = await sites.page(caller.organisation_id, query.limit, query.cursor)
    return PageOf(data=[site_out(row) for row in rows], next_cursor=cursor)


async def verify_site(caller: Caller, site_id: str) -> SiteOut:
    """Verify a site by its TXT record or its file."""
    return site_out(await sites.verify(caller, site_id))


_GUARD = guards.merchant("catalog")
ENDPOINTS: list[Endpoint] = [
    post("/v1/products", create_product, _GUARD),
    get("/v1/products", list_products, _GUARD),
    get("/v1/products/{product_id}", get_product, _GUARD),
    patch("/v1/products/{product_id}", change_product, _GUARD),
    post("/v1/sites", create_site, _GUARD, statuses=(200,)),
    get("/v1/sites", list_sites, _GUARD),
    post("/v1/sites/{site_id}/verify", verify_site, _GUARD, status=200, apart=True),
]
