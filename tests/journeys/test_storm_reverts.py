"""What is taken back by everybody at once is taken once."""

import asyncio
from collections import Counter
from itertools import cycle
from typing import Any

import httpx2

from jejaring import world
from jejaring.db import sql
from jejaring.kit.money import percent_of
from referrals.commissions.models import Reversal
from referrals.intake.refund import apply_left_over
from referrals.orders.models import Refund
from tests.cast import Cast, call
from tests.journeys.crowd import EARNS, Client, granted, is_clean, post_all
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


async def test_refunds_sent_by_four_workers_at_once_are_one_effect_each(
    s: Stage, clients: list[Client]
) -> None:
    """A revert storm: each of 500 sales is refunded by four workers."""
    count = 500
    clicks = [await s.click() for _ in range(50)]  # a click credits twenty orders at most
    bodies = [body(f"INV-{i}", click_id=clicks[i % 50]) for i in range(count)]
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


async def test_disputes_won_and_sales_at_once_never_pass_the_month_s_limit(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    """What the lost ones had freed is taken by others; all of it is payable, some of it by lines
    that two partners share.
    """
    s = await stage.set_up(http, cast)
    terms = percent() | {"max_per_partner_month": 333_333, "hold_days": 0}
    await set_terms(s.campaign, terms | {"attribution": {"model": "linear"}})
    _, other = await s.join(cast.dimas)
    clicks = []
    for number in range(6):
        visitor = world.token(16)
        clicks.append(await s.click((s.link, other)[number % 2], visitor=visitor))
        if number < 4:
            clicks[-1] = await s.click((other, s.link)[number % 2], visitor=visitor)
    bodies = [body(f"INV-{n}", state="completed", click_id=clicks[n % 6]) for n in range(70)]
    first = [reply.json() for reply in await post_all(clients, s, bodies[:40])]
    headers, turns = s.cast.laras.headers, cycle(clients)

    async def tell(sale: dict[str, Any], outcome: str) -> int:
        path = f"/v1/sales/{sale['id']}/disputes"
        sent = {"dispute_id": "D-1", "outcome": outcome}
        return (await next(turns).post(path, json=sent, headers=headers)).status_code

    assert set(await asyncio.gather(*[tell(sale, "lost") for sale in first])) == {201}
    assert await granted() == 0
    told, replies = await asyncio.gather(
        asyncio.gather(*[tell(sale, "won") for sale in first]), post_all(clients, s, bodies[40:])
    )
    assert Counter(told) == {201: 40}
    assert Counter(r.status_code for r in replies) == {201: 30}
    for partner in (cast.rina, cast.dimas):
        row = await s.balance(partner)
        assert row is not None
        assert row.payable == 333_333
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
