"""What both reseller's journeys start from: a live campaign, and sales by the shop's own system."""

import httpx2

from jejaring import world
from referrals.clicks.models import Click
from tests.browser.walk import Site, until
from tests.cast import Cast, Member, call

TERMS = {
    "rules": [{"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}],
    "hold_days": 0,
}


async def ok(
    site: Site, who: Member, method: str, path: str, json: object = None
) -> httpx2.Response:
    """A call of the API that must succeed."""
    reply = await call(site.client, who, method, path, json)
    assert reply.status_code in (200, 201), (path, reply.status_code, reply.text)
    return reply


async def launch(site: Site, cast: Cast) -> str:
    """A product and a live campaign that anybody may join; its id."""
    product = {"sku": "KEMEJA-1", "name": "Kemeja Jlamprang", "price": 185_000}
    await ok(site, cast.laras, "POST", "/v1/products", product)
    draft = {
        "name": "Batik Akhir Tahun",
        "product_ids": [],
        "joining": "open",
        "audience": ["reseller", "follower"],
        "terms": TERMS,
    }
    made = (await ok(site, cast.laras, "POST", "/v1/campaigns", draft)).json()
    await ok(site, cast.laras, "POST", f"/v1/campaigns/{made['id']}/launch")
    return str(made["id"])


async def sell(site: Site, cast: Cast, opened: str) -> None:
    """The buyer who opened the link at this address buys two shirts, paid and delivered."""
    click_id = httpx2.URL(opened).params["jj"]
    await until(lambda: Click.filter(id=click_id).exists())
    order = {
        "order_id": "INV-1",
        "source": "website",
        "placed_at": world.now().isoformat(),
        "state": "delivered",
        "items": [{"sku": "KEMEJA-1", "quantity": 2, "unit_price": 185_000}],
        "shipping": 12_000,
        "currency": "IDR",
        "click_id": click_id,
    }
    reply = (await ok(site, cast.laras, "POST", "/v1/sales", order)).json()
    assert [row["amount"] for row in reply["commissions"]] == [37_000], reply


async def payable(site: Site, cast: Cast) -> bool:
    """The commission's hold is over for the shop's books too."""
    rows = (await call(site.client, cast.laras, "GET", "/v1/balance")).json()["data"]
    return bool(rows) and rows[0]["payable"] == 37_000
