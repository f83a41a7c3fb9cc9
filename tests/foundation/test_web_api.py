"""The manners of every JSON route: strict shapes, whole answers, problems in one form."""

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import redis.asyncio as redis

from jejaring.settings import Settings
from jejaring.web import limits
from tests.cast import Cast, call
from tests.foundation import toys


@pytest_asyncio.fixture(loop_scope="session")
async def toy(db: None) -> AsyncIterator[httpx2.AsyncClient]:
    """A stranger's client of the toy API."""
    toys.runs.clear()
    transport = httpx2.ASGITransport(app=toys.build(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jejaring.test") as client:
        yield client


def _problem(reply: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["code"] == code
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    return body


async def test_a_stranger_is_refused(toy: httpx2.AsyncClient) -> None:
    _problem(await toy.post("/v1/toys", json={"name": "a"}), 401, "key_needed")
    bad = {"Authorization": "Bearer nobody"}
    reply = await toy.get("/v1/toys/x", headers=bad)
    _problem(reply, 401, "key_unknown")
    assert reply.headers["www-authenticate"] == "Bearer"


async def test_the_wrong_side_is_refused(toy: httpx2.AsyncClient, cast: Cast) -> None:
    _problem(await call(toy, cast.rina, "GET", "/v1/toys"), 403, "wrong_side")
    _problem(await call(toy, cast.laras, "DELETE", "/v1/toys/x"), 403, "wrong_side")
    assert (await call(toy, cast.rina, "DELETE", "/v1/toys/x")).status_code == 204


async def test_a_whole_object_answers_201(toy: httpx2.AsyncClient, cast: Cast) -> None:
    reply = await call(toy, cast.laras, "POST", "/v1/toys", {"name": " Gasing ", "price": 5})
    assert (reply.status_code, reply.json()) == (201, {"name": "Gasing", "price": 5, "runs": 1})
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("price", [10.0, "10", True, -1, 10**12 + 1, 2**70, [1]])
async def test_an_amount_is_a_whole_number_in_its_range(
    toy: httpx2.AsyncClient, cast: Cast, price: object
) -> None:
    reply = await call(toy, cast.laras, "POST", "/v1/toys", {"name": "a", "price": price})
    body = _problem(reply, 422, "invalid")
    assert [e["pointer"] for e in body["errors"]] == ["/price"]
    assert body["errors"][0]["detail"]


async def test_every_bad_field_is_named_at_once(toy: httpx2.AsyncClient, cast: Cast) -> None:
    sent = {
        "name": " ",
        "price": "x",
        "made_at": "2026-11-24T10:00:00",
        "parts": [{"sku": "a", "quantity": 1}, {"sku": "b", "quantity": 0, "colour": "red"}],
        "a/b~c": 1,
    }
    body = _problem(await call(toy, cast.laras, "POST", "/v1/toys", sent), 422, "invalid")
    assert {e["pointer"] for e in body["errors"]} == {
        "/name", "/price", "/made_at", "/parts/1/quantity", "/parts/1/colour", "/a~1b~0c",
    }  # fmt: skip
    assert toys.runs == []


async def test_optional_fields_may_be_null_or_absent(toy: httpx2.AsyncClient, cast: Cast) -> None:
    sent = {"name": "a", "made_at": None}
    assert (await call(toy, cast.laras, "POST", "/v1/toys", sent)).status_code == 201


@pytest.mark.parametrize("sent", [b"{", b"", b"[1,", b'{"name": "\xff"}'])
async def test_broken_json_is_said_to_be_broken(
    toy: httpx2.AsyncClient, cast: Cast, sent: bytes
) -> None:
    reply = await toy.post("/v1/toys", content=sent, headers=cast.laras.headers)
    if sent == b"":  # nothing at all is an empty object
        _problem(reply, 422, "invalid")
    else:
        _problem(reply, 400, "broken_json")


@pytest.mark.parametrize("sent", [b"[]", b"5", b'"a"', b"null"])
async def test_json_that_is_no_object_is_refused(
    toy: httpx2.AsyncClient, cast: Cast, sent: bytes
) -> None:
    reply = await toy.post("/v1/toys", content=sent, headers=cast.laras.headers)
    _problem(reply, 422, "invalid")


async def test_deep_json_is_refused_not_a_fault(toy: httpx2.AsyncClient, cast: Cast) -> None:
    sent = b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    reply = await toy.post("/v1/toys", content=sent, headers=cast.laras.headers)
    assert reply.status_code in (400, 422)


async def test_two_megabytes_are_too_much(toy: httpx2.AsyncClient, cast: Cast) -> None:
    sent = b'{"name": "' + b"a" * 2_000_000 + b'"}'
    _problem(await toy.post("/v1/toys", content=sent, headers=cast.laras.headers), 413, "too_large")
    assert (await toy.post("/v1/toys", content=sent)).status_code == 401


async def test_a_body_of_unannounced_length_is_cut_off_too(
    toy: httpx2.AsyncClient, cast: Cast
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"name": "'
        for _ in range(20):
            yield b"a" * 100_000

    reply = await toy.post("/v1/toys", content=pieces(), headers=cast.laras.headers)
    _problem(reply, 413, "too_large")


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "a\x00b"},
        {"name": "a", "tags": {"k": "\x00"}},
        {"name": "a", "tags": {"\x00": "v"}},
        {"name": "a", "parts": [{"sku": "\x01", "quantity": 1}]},
    ],
)
async def test_control_characters_are_refused_however_deep(
    toy: httpx2.AsyncClient, cast: Cast, sent: object
) -> None:
    _problem(await call(toy, cast.laras, "POST", "/v1/toys", sent), 422, "invalid")


async def test_control_characters_in_a_path_name_nothing(
    toy: httpx2.AsyncClient, cast: Cast
) -> None:
    _problem(await call(toy, cast.laras, "GET", "/v1/toys/a%00b"), 404, "not_found")
    _problem(await call(toy, cast.laras, "GET", "/v1/toys/" + "a" * 301), 404, "not_found")


async def test_another_method_is_405_with_what_is_allowed(toy: httpx2.AsyncClient) -> None:
    reply = await toy.put("/v1/toys")
    _problem(reply, 405, "method_not_allowed")
    assert "POST" in reply.headers["allow"] or "GET" in reply.headers["allow"]


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=0", ["/limit"]),
        ("limit=201", ["/limit"]),
        ("limit=x", ["/limit"]),
        ("limit=1&limit=2", ["/limit"]),
        ("colour=red", ["/colour"]),
        ("limit=0&colour=red", ["/limit", "/colour"]),
    ],
)
async def test_a_query_is_as_strict_as_a_body(
    toy: httpx2.AsyncClient, cast: Cast, query: str, pointers: list[str]
) -> None:
    body = _problem(await call(toy, cast.laras, "GET", f"/v1/toys?{query}"), 422, "invalid")
    assert sorted(e["pointer"] for e in body["errors"]) == sorted(pointers)


