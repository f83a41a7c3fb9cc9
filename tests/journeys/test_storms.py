"""Everybody at once: budgets, caps, resent orders, refunds and approvals in one heap; no rupiah too
many, no deadlock, and the books clean afterwards.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from itertools import cycle
from typing import Any

import httpx2
import pytest_asyncio

from campaigns.enrolments.models import Enrolment
from jejaring import commands
from jejaring.db import sql
from jejaring.kit.money import percent_of
from jejaring.payouts import queries
from jejaring.settings import settings
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import release_due
from referrals.intake.refund import apply_left_over
from referrals.orders.models import Refund, Sale
from tests import make
from tests.cast import Cast, call
from tests.money import with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms
from tests.server import server

EARNS = 20_000
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: Client, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(_database: None) -> AsyncIterator[list[Client]]:
    """Two processes on one database, as behind a load balancer."""
    async with server() as (one, _), server() as (two, _):
        yield [one, two]


async def post_all(
    clients: Sequence[Client], s: Stage, bodies: Sequence[dict[str, Any]]
) -> list[httpx2.Response]:
    """All at once, in turns to each of the clients."""
    return await asyncio.gather(
        *[
            client.post("/v1/sales", json=sent, headers=s.cast.laras.headers)
            for client, sent in zip(cycle(clients), bodies, strict=False)
        ]
    )


async def is_clean() -> None:
    """`check` finds nothing, everything sums to zero, and each partner's balances add up."""
    assert await commands.differences(settings()) == []
    for view in (await queries.balances())[0]:
        stands = view.pending + view.held + view.payable + view.in_payout + view.paid
        assert view.earned == stands - view.owed_back - view.written_off - view.repaid
        assert min(vars(view)[name] for name in ("earned", "payable", "pending", "held")) >= 0


async def granted() -> int:
    return sum(row.amount - row.reversed for row in await Commission.exclude(state="rejected"))


async def test_two_hundred_sales_at_once_never_pass_the_budget(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    s = await stage.set_up(http, cast, budget=505_050)
    clicks = [await s.click() for _ in range(20)]
    bodies = [body(f"INV-{i}", click_id=clicks[i % 20]) for i in range(200)]
    replies = await post_all(clients, s, bodies)
    assert Counter(r.status_code for r in replies) == {201: 200}
    assert await granted() == 505_050
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.state, s.campaign.end_reason) == (
        505_050, "ended", "budget",
    )  # fmt: skip
    await is_clean()


async def test_two_hundred_sales_at_once_never_pass_the_month_s_limit(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    s = await stage.set_up(http, cast)
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 333_333})
    _, other = await s.join(cast.dimas)
    clicks = [await s.click(link) for link in (s.link, other) for _ in range(10)]
    bodies = [body(f"INV-{i}", click_id=clicks[i % 20]) for i in range(200)]
    replies = await post_all(clients, s, bodies)
    assert Counter(r.status_code for r in replies) == {201: 200}
    for partner in (cast.rina, cast.dimas):
        row = await s.balance(partner)
        assert row is not None
        assert row.pending == 333_333
    await is_clean()


async def test_a_click_credits_only_so_many_orders_however_many_come_at_once(
    s: Stage, clients: list[Client]
) -> None:
    click = await s.click()
    replies = await post_all(clients, s, [body(f"INV-{i}", click_id=click) for i in range(60)])
    assert Counter(r.status_code for r in replies) == {201: 60}
    assert await granted() == settings().click_order_limit * EARNS
    await is_clean()


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


async def test_a_refund_and_its_order_at_once(s: Stage, clients: list[Client]) -> None:
    """Whichever comes first, the refund takes its part once."""
    click = await s.click()
    early = {"source": "website", "refund_id": "R-1", "reason": "batal", "amount": 50_000}

    async def both(client: Client, number: int) -> list[int]:
        order_id = f"INV-{number}"
        replies = await asyncio.gather(
            call(client, s.cast.laras, "POST", "/v1/refunds", early | {"order_id": order_id}),
            call(client, s.cast.laras, "POST", "/v1/sales", body(order_id, click_id=click)),
            call(client, s.cast.laras, "POST", "/v1/refunds", early | {"order_id": order_id}),
        )
        return [r.status_code for r in replies]

    codes = await asyncio.gather(
        *[both(client, n) for client, n in zip(cycle(clients), range(16), strict=False)]
    )
    assert {code for three in codes for code in three} <= {200, 201, 202}
    await apply_left_over()
    assert await Refund.filter(state="applied").count() == 16
    assert await granted() == 16 * 15_000
    await is_clean()


async def test_two_hundred_refunds_sent_four_times_at_once_are_two_hundred_effects(
    s: Stage, clients: list[Client]
) -> None:
    """A revert storm: each sale is refunded by four workers at the same time."""
    count = 200
    clicks = [await s.click() for _ in range(20)]
    bodies = [body(f"INV-{i}", click_id=clicks[i % 20]) for i in range(count)]
    sales = [reply.json() for reply in await post_all(clients, s, bodies)]
    headers = s.cast.laras.headers

    async def refund(client: Client, sale: dict[str, Any], number: int) -> httpx2.Response:
        path = f"/v1/sales/{sale['id']}/refunds"
        sent = {"refund_id": f"R-{number}", "reason": "batal", "amount": 50_000 + number}
        return await client.post(path, json=sent, headers=headers)

    turns = cycle(clients)
    replies = await asyncio.gather(
        *[refund(next(turns), sale, n) for n, sale in enumerate(sales) for _ in range(4)]
    )
    assert Counter(r.status_code for r in replies) == {201: count, 200: 3 * count}
    assert await Refund.filter(state="applied").count() == count
    assert await Reversal.all().count() == count
    entries = await sql.rows("SELECT count(*) AS n FROM ledger_entry WHERE key LIKE 'reverse:%'")
    assert int(entries[0]["n"]) == count
    taken = sum(percent_of(50_000 + number, 1000) for number in range(count))
    assert await granted() == count * EARNS - taken
    await is_clean()


async def test_disputes_lost_and_won_at_once_are_one_effect_each(
    s: Stage, clients: list[Client]
) -> None:
    """Whichever of the two is heard first: what was lost came again."""
    click = await s.click()
    bodies = [body(f"INV-{i}", click_id=click) for i in range(20)]
    sales = [reply.json() for reply in await post_all(clients, s, bodies)]
    headers = s.cast.laras.headers

    async def tell(client: Client, sale: dict[str, Any], outcome: str) -> httpx2.Response:
        path = f"/v1/sales/{sale['id']}/disputes"
        sent = {"dispute_id": "D-1", "outcome": outcome, "amount": 50_000}
        return await client.post(path, json=sent, headers=headers)

    turns = cycle(clients)
    replies = await asyncio.gather(
        *[tell(next(turns), sale, o) for sale in sales for o in ("lost", "won", "lost", "won")]
    )
    assert set(Counter(r.status_code for r in replies)) <= {200, 201}
    assert await Refund.filter(state="undone").count() == 20
    assert await granted() == 20 * EARNS
    await is_clean()
