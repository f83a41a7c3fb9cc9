"""Products over HTTP: made, shown, changed, kept apart."""

import asyncio
from typing import Any

import httpx2
import pytest

from jejaring.hooks.models import Event
from tests import make
from tests.cast import Cast, call

KEMEJA = {"sku": "KEMEJA-1", "name": "Kemeja Jlamprang", "price": 185_000}


async def made(http: httpx2.AsyncClient, cast: Cast, **more: Any) -> dict[str, Any]:
    reply = await call(http, cast.laras, "POST", "/v1/products", {**KEMEJA, **more})
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


def places(reply: httpx2.Response) -> list[str]:
    return [error["pointer"] for error in reply.json()["errors"]]


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await http.get("/v1/products")).status_code == 401
    assert (await call(http, cast.rina, "GET", "/v1/products")).status_code == 403


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    path = f"/v1/products/{(await made(http, cast))['id']}"
    assert (await call(http, cast.bukit, "GET", path)).status_code == 404
    assert (await call(http, cast.bukit, "PATCH", path, {"price": 1})).status_code == 404
    assert (await call(http, cast.bukit, "GET", "/v1/products")).json()["data"] == []


async def test_a_product_is_shown_whole(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.site(cast.laras.org, "batiklaras.id")
    one = await made(
        http,
        cast,
        category=" Batik ",
        description="Tulis tangan.",
        image_url="https://img.batiklaras.id/1.jpg",
        urls={"website": "https://BatikLaras.id/kemeja?x=1", "shopee": "https://shp.ee/abc"},
        stock="low",
    )
    assert one["slug"] == "kemeja-jlamprang"
    assert one["page_url"] == "http://jejaring.test/p/batik-laras/kemeja-jlamprang"
    assert one["category"] == "Batik"
    assert one["currency"] == "IDR"
    assert one["urls"] == {
        "website": "https://batiklaras.id/kemeja?x=1",
        "shopee": "https://shp.ee/abc",
    }
    read = await call(http, cast.laras, "GET", f"/v1/products/{one['id']}")
    assert read.json() == one
    assert await Event.filter(name="product.changed", subject=one["id"]).count() == 1


async def test_names_may_repeat_and_slugs_do_not(http: httpx2.AsyncClient, cast: Cast) -> None:
    slugs = [(await made(http, cast, sku=f"K-{n}"))["slug"] for n in range(3)]
    assert slugs == ["kemeja-jlamprang", "kemeja-jlamprang-2", "kemeja-jlamprang-3"]
    assert (await made(http, cast, sku="K 9", name="蜡染"))["slug"] == "k-9"
    assert (await made(http, cast, sku="蜡", name="蜡染"))["slug"] == "produk"


async def test_a_sku_is_unique_in_its_shop_only(http: httpx2.AsyncClient, cast: Cast) -> None:
    await made(http, cast)
    again = await call(http, cast.laras, "POST", "/v1/products", KEMEJA)
    assert (again.status_code, again.json()["code"]) == (409, "sku_exists")
    assert (await call(http, cast.bukit, "POST", "/v1/products", KEMEJA)).status_code == 201
    other = await made(http, cast, sku="KEMEJA-2")
    path = f"/v1/products/{other['id']}"
    taken = await call(http, cast.laras, "PATCH", path, {"sku": "KEMEJA-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "sku_exists")


async def test_of_many_at_once_one_gets_the_sku(http: httpx2.AsyncClient, cast: Cast) -> None:
    wish = (call(http, cast.laras, "POST", "/v1/products", KEMEJA) for _ in range(4))
    statuses = [reply.status_code for reply in await asyncio.gather(*wish)]
    assert sorted(statuses) == [201, 409, 409, 409]


async def test_of_many_at_once_each_gets_a_slug(http: httpx2.AsyncClient, cast: Cast) -> None:
    rows = await asyncio.gather(*(made(http, cast, sku=f"K-{n}") for n in range(4)))
    assert len({row["slug"] for row in rows}) == 4


async def test_every_bad_field_is_named(http: httpx2.AsyncClient, cast: Cast) -> None:
    raw = {"sku": " ", "name": "x", "price": 10.5, "stock": "plenty", "colour": "red"}
    reply = await call(http, cast.laras, "POST", "/v1/products", raw)
    assert reply.status_code == 422
    assert sorted(places(reply)) == ["/colour", "/price", "/sku", "/stock"]


async def test_addresses_must_be_ones_own(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.site(cast.bukit.org, "kopibukit.id")
    await make.site(cast.laras.org, "batiklaras.id", verified_at=None)
    urls = {"website": "https://kopibukit.id/x", "shopee": "https://evil.id/", "lazada": "nothing"}
    raw = {**KEMEJA, "urls": urls, "image_url": "http://batiklaras.id/1.jpg"}
    reply = await call(http, cast.laras, "POST", "/v1/products", raw)
    assert reply.status_code == 422
    assert sorted(places(reply)) == ["/image_url", "/urls/lazada", "/urls/shopee", "/urls/website"]
    waiting = {**KEMEJA, "urls": {"website": "https://batiklaras.id/x"}}
    reply = await call(http, cast.laras, "POST", "/v1/products", waiting)
    assert places(reply) == ["/urls/website"]
    assert "batiklaras.id" in reply.json()["errors"][0]["detail"]


async def test_only_what_is_given_changes(http: httpx2.AsyncClient, cast: Cast) -> None:
    urls = {"shopee": "https://shp.ee/a", "tiktok": "https://vt.tiktok.com/b"}
    one = await made(http, cast, urls=urls, category="Batik", description="x")
    path = f"/v1/products/{one['id']}"
    wish = {"price": 0, "name": None, "description": None, "urls": {"shopee": None}}
    reply = await call(http, cast.laras, "PATCH", path, wish)
    assert reply.status_code == 200
    changed = reply.json()
    assert changed == one | {
        "price": 0,
        "description": "",
        "urls": {"tiktok": "https://vt.tiktok.com/b"},
    }
    assert (await call(http, cast.laras, "PATCH", path, {})).json() == changed


async def test_a_product_is_archived_and_restored(http: httpx2.AsyncClient, cast: Cast) -> None:
    one = await made(http, cast, image_url="https://a.id/1.jpg")
    path = f"/v1/products/{one['id']}"
    off = await call(http, cast.laras, "PATCH", path, {"archived": True, "image_url": None})
    assert off.json()["archived_at"] is not None
    assert off.json()["image_url"] is None
    shelf = await call(http, cast.laras, "GET", "/v1/products?archived=false")
    assert shelf.json()["data"] == []
    on = await call(http, cast.laras, "PATCH", path, {"archived": False})
    assert on.json()["archived_at"] is None
    assert len((await call(http, cast.laras, "GET", "/v1/products?archived=false")).json()["data"])


async def test_the_list_is_paged_newest_first(http: httpx2.AsyncClient, cast: Cast) -> None:
    for n in range(3):
        await made(http, cast, sku=f"K-{n}")
    first = (await call(http, cast.laras, "GET", "/v1/products?limit=2")).json()
    assert [row["sku"] for row in first["data"]] == ["K-2", "K-1"]
    rest = await call(http, cast.laras, "GET", f"/v1/products?cursor={first['next_cursor']}")
    assert [row["sku"] for row in rest.json()["data"]] == ["K-0"]
    assert rest.json()["next_cursor"] is None
    one = (await call(http, cast.laras, "GET", "/v1/products?sku=K-1")).json()["data"]
    assert [row["sku"] for row in one] == ["K-1"]


@pytest.mark.parametrize("query", ["cursor=nonsense", "limit=0", "limit=x", "color=1"])
async def test_a_bad_query_is_refused(http: httpx2.AsyncClient, cast: Cast, query: str) -> None:
    assert (await call(http, cast.laras, "GET", f"/v1/products?{query}")).status_code == 422
