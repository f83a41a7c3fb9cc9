"""Everybody at once: resent orders, refunds, states and approvals in one heap; nothing twice, no
deadlock, and the books clean afterwards.
"""

import asyncio
from collections import Counter
from itertools import cycle
from typing import Any

import httpx2
import pytest_asyncio

from campaigns.enrolments.models import Enrolment
from jejaring.db import sql
from referrals.commissions.models import Reversal
from referrals.commissions.release import release_due
from referrals.orders.models import Refund, Sale
from tests import make
from tests.journeys.crowd import EARNS, Client, granted, is_clean, post_all
from tests.money import with_method
from tests.referrals.shop import Stage, body, percent, set_terms


async def test_the_same_order_twenty_times_at_once_is_one_sale(
    s: Stage, clients: list[Client]
) -> None:
    sent = body(click_id=await s.click())
    replies = await post_all(clients, s, [sent] * 20)
    assert Counter(r.status_code for r in replies) == {201: 1, 200: 19}
    assert len({r.json()["id"] for r in replies}) == 1
    assert await Sale.all().count() == 1
    assert await granted() == EARNS
    await is_clean()


async def test_the_same_upsert_twenty_times_at_once_is_one_change(
    s: Stage, clients: list[Client]
) -> None:
    sale = await s.sell(click_id=await s.click())
    more = body(items=[{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}])
    more["placed_at"] = sale["placed_at"]
    replies = await asyncio.gather(
        *[
            client.put("/v1/sales/website/INV-1", json=more, headers=s.cast.laras.headers)
            for client, _ in zip(cycle(clients), range(20), strict=False)
        ]
    )
    assert Counter(r.status_code for r in replies) == {200: 20}
    assert (await Sale.get()).version == 2
    assert await granted() == 30_000
    await is_clean()


class Market:
    """Sales of several partners each: shirts through links of one campaign, hats by coupons of
    another, and a third that covers the rest.
    """

    def __init__(self, s: Stage) -> None:
        self.s = s
        self.places: list[tuple[str, str]] = []
        self.sales: list[dict[str, Any]] = []

    async def open(self) -> None:
        s, shop = self.s, self.s.cast.laras.org
        hat = await make.product(shop, sku="TOPI", category="topi")
        began = s.campaign.created_at
        two = [
            await make.campaign(shop, p, created_at=began, launched_at=began)
            for p in (s.product, hat)
        ]
        for one in two:
            await set_terms(one, percent() | {"hold_days": 0, "max_per_partner_month": 10**9})
        for i, (first, second) in enumerate(
            [(s.cast.rina, s.cast.dimas), (s.cast.dimas, s.cast.rina)]
        ):
            link = await make.link(await self._place(two[0], first.org))
            place = await self._place(two[1], second.org)
            coupon = await make.coupon(place, f"HAT{i}")
            self.places.append((await s.click(link), coupon.code))

    async def _place(self, campaign: Any, org: Any) -> Enrolment:
        return await make.enrolment(campaign, org, approved_at=campaign.created_at)

    def order(self, number: int, state: str = "completed") -> dict[str, Any]:
        click, coupon = self.places[number % 2]
        items = [
            {"sku": sku, "quantity": 2, "unit_price": price}
            for sku, price in (("KEMEJA", 100_000), ("TOPI", 50_000))
        ]
        return body(f"INV-{number}", click_id=click, coupon=coupon, items=items, state=state)

    async def sell(self, numbers: range, state: str = "completed") -> None:
        for number in numbers:
            reply = await self.s.send("POST", "/v1/sales", self.order(number, state))
            assert reply.status_code == 201, reply.text
            found = reply.json()
            assert len({row["partner"] for row in found["credit"]}) == 2
            self.sales.append(found)

    async def refund(self, client: Client, number: int, n: int, **what: Any) -> httpx2.Response:
        sale = self.sales[number]
        sent = {"refund_id": f"R-{number}-{n}", "reason": "batal"} | what
        headers = self.s.cast.laras.headers
        return await client.post(f"/v1/sales/{sale['id']}/refunds", json=sent, headers=headers)

    async def pay(self, client: Client) -> Counter[int]:
        """Preview and approve, whatever comes of it."""
        seen: Counter[int] = Counter()
        headers = self.s.cast.laras.headers
        for _ in range(4):
            run = (await client.post("/v1/payout-runs", json={}, headers=headers)).json()
            reply = await client.post(f"/v1/payout-runs/{run['id']}/approve", headers=headers)
            seen[reply.status_code] += 1
        return seen


