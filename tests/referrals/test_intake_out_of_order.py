"""The same messages about an order in any order: where all are accepted, all end alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.orders.models import Sale, SaleLine
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body

MOST = 12
Message = tuple[str, dict[str, Any]]
End = tuple[Any, ...]


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def deliver(s: Stage, order_id: str, message: Message) -> bool:
    """Send it; whether it was accepted."""
    kind, sent = message
    if kind == "put":
        path, method = f"/v1/sales/website/{order_id}", "PUT"
        sent = sent | {"order_id": order_id}
    elif kind == "refund":
        path, method = "/v1/refunds", "POST"
        sent = sent | {"source": "website", "order_id": order_id, "reason": "batal"}
    else:
        sale = await Sale.get_or_none(order_id=order_id)
        path, method = f"/v1/sales/{sale.id if sale else 'sal_0'}/{kind}", "POST"
    reply = await s.send(method, path, sent)
    assert reply.status_code < 500, reply.text
    return reply.status_code < 400


async def end_of(order_id: str) -> End:
    """Where the order stands, and what it earned that is left."""
    sale = await Sale.get(order_id=order_id)
    line = await SaleLine.get(sale_id=sale.id)
    rows = await Commission.filter(sale_id=sale.id)
    left = sum(row.amount - row.reversed for row in rows)
    return sale.state, line.base, line.refunded, line.returned, left


async def play(s: Stage, name: str, messages: Sequence[Message], random: Random) -> set[End]:
    """Every order (or a draw of them); the ends of those of which each message was accepted."""
    ends: set[End] = set()
    ways = list(permutations(messages))
    for n, way in enumerate(random.sample(ways, min(MOST, len(ways)))):
        order_id = f"{name}-{n}"
        # A sender tries again what came too early.
        early = [message for message in way if not await deliver(s, order_id, message)]
        if all([await deliver(s, order_id, message) for message in early]):
            ends.add(await end_of(order_id))
    return ends


def puts(random: Random, click: str, now: datetime) -> list[Message]:
    """Two or three bodies of one order, each newer than the one before."""
    found: list[Message] = []
    for n in range(random.choice([2, 3])):
        made = body(
            click_id=click,
            placed_at=(now - timedelta(hours=1)).isoformat(),
            updated_at=(now - timedelta(minutes=30 - n)).isoformat(),
            state=random.choice(["placed", "paid", "delivered", "cancelled", "returned"]),
            items=[
                {
                    "sku": "KEMEJA",
                    "quantity": random.randint(2, 5),
                    "unit_price": random.choice([99_999, 100_000, 123_457]),
                }
            ],
        )
        found.append(("put", made))
    return found


def amounts(random: Random) -> list[Message]:
    """One or two refunds, and a dispute with its outcomes: never more than any body is worth."""
    found: list[Message] = [
        ("refund", {"refund_id": f"R-{n}", "amount": random.randint(1, 60_000)})
        for n in range(random.choice([1, 2]))
    ]
    dispute = {"dispute_id": "D-1", "amount": random.randint(1, 60_000)}
    outcomes = random.choice([["lost"], ["lost", "won"], ["won"]])
    return found + [("disputes", dispute | {"outcome": outcome}) for outcome in outcomes]


@pytest.mark.parametrize("seed", range(8))
async def test_bodies_refunds_and_disputes_in_any_order(s: Stage, seed: int) -> None:
    random, now = Random(seed), world.now()
    click = await s.click(at=now - timedelta(hours=2))
    messages = puts(random, click, now) + amounts(random)
    ends = await play(s, f"A{seed}", messages, random)
    assert len(ends) == 1, ends
    assert await commands.differences(settings()) == []


@pytest.mark.parametrize("seed", range(8))
async def test_states_units_and_disputes_in_any_order(s: Stage, seed: int) -> None:
    """What exceeds the order takes all that there is, whoever came first."""
    random, now = Random(100 + seed), world.now()
    click = await s.click(at=now - timedelta(hours=2))
    made = body(click_id=click, placed_at=(now - timedelta(hours=1)).isoformat())
    made["items"] = [{"sku": "KEMEJA", "quantity": 4, "unit_price": 99_999}]
    messages: list[Message] = [("put", made), ("state", {"state": "delivered"})]
    if random.random() < 0.4:
        messages.append(("state", {"state": random.choice(["cancelled", "returned"])}))
    units = {"items": [{"line": 1, "quantity": random.choice([1, 2])}]}
    messages.append(("refund", {"refund_id": "R-1"} | units))
    messages.append(("refund", {"refund_id": "R-2", "amount": random.randint(1, 300_000)}))
    dispute = {"dispute_id": "D-1", "amount": random.randint(1, 300_000)}
    outcomes = random.choice([["lost"], ["lost", "won"], ["lost", "won"]])
    messages += [("disputes", dispute | {"outcome": outcome}) for outcome in outcomes]
    ends = await play(s, f"B{seed}", messages, random)
    assert len(ends) == 1, ends
    assert await commands.differences(settings()) == []
