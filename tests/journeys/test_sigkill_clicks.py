"""SIGKILL under load: every click that was acknowledged is stored, once."""

import asyncio

import httpx2

from referrals.clicks.models import Click
from tests import make
from tests.server import server

AT_ONCE = 40
ENOUGH = 400
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 12; SM-A107F) Chrome/120 Mobile Safari/537.36"}


class Crowd:
    """Forty people who click again and again, and remember which ids they were given."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.known: list[str] = []
        self.enough = asyncio.Event()

    async def click(self, client: httpx2.AsyncClient) -> None:
        while True:
            try:
                reply = await client.get(self.path, headers=PHONE)
            except httpx2.TransportError:
                return
            assert reply.status_code == 302
            self.known.append(httpx2.URL(reply.headers["location"]).params["jj"])
            if len(self.known) >= ENOUGH:
                self.enough.set()


async def test_no_acknowledged_click_is_lost_or_doubled(http: httpx2.AsyncClient) -> None:
    crowd = Crowd(f"/r/{(await make.link()).code}")
    async with server() as (client, process):
        people = [asyncio.create_task(crowd.click(client)) for _ in range(AT_ONCE)]
        await asyncio.wait_for(crowd.enough.wait(), 60)
        process.kill()
        await asyncio.gather(*people)
    stored = [str(found) for found in await Click.all().values_list("id", flat=True)]
    assert len(crowd.known) == len(set(crowd.known)) >= ENOUGH
    assert len(stored) == len(set(stored))
    assert set(crowd.known) <= set(stored)
    # What was stored but not answered in time is at most what was under way.
    assert len(stored) - len(crowd.known) <= AT_ONCE
