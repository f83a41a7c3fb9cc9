"""SIGKILL under load: every acknowledged sale is there once, and sending all again is safe."""

import asyncio
from typing import Any

import httpx2

from jejaring import commands
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.orders.models import Sale
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body
from tests.server import server

AT_ONCE = 32
ENOUGH = 120
EARNS = 20_000


class Shop:
    """Thirty-two tills that send sale after sale, and remember what was acknowledged."""

    def __init__(self, s: Stage, clicks: list[str]) -> None:
        self.headers = s.cast.laras.headers
        self.clicks = clicks
        self.sent: dict[str, dict[str, Any]] = {}
        self.known: dict[str, str] = {}
        self.enough = asyncio.Event()

    def next(self) -> dict[str, Any]:
        number = len(self.sent)
        made = body(f"INV-{number}", click_id=self.clicks[number % len(self.clicks)])
        self.sent[made["order_id"]] = made
        return made

    async def till(self, client: httpx2.AsyncClient) -> None:
        while len(self.sent) < len(self.clicks) * 15:
            made = self.next()
            try:
                reply = await client.post("/v1/sales", json=made, headers=self.headers)
            except httpx2.TransportError:
                return
            assert reply.status_code == 201, reply.text
            self.known[made["order_id"]] = reply.json()["id"]
            if len(self.known) >= ENOUGH:
                self.enough.set()

    async def resend(self, client: httpx2.AsyncClient, made: dict[str, Any]) -> None:
        reply = await client.post("/v1/sales", json=made, headers=self.headers)
        known = self.known.get(made["order_id"])
        assert reply.status_code in ((200,) if known else (200, 201)), reply.text
        assert known in (None, reply.json()["id"])


async def test_no_acknowledged_sale_is_lost_or_doubled(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await stage.set_up(http, cast)
    shop = Shop(s, [await s.click() for _ in range(60)])
    async with server() as (client, process):
        tills = [asyncio.create_task(shop.till(client)) for _ in range(AT_ONCE)]
        await asyncio.wait_for(shop.enough.wait(), 60)
        process.kill()
        await asyncio.gather(*tills)
    assert len(shop.known) >= ENOUGH
    stored = {sale.order_id: sale.id for sale in await Sale.all()}
    assert await Sale.all().count() == len(stored)
    assert shop.known.items() <= stored.items()
    assert await commands.differences(settings()) == []

    async with server() as (client, _):
        for _ in range(2):
            await asyncio.gather(*[shop.resend(client, made) for made in shop.sent.values()])
    assert await Sale.all().count() == len(shop.sent)
    assert await Commission.all().count() == len(shop.sent)
    balance = await s.balance()
    assert balance is not None
    assert balance.pending == len(shop.sent) * EARNS
    assert await commands.differences(settings()) == []
