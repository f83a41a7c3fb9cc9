"""Headers on every reply; static files under names that carry their hash."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from jejaring.web import assets
from jejaring.web.headers import Headers


async def _get(secure: bool, path: str = "/") -> httpx2.Response:
    app = Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse("x")),
            Route("/own", lambda _: PlainTextResponse("x", headers={"Referrer-Policy": "origin"})),
        ],
        middleware=[Middleware(Headers, secure=secure)],
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jejaring.test") as client:
        return await client.get(path)


async def test_every_reply_is_guarded() -> None:
    headers = (await _get(secure=False)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


async def test_https_is_remembered_only_over_https() -> None:
    assert "max-age" in (await _get(secure=True)).headers["strict-transport-security"]


async def test_a_reply_may_say_otherwise() -> None:
    reply = await _get(secure=False, path="/own")
    assert reply.headers["referrer-policy"] == "origin"
    assert "cache-control" not in reply.headers


async def test_a_static_file_is_kept_for_a_year_under_its_hash(http: httpx2.AsyncClient) -> None:
    fresh = await http.get(assets.url("app.css"))
    assert fresh.status_code == 200
    assert fresh.headers["content-type"].startswith("text/css")
    assert "immutable" in fresh.headers["cache-control"]
    old = await http.get("/static/app.0000000000.css")
    assert (old.text, "immutable" in old.headers["cache-control"]) == (fresh.text, False)
    assert (await http.get("/static/app.css")).text == fresh.text


@pytest.mark.parametrize(
    "name",
    ["nothing.css", "app.exe", "app", "..%2f..%2fmain.py", "%2e%2e.css", "a.b.c.css", "%00.css"],
)
async def test_nothing_else_is_served(http: httpx2.AsyncClient, name: str) -> None:
    assert (await http.get(f"/static/{name}")).status_code == 404