@pytest_asyncio.fixture(loop_scope="session")
async def market(s: Stage) -> Market:
    found = Market(s)
    await found.open()
    for partner in (s.cast.rina, s.cast.dimas):
        await with_method(partner, "1234567890" if partner is s.cast.rina else "2223334445")
    return found


async def test_refunds_sent_four_times_while_runs_are_approved(
    market: Market, clients: list[Client]
) -> None:
    """Each refund has one effect; neither deadlocks nor surprises for the approvals."""
    await market.sell(range(24))
    turns = cycle(clients)
    refunds = [
        market.refund(next(turns), number, 0, amount=90_001)
        for number in range(24)
        for _ in range(4)
    ]
    pays = [market.pay(client) for client in clients * 2]
    replies, seen = await asyncio.gather(asyncio.gather(*refunds), asyncio.gather(*pays))
    assert Counter(r.status_code for r in replies) == {201: 24, 200: 72}
    assert set(sum(seen, Counter())) <= {200, 409}
    assert await Refund.all().count() == 24
    assert await granted() == 24 * 30_000 - 24 * 9_000
    await is_clean()


async def test_two_approvals_at_once_pay_once(market: Market, clients: list[Client]) -> None:
    await market.sell(range(4))
    headers = market.s.cast.laras.headers
    runs = [
        (await client.post("/v1/payout-runs", json={}, headers=headers)).json()
        for client in clients
    ]
    paths = [f"/v1/payout-runs/{run['id']}/approve" for run in runs]
    replies = await asyncio.gather(
        *[
            client.post(path, headers=headers)
            for _ in range(5)
            for client, path in zip(clients, paths, strict=True)
        ]
    )
    by_run: dict[str, set[int]] = {}
    for i, reply in enumerate(replies):
        by_run.setdefault(paths[i % 2], set()).add(reply.status_code)
    assert sorted(map(sorted, by_run.values())) == [[200], [409]]
    gross = await sql.rows("SELECT sum(gross) AS n FROM payout")
    assert int(gross[0]["n"]) == 4 * 30_000
    await is_clean()


async def test_everything_at_once(market: Market, clients: list[Client]) -> None:
    """Sales, states, upserts, refunds, releases and runs over the same partners."""
    await market.sell(range(12))
    await market.sell(range(12, 24), state="paid")
    headers = market.s.cast.laras.headers

    async def move(client: Client, number: int, state: str) -> httpx2.Response:
        path = f"/v1/sales/{market.sales[number]['id']}/state"
        return await client.post(path, json={"state": state}, headers=headers)

    async def raise_(client: Client, number: int) -> httpx2.Response:
        sent = market.order(number, "paid")
        sent["placed_at"] = market.sales[number]["placed_at"]
        sent["items"][0]["quantity"] = 1 + number % 4
        sent["items"].append({"sku": "KEMEJA", "quantity": 1, "unit_price": 10_000})
        path = f"/v1/sales/website/INV-{number}"
        return await client.put(path, json=sent, headers=headers)

    turns = cycle(clients)
    waves: list[Any] = [market.pay(client) for client in clients]
    waves += [post_all(clients, market.s, [market.order(100 + i) for i in range(20)])]
    for number in range(24):
        waves += [market.refund(next(turns), number, n, amount=20_000 + n) for n in range(2)]
        waves.append(raise_(next(turns), number))
        state = "returned" if number % 3 else "delivered"
        waves.append(move(next(turns), number, state))
    waves += [release_due() for _ in range(3)]
    done = await asyncio.gather(*waves)
    codes = Counter(r.status_code for r in done if isinstance(r, httpx2.Response))
    assert set(codes) <= {200, 201, 409}, codes
    await is_clean()


async def test_states_of_one_order_out_of_order(s: Stage) -> None:
    sale = await s.sell(click_id=await s.click(), state="placed")
    states = ["completed", "paid", "delivered", "returned", "paid", "delivered"]
    path = f"/v1/sales/{sale['id']}/state"
    replies = await asyncio.gather(*[s.send("POST", path, {"state": state}) for state in states])
    assert {r.status_code for r in replies} <= {200, 409}
    assert (await Sale.get()).state == "returned"
    assert await granted() == 0
    assert await Reversal.all().count() == 1
    await is_clean()
