"""Group commit: many at once, a database that is away, pruning, what is remembered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from jejaring import world
from jejaring.db import beside, sql
from jejaring.db.transact import transact
from jejaring.settings import settings
from jejaring.web.metrics import CLICKS_LOST
from referrals.clicks import jobs, recorder, visits
from referrals.clicks.models import Click
from referrals.clicks.stores import postgres, sqlite
from referrals.links import changes, lookup
from referrals.links.models import Link
from tests import make

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 12; SM-A107F) Chrome/120 Mobile Safari/537.36"}


@pytest.fixture
async def link(http: httpx2.AsyncClient) -> Link:
    return await make.link()


@pytest.fixture
async def broken(link: Link) -> AsyncIterator[None]:
    """Clicks cannot be stored, though links can be read."""
    await sql.rows("ALTER TABLE click RENAME TO click_gone")
    try:
        yield
    finally:
        await sql.rows("ALTER TABLE click_gone RENAME TO click")


async def test_many_at_once_are_each_stored_once(http: httpx2.AsyncClient, link: Link) -> None:
    paths = [f"/r/{link.code}"] * 90
    replies = await asyncio.gather(*[http.get(path, headers=PHONE) for path in paths])
    ids = [httpx2.URL(reply.headers["location"]).params["jj"] for reply in replies]
    assert len(set(ids)) == 90
    assert {row.id for row in await Click.all()} == set(ids)


async def test_clicks_wait_for_their_turn_behind_a_transaction(
    http: httpx2.AsyncClient, link: Link
) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await make.organisation()
        inside.set()
        await go_on.wait()

    money = asyncio.create_task(transact(work))
    await inside.wait()
    click = asyncio.create_task(http.get(f"/r/{link.code}", headers=PHONE))
    await asyncio.sleep(0)
    go_on.set()
    await money
    assert (await click).status_code == 302
    assert await Click.all().count() == 1


async def test_clicks_wait_for_another_process_that_writes(
    http: httpx2.AsyncClient, link: Link
) -> None:
    if not sql.on_sqlite():
        return  # PostgreSQL has no lock that all writers share
    other = beside.sqlite_writer(settings(), 0)
    other.execute("BEGIN IMMEDIATE")
    click = asyncio.create_task(http.get(f"/r/{link.code}", headers=PHONE))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not click.done()
    other.execute("COMMIT")
    other.close()
    assert "jj=" in (await click).headers["location"]


async def test_when_clicks_cannot_be_stored_the_buyer_still_gets_there(
    http: httpx2.AsyncClient, link: Link, broken: None
) -> None:
    lost = CLICKS_LOST.values[""]
    reply = await http.get(f"/r/{link.code}", headers=PHONE)
    assert reply.status_code == 302
    assert "jj=" not in reply.headers["location"]
    assert "/p/" in reply.headers["location"]
    assert CLICKS_LOST.values[""] == lost + 1


async def test_clicks_are_stored_again_once_the_database_is_back(
    http: httpx2.AsyncClient, link: Link
) -> None:
    await sql.rows("ALTER TABLE click RENAME TO click_gone")
    await http.get(f"/r/{link.code}", headers=PHONE)
    await sql.rows("ALTER TABLE click_gone RENAME TO click")
    reply = await http.get(f"/r/{link.code}", headers=PHONE)
    assert "jj=" in reply.headers["location"]
    assert await Click.all().count() == 1


async def test_a_fault_of_ours_keeps_no_buyer_waiting(
    http: httpx2.AsyncClient, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "rows_of", fault)
        patched.setattr(postgres, "rows_of", fault)
        replies = await asyncio.gather(
            *[http.get(f"/r/{link.code}", headers=PHONE) for _ in range(3)]
        )
    assert not any("jj=" in reply.headers["location"] for reply in replies)
    reply = await http.get(f"/r/{link.code}", headers=PHONE)
    assert "jj=" in reply.headers["location"]


async def test_a_recorder_that_is_stopping_stores_what_waits(
    http: httpx2.AsyncClient, link: Link
) -> None:
    waiting = asyncio.create_task(http.get(f"/r/{link.code}", headers=PHONE))
    await asyncio.sleep(0)
    await recorder.stop()
    try:
        assert (await waiting).status_code == 302
        late = await http.get(f"/r/{link.code}", headers=PHONE)
        assert "jj=" not in late.headers["location"]
    finally:
        await recorder.start(settings())
    assert "jj=" in (await http.get(f"/r/{link.code}", headers=PHONE)).headers["location"]


async def test_the_recorder_lets_another_process_in(http: httpx2.AsyncClient, link: Link) -> None:
    recorder._desk.pause = True
    try:
        many = [http.get(f"/r/{link.code}", headers=PHONE) for _ in range(30)]
        await asyncio.gather(*many)
        await http.get(f"/r/{link.code}", headers=PHONE)
    finally:
        recorder._desk.pause = False
    assert await Click.all().count() == 31


async def test_old_clicks_are_forgotten(http: httpx2.AsyncClient, link: Link) -> None:
    now = world.now()
    for days in (100, 91, 89, 1):
        with world.at(now - timedelta(days=days)):
            await http.get(f"/r/{link.code}", headers={"User-Agent": "curl/8"})
    assert await jobs.prune() == 2
    assert await Click.all().count() == 2
    assert await jobs.prune() == 0
    (duty,) = jobs.DUTIES
    await duty.run()


def test_visitors_beyond_what_is_kept_are_forgotten_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visits.reset()
    monkeypatch.setattr(visits, "HALF", 10)
    for number in range(25):
        assert not visits.was_here("lnk", f"v{number}", 0.0)
    assert visits.is_known("lnk", "v24")
    assert not visits.is_known("lnk", "v0")
    assert visits.was_here("lnk", "v24", 1.0)


async def test_links_beyond_what_is_kept_are_read_again(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup.reset()
    monkeypatch.setattr(lookup, "HALF", 3)
    links = [await make.link() for _ in range(8)]
    for link in links + links:
        entry = await lookup.find(link.code)
        assert entry is not None
        assert entry.link_id == link.id
    assert len(lookup._memory.young) + len(lookup._memory.old) <= 6
    oldest = next(iter(lookup._memory.old))
    assert lookup.cached(oldest) is None
    assert await lookup.find(oldest) is not None


async def test_what_another_process_changed_is_noticed_in_time(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch itself: no `catch_up` by hand, only time."""
    link = await make.link()
    await lookup.stop()
    monkeypatch.setattr(lookup, "EVERY_SECONDS", 0.01)
    await lookup.start(settings())
    before = await lookup.find(link.code)
    assert before is not None
    assert before.counts_to > 0
    await transact(lambda: changes.disable(link.id))
    async with asyncio.timeout(5):
        while lookup.cached(link.code) is before:  # noqa: ASYNC110 — the watch has no event
            await asyncio.sleep(0.01)
    after = await lookup.find(link.code)
    assert after is not None
    assert after.counts_to == 0
    monkeypatch.undo()
    await lookup.stop()
    await lookup.start(settings())


async def test_a_change_that_appears_late_under_a_lower_number_is_noticed(
    http: httpx2.AsyncClient,
) -> None:
    """PostgreSQL commits out of order; on SQLite numbers appear in order, so nothing is re-read."""
    link = await make.link()
    await lookup.catch_up()
    assert await lookup.find(link.code) is not None
    query = "INSERT INTO link_change (seq, scope, subject, at) VALUES (?, 'link', ?, ?)"
    await sql.rows(query, [9_000_002, "lnk_other", world.now()])
    await lookup.catch_up()
    assert lookup.cached(link.code) is not None
    await sql.rows(query, [9_000_001, link.id, world.now()])
    await lookup.catch_up()
    assert (lookup.cached(link.code) is None) is not sql.on_sqlite()
