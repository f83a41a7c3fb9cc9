"""The short way inside uvicorn: the same answers as the ordinary way, and a connection that lives
on as HTTP says.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from jejaring.db import sql
from jejaring.identity import sessions
from referrals.clicks import recorder
from referrals.clicks.models import Click
from referrals.clicks.protocol import Protocol, Ride
from referrals.clicks.redirect import Redirect
from referrals.links.models import Link
from tests import make
from tests.cast import Cast

AGENT = "Mozilla/5.0 (Linux; Android 12; SM-A107F) Chrome/120 Mobile Safari/537.36"


@dataclass
class Line:
    """A connection, spoken to byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, *requests: str) -> None:
        self.writer.write("".join(requests).encode())

    async def hear(self, *, head: bool = False) -> tuple[int, dict[str, str]]:
        """The next answer: its status and headers; its body is read past."""
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = raw.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        if not head:
            await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split()[1]), headers

    async def has_ended(self) -> bool:
        return await self.reader.read() == b""


def get(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> str:
    lines = [f"{method} {path} HTTP/{version}", "Host: jejaring.test", f"User-Agent: {AGENT}"]
    return "\r\n".join([*lines, *headers, "", ""])


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to hold")


@pytest_asyncio.fixture(loop_scope="session")
async def link(http: httpx2.AsyncClient) -> Link:
    found = await make.link()
    await http.get(f"/r/{found.code}", headers={"User-Agent": "curl/8"})  # now it is in memory
    await Click.all().delete()
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(app: Starlette) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """The application served as `serve` does it, in this loop; its port."""
    config = uvicorn.Config(
        app, http=Protocol, ws="none", lifespan="off", access_log=False, server_header=False,
        log_level="critical", timeout_graceful_shutdown=5,
    )  # fmt: skip
    served = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        task = asyncio.create_task(served._serve([opened]))
        await until(lambda: served.started)
        yield served, opened.getsockname()[1]
        served.should_exit = True
        await task


@pytest_asyncio.fixture(loop_scope="session")
async def line(running: tuple[uvicorn.Server, int]) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running[1])
    yield Line(reader, writer)
    writer.close()


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of hits that went the ordinary way."""
    went: list[str] = []
    before = Redirect.answer

    async def noted(self: Redirect, scope, send, code, entry) -> None:  # type: ignore[no-untyped-def]
        went.append(scope["path"])
        await before(self, scope, send, code, entry)

    monkeypatch.setattr(Redirect, "answer", noted)
    return went


async def clicks() -> list[Click]:
    return await Click.all().order_by("seq")


async def test_both_ways_answer_and_store_alike(
    line: Line, http: httpx2.AsyncClient, link: Link, ordinary: list[str]
) -> None:
    line.say(get(f"/q/{link.code}?fbclid=x", "Referer: https://www.instagram.com/p/1"))
    status, short = await line.hear()
    assert ordinary == []
    headers = {"User-Agent": AGENT, "Referer": "https://www.instagram.com/p/1"}
    reply = await http.get(f"/q/{link.code}?fbclid=x", headers=headers)
    assert ordinary == [f"/q/{link.code}"]
    assert (status, reply.status_code) == (302, 302)
    ours, theirs = await clicks()
    assert short["location"] == reply.headers["location"].replace(theirs.id, ours.id)
    assert short["set-cookie"].startswith(f"jj_v={ours.visitor}; ")
    assert (
        short["set-cookie"].replace(ours.visitor or "", theirs.visitor or "")
        == (reply.headers["set-cookie"])
    )
    assert set(short) - set(reply.headers) == {"date"}
    assert set(reply.headers) <= set(short)
    for name in ("link_id", "partner_id", "kind", "via", "device", "referrer", "own"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert (ours.kind, ours.via, ours.referrer) == ("person", "scan", "www.instagram.com")


async def test_a_connection_lives_on_and_a_visitor_keeps_their_cookie(
    line: Line, link: Link, ordinary: list[str]
) -> None:
    line.say(get(f"/r/{link.code}"))
    cookie = (await line.hear())[1]["set-cookie"].partition(";")[0]
    line.say(get(f"/r/{link.code}", f"Cookie: a=b; {cookie}", "Connection: keep-alive"))
    assert (await line.hear())[1]["set-cookie"].startswith(cookie)
    line.say(get("/healthz"))
    assert (await line.hear())[0] == 200
    first, second = await clicks()
    assert first.visitor == second.visitor
    assert ordinary == []


async def test_requests_sent_without_waiting_are_answered_in_their_order(
    line: Line, link: Link
) -> None:
    hit = get(f"/r/{link.code}")
    line.say(hit, get("/healthz"), hit, hit)
    assert [(await line.hear())[0] for _ in range(4)] == [302, 200, 302, 302]
    assert len(await clicks()) == 3


@pytest.mark.parametrize(
    "request_",
    [
        get("/r/{code}", "Connection: close"),
        get("/r/{code}", version="1.0"),
        get("/r/{code}", "Content-Length: 2") + "ok",
        get("/r/{code}", "Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\n\r\n",
        get("/r/{code}", "Expect: 100-continue", "Connection: close"),
        get("/r/{code}", "Connection: upgrade", "Upgrade: h2c"),
    ],
    ids=["close", "1.0", "body", "chunked", "expect", "upgrade"],
)
async def test_what_is_not_plain_goes_the_ordinary_way(
    line: Line, link: Link, ordinary: list[str], request_: str
) -> None:
    line.say(request_.replace("{code}", link.code))
    status, headers = await line.hear()
    assert status == 302
    assert ordinary == [f"/r/{link.code}"]
    (stored,) = await clicks()
    assert stored.id in headers["location"]


async def test_who_shows_nobody_anything_is_not_a_person(line: Line, link: Link) -> None:
    line.say(get(f"/r/{link.code}", method="HEAD"))
    assert (await line.hear(head=True))[0] == 302
    line.say(get(f"/r/{link.code}", "Sec-Purpose: prefetch"))
    status, headers = await line.hear()
    assert status == 302
    assert "set-cookie" not in headers
    assert [click.kind for click in await clicks()] == ["bot", "prefetch"]


async def test_a_chat_is_shown_a_card(line: Line, link: Link) -> None:
    line.say(get(f"/r/{link.code}").replace(AGENT, "WhatsApp/2.23"))
    status, headers = await line.hear()
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_a_partners_own_browser_is_still_recognised(
    line: Line, cast: Cast, link: Link, ordinary: list[str]
) -> None:
    token = await sessions.open(cast.rina.user.id)
    own = await make.link(await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org))
    for _ in range(2):
        line.say(get(f"/r/{own.code}", f"Cookie: {sessions.cookie_name()}={token}"))
        assert (await line.hear())[0] == 302
    assert ordinary == [f"/r/{own.code}"] * 2
    assert [click.own for click in await clicks()] == [True, True]


async def test_an_unknown_code_is_a_page_that_helps(line: Line, link: Link) -> None:
    line.say(get("/r/zzzzzzz"))
    assert (await line.hear())[0] == 404


async def test_when_clicks_cannot_be_stored_the_buyer_still_gets_there(
    line: Line, link: Link
) -> None:
    await sql.rows("ALTER TABLE click RENAME TO click_gone")
    try:
        line.say(get(f"/r/{link.code}"))
        status, headers = await line.hear()
    finally:
        await sql.rows("ALTER TABLE click_gone RENAME TO click")
    assert status == 302
    assert "jj=" not in headers["location"]


async def test_who_hangs_up_before_the_answer_is_stored_and_harms_nobody(
    line: Line, running: tuple[uvicorn.Server, int], link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Ride] = []
    before = Ride.answer

    def noted(self: Ride, stored: bool) -> None:
        gone.append(self)
        self.protocol.connection_lost(None)
        before(self, stored)

    with monkeypatch.context() as patched:
        patched.setattr(Ride, "answer", noted)
        line.say(get(f"/r/{link.code}"))
        assert await line.has_ended()
    assert [ride.disconnected for ride in gone] == [True]
    reader, writer = await asyncio.open_connection("127.0.0.1", running[1])
    other = Line(reader, writer)
    other.say(get(f"/r/{link.code}"))
    assert (await other.hear())[0] == 302
    writer.close()
    assert len(await clicks()) == 2


async def test_one_that_fails_keeps_no_other_from_its_answer(
    line: Line, link: Link, running: tuple[uvicorn.Server, int]
) -> None:
    loop = asyncio.get_running_loop()
    faults: list[BaseException | None] = []
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: faults.append(context.get("exception")))
    outcome: asyncio.Future[bool] = loop.create_future()

    def fails(_: bool) -> None:
        raise ZeroDivisionError

    try:
        batch = recorder.Batch(loop=loop)
        batch.told.extend([fails, outcome.set_result])
        batch.set_result(True)
        assert await outcome
    finally:
        loop.set_exception_handler(handler)
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_a_server_that_is_stopping_answers_what_waits_and_closes(
    app: Starlette, http: httpx2.AsyncClient, link: Link
) -> None:
    config = uvicorn.Config(app, http=Protocol, lifespan="off", log_level="critical")
    served = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        task = asyncio.create_task(served._serve([opened]))
        await until(lambda: served.started)
        reader, writer = await asyncio.open_connection(*opened.getsockname())
        line = Line(reader, writer)
        line.say(get(f"/r/{link.code}"))
        protocols = served.server_state.connections
        await until(lambda: any(isinstance(vars(p)["cycle"], Ride) for p in protocols))
        for protocol in list(protocols):
            protocol.shutdown()
        status, headers = await line.hear()
        assert (status, headers["connection"]) == (302, "close")
        assert await line.has_ended()
        writer.close()
        served.should_exit = True
        await task
