"""The one way out: public addresses only, no redirects, bounded; outcomes are values."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from jejaring.settings import settings
from jejaring.web import client


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 — an address, not a binding
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("::127.0.0.1", False),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert client.is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///nothing",
        "https://a:b@example.com/",
        "https://example.com:22/",
        "https://example.com:x/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/",
        "http://①②⑦.⓪.⓪.①/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://[::127.0.0.1]/",
        "http://2130706433@127.0.0.1/",
    ],
)
async def test_what_may_not_be_called_never_is(url: str) -> None:
    assert (await client.fetch(url)).outcome == "refused_address"


async def test_a_name_that_leads_inside_is_refused() -> None:
    assert (await client.fetch("http://localhost/")).outcome == "refused_address"


async def test_a_name_that_does_not_exist_is_unresolved() -> None:
    assert (await client.fetch("http://nothing.invalid/")).outcome == "unresolved"


@pytest_asyncio.fixture(loop_scope="session")
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server on this machine, and a client that may call its port."""

    async def big(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (client.MAX_BYTES + 1))

    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("/file")

    async def file(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.headers.get('X-A')}")

    app = web.Application()
    app.router.add_get("/big", big)
    app.router.add_get("/slow", slow)
    app.router.add_get("/away", away)
    app.router.add_route("*", "/file", file)
    runner = web.AppRunner(app)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    port = runner.addresses[0][1]
    monkeypatch.setattr(client, "_PORTS", (None, port))
    yield f"http://localhost:{port}"
    await runner.cleanup()


def anywhere(_: str) -> bool:
    return True


async def test_an_answer_is_handed_back(shop: str) -> None:
    found = await client.fetch(f"{shop}/file", headers=[("X-A", "b")], check=anywhere)
    assert (found.good, found.status, found.body) == (True, 200, b"GET b")
    assert found.content_type == "text/plain"
    sent = await client.fetch(f"{shop}/file", method="POST", body=b"{}", check=anywhere)
    assert sent.body == b"POST None"


async def test_redirects_are_not_followed(shop: str) -> None:
    found = await client.fetch(f"{shop}/away", check=anywhere)
    assert (found.outcome, found.status, found.good) == ("ok", 302, False)


async def test_a_body_that_is_too_large_is_let_go(shop: str) -> None:
    assert (await client.fetch(f"{shop}/big", check=anywhere)).outcome == "too_large"


async def test_a_server_that_says_nothing_times_out(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.05)
    assert (await client.fetch(f"{shop}/slow", check=anywhere)).outcome == "timeout"


async def test_plain_http_under_tls_is_bad_tls(shop: str) -> None:
    secure = shop.replace("http:", "https:")
    assert (await client.fetch(f"{secure}/file", check=anywhere)).outcome == "bad_tls"


async def test_nobody_there_is_unreachable(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PORTS", (1,))
    found = await client.fetch("http://localhost:1/", check=anywhere)
    assert found.outcome == "unreachable"


async def test_http_is_only_for_development(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = settings().model_copy(update={"base_url": "https://jejaring.id"})
    monkeypatch.setattr(client, "settings", lambda: safe)
    assert (await client.fetch("http://example.com/")).outcome == "refused_address"


async def test_the_txt_records_of_nobody_are_a_value() -> None:
    found = await client.txt("nothing.invalid")
    assert found.outcome in ("unresolved", "timeout")
    assert found.texts == ()