async def test_a_fault_is_a_reference_and_nothing_else(toy: httpx2.AsyncClient, cast: Cast) -> None:
    reply = await call(toy, cast.laras, "POST", "/v1/toys", {"name": "broken"})
    body = _problem(reply, 500, "fault")
    assert "ZeroDivision" not in reply.text
    assert len(body["detail"]) > 20


async def test_problems_speak_the_askers_language(toy: httpx2.AsyncClient, cast: Cast) -> None:
    english = cast.laras.headers | {"Accept-Language": "en-GB"}
    ours = (await toy.get("/v1/toys/a%00", headers=cast.laras.headers)).json()["detail"]
    theirs = (await toy.get("/v1/toys/a%00", headers=english)).json()["detail"]
    assert ours != theirs
    assert "not_found" not in ours + theirs


async def test_too_many_requests_wait(
    toy: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "settings", lambda: Settings(JEJARING_RATE_LIMIT=3))
    await _spend_three(toy, cast)


async def _spend_three(toy: httpx2.AsyncClient, cast: Cast) -> None:
    replies = [await call(toy, cast.laras, "GET", "/v1/toys") for _ in range(4)]
    assert [r.status_code for r in replies] == [200, 200, 200, 429]
    _problem(replies[3], 429, "too_many")
    assert 1 <= int(replies[3].headers["retry-after"]) <= 60
    assert (await call(toy, cast.bukit, "GET", "/v1/toys")).status_code == 200


async def test_the_limit_is_shared_through_redis(
    toy: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    connection = redis.from_url(url)
    try:
        await connection.ping()
    except redis.ConnectionError:
        pytest.skip("no Redis at TEST_REDIS_URL")
    finally:
        await connection.aclose()
    await _spend_three_by(Settings(JEJARING_RATE_LIMIT=3, REDIS_URL=url), toy, cast, monkeypatch)


async def test_while_redis_is_away_each_process_counts(
    toy: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Settings(JEJARING_RATE_LIMIT=3, REDIS_URL="redis://127.0.0.1:1/0")
    await _spend_three_by(away, toy, cast, monkeypatch)


async def _spend_three_by(
    chosen: Settings, toy: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "settings", lambda: chosen)
    try:
        await _spend_three(toy, cast)
    finally:
        await limits.disconnect()
