"""`Idempotency-Key`: the same POST again gets the same answer, and happens once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.db.transact import drain
from jejaring.jobs.models import Beat
from jejaring.web.idempotency import ABANDONED, KEPT
from jejaring.web.models import KeptReply
from tests.cast import Cast, Member
from tests.foundation import toys

KEY = "order-1"


@pytest_asyncio.fixture(loop_scope="session")
async def toy(db: None) -> AsyncIterator[httpx2.AsyncClient]:
    """A stranger's client of the toy API."""
    toys.runs.clear()
    transport = httpx2.ASGITransport(app=toys.build(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://jejaring.test") as client:
        yield client


async def _post(
    toy: httpx2.AsyncClient,
    who: Member,
    name: str = "a",
    key: str = KEY,
    path: str = "/v1/toys",
) -> httpx2.Response:
    headers = who.headers | {"Idempotency-Key": key}
    return await toy.post(path, json={"name": name}, headers=headers)


async def test_the_same_body_replays_the_answer(toy: httpx2.AsyncClient, cast: Cast) -> None:
    first, again = await _post(toy, cast.laras), await _post(toy, cast.laras)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["content-type"] == again.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert toys.runs == ["a"]


async def test_another_body_is_refused(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _post(toy, cast.laras)
    reply = await _post(toy, cast.laras, name="b")
    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_is_its_organisations_own(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _post(toy, cast.laras)
    assert (await _post(toy, cast.bukit, name="b")).status_code == 201


async def test_without_a_key_everything_happens_again(toy: httpx2.AsyncClient, cast: Cast) -> None:
    for _ in range(2):
        await toy.post("/v1/toys", json={"name": "a"}, headers=cast.laras.headers)
    assert toys.runs == ["a", "a"]


async def test_a_refusal_is_not_kept(toy: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await _post(toy, cast.laras, name="taken")).status_code == 409
    assert (await _post(toy, cast.laras, name="broken")).status_code == 500
    assert (await _post(toy, cast.laras, name="a")).status_code == 201


async def _running(toy: httpx2.AsyncClient, who: Member) -> None:
    """Leave the key as a process leaves it that died half-way."""
    await _post(toy, who)
    await KeptReply.all().update(status=None, reply=None)
    toys.runs.clear()


async def test_while_it_runs_the_same_is_a_conflict(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _running(toy, cast.laras)
    reply = await _post(toy, cast.laras)
    assert (reply.status_code, reply.json()["code"]) == (409, "still_running")
    other = await _post(toy, cast.laras, name="b")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_an_abandoned_one_may_be_tried_again(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _running(toy, cast.laras)
    with world.at(world.now() + ABANDONED + timedelta(seconds=1)):
        assert (await _post(toy, cast.laras)).status_code == 201
        assert (await _post(toy, cast.laras)).headers["idempotency-replayed"] == "true"
    assert toys.runs == ["a"]


async def test_after_seven_days_a_key_is_forgotten(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _post(toy, cast.laras)
    with world.at(world.now() + KEPT + timedelta(seconds=1)):
        assert (await _post(toy, cast.laras, name="b")).status_code == 201


async def test_many_at_once_happen_once(toy: httpx2.AsyncClient, cast: Cast) -> None:
    replies = await asyncio.gather(*[_post(toy, cast.laras) for _ in range(8)])
    assert toys.runs == ["a"]
    assert {r.status_code for r in replies} <= {201, 409}
    assert sum("idempotency-replayed" not in r.headers for r in replies if r.is_success) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "kunci\x7f"])
async def test_a_key_is_plain_text(toy: httpx2.AsyncClient, cast: Cast, key: str) -> None:
    reply = await _post(toy, cast.laras, key=key)
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_idempotency_key")


@pytest.mark.parametrize("path", ["/v1/toys", "/v1/apart"])
async def test_a_cut_off_request_keeps_its_key(
    toy: httpx2.AsyncClient, cast: Cast, path: str
) -> None:
    toys.started.clear()
    toys.finish.clear()
    task = asyncio.create_task(_post(toy, cast.laras, name="slow", path=path))
    await toys.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    toys.finish.set()
    await drain()
    row = await KeptReply.get()
    assert row.status == (201 if path == "/v1/toys" else None)


async def test_what_was_done_and_what_was_answered_are_one(
    toy: httpx2.AsyncClient, cast: Cast
) -> None:
    """Where the answer cannot be kept, because the key was given up meanwhile, nothing was done."""
    reply = await _post(toy, cast.laras, name="given up")
    assert (reply.status_code, reply.json()["code"]) == (409, "still_running")
    assert await Beat.all().count() == 0


async def test_an_answered_key_is_never_given_up(toy: httpx2.AsyncClient, cast: Cast) -> None:
    await _post(toy, cast.laras)
    with world.at(world.now() + ABANDONED * 2):
        assert (await _post(toy, cast.laras)).headers["idempotency-replayed"] == "true"
    assert toys.runs == ["a"]
