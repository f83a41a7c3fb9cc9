"""Forms come from our own pages, with the session's token."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.identity import sessions
from jejaring.identity.models import Session
from jejaring.web import csrf
from tests.cast import Cast
from tests.foundation import toys


@pytest_asyncio.fixture(loop_scope="session")
async def toy(http: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """A stranger's browser on the toy pages (`http` sets up the templates)."""
    transport = httpx2.ASGITransport(app=toys.build(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jejaring.test") as client:
        yield client


async def _signed_in(toy: httpx2.AsyncClient, cast: Cast) -> str:
    token = await sessions.open(cast.laras.user.id)
    toy.cookies.set(sessions.cookie_name(), token)
    return csrf.masked((await Session.get(token_hash=sessions.hash_of(token))).form_token)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_foreign_form_is_refused_even_of_a_stranger(
    toy: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    reply = await toy.post("/toys", data={"name": "a"}, headers=headers)
    assert reply.status_code == 403
    assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://jejaring.test"}],
)
async def test_our_own_form_is_taken_from_a_stranger(
    toy: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    reply = await toy.post("/toys", data={"name": " a\x00b "}, headers=headers)
    assert (reply.status_code, reply.text) == (200, "ab")


async def test_a_signed_in_form_needs_its_token(toy: httpx2.AsyncClient, cast: Cast) -> None:
    token = await _signed_in(toy, cast)
    assert (await toy.post("/mine", data={"name": "a"})).status_code == 403
    assert (await toy.post("/mine", data={"name": "a", "csrf": "guess"})).status_code == 403
    reply = await toy.post("/mine", data={"name": "a", "csrf": token})
    assert (reply.status_code, reply.text) == (200, "a")


async def test_a_token_of_another_session_does_not_count(
    toy: httpx2.AsyncClient, cast: Cast
) -> None:
    other = await _signed_in(toy, cast)
    await _signed_in(toy, cast)
    assert (await toy.post("/mine", data={"csrf": other})).status_code == 403


async def test_a_stranger_is_sent_to_sign_in(toy: httpx2.AsyncClient) -> None:
    reply = await toy.post("/mine", data={"name": "a"})
    assert reply.status_code == 303
    assert reply.headers["location"] == "/signin?next=/merchant"


def test_a_token_looks_different_on_every_page_and_is_the_same() -> None:
    token = world.token(32)
    shown = {csrf.masked(token) for _ in range(20)}
    assert len(shown) == 20
    assert {csrf.unmasked(one) for one in shown} == {token}


@pytest.mark.parametrize("sent", ["a", "0O", "ä" * 64, "a" * 63])
def test_what_was_never_masked_is_no_token(sent: str) -> None:
    assert len(csrf.unmasked(sent)) != 32


async def test_pages_travel_packed_and_machines_replies_do_not(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    page = await http.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    reply = await http.get("/v1/products", headers=cast.laras.headers)
    assert "content-encoding" not in reply.headers
