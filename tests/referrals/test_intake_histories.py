"""Random histories of orders, refunds, states, releases and runs: whatever happened, each line
earns what its order now says, and the books stay whole.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx2
import pytest

from jejaring import commands, world
from jejaring.kit.money import percent_of
from jejaring.payouts import queries
from jejaring.payouts.models import Payout
from jejaring.settings import settings
from referrals.commissions import rules
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from referrals.orders.models import Sale, SaleLine
from tests import make
from tests.cast import Cast
from tests.money import with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body

STEPS = 45
SKUS = ("KEMEJA", "TOPI", "SELENDANG")


@dataclass
class History:
    """A shop, a clock that goes on, and what was sent so far."""

    s: Stage
    random: Random
    now: datetime
    orders: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    counter: int = 0

    def next(self) -> int:
        self.counter += 1
        return self.counter

    async def send(self, method: str, path: str, sent: object = None) -> httpx2.Response:
        reply = await self.s.send(method, path, sent)
        assert reply.status_code < 500, reply.text
        return reply


def items(h: History) -> list[dict[str, Any]]:
    """One to four lines, the same sku twice at times, some given away."""
    return [
        {
            "sku": h.random.choice(SKUS),
            "quantity": h.random.randint(1, 4),
            "unit_price": h.random.choice([0, 999, 33_333, 100_000]),
        }
        for _ in range(h.random.randint(1, 4))
    ]


async def orders(h: History) -> None:
    order_id = f"INV-{h.next()}"
    h.orders.append(order_id)
    click = await h.s.click(at=h.now - timedelta(hours=1))
    coupon = h.random.choice([None, "DIMAS10"])
    state = h.random.choice(["placed", "paid", "delivered", "completed", "cancelled"])
    made = body(order_id, items=items(h), click_id=click, coupon=coupon, state=state)
    await h.send("POST", "/v1/sales", made)


async def upserts(h: History) -> None:
    if h.orders:
        order_id = h.random.choice(h.orders)
        newer = h.random.choice([None, h.now.isoformat()])
        state = h.random.choice(["placed", "paid", "delivered", "cancelled", "returned"])
        placed_at = (await Sale.get(order_id=order_id)).placed_at
        later = min(placed_at + timedelta(hours=h.random.choice([0, 0, 5])), h.now)
        made = body(order_id, items=items(h), state=state, updated_at=newer)
        made["placed_at"] = later.isoformat()
        await h.send("PUT", f"/v1/sales/website/{order_id}", made)


async def refunds(h: History) -> None:
    order_id = h.random.choice([*h.orders, f"INV-{h.counter + 1}"])
    what: dict[str, Any] = {"amount": h.random.choice([1, 7_777, 50_000, 10**6])}
    if h.random.random() < 0.5:
        what = {"items": [{"line": h.random.randint(1, 3), "quantity": h.random.randint(1, 2)}]}
    sent = {"source": "website", "order_id": order_id, "refund_id": f"R-{h.next()}", "reason": "x"}
    for _ in range(h.random.randint(1, 2)):
        await h.send("POST", "/v1/refunds", sent | what)


async def disputes(h: History) -> None:
    """One is lost, or an older one won; at times both, or won before it is lost."""
    if h.orders:
        sale = await Sale.get(order_id=h.random.choice(h.orders))
        number = h.random.choice([1, 1, 2])
        sent = {"dispute_id": f"D-{number}", "amount": 33_000 * number}
        for outcome in h.random.choice([["lost"], ["lost"], ["won"], ["lost", "won"]]):
            await h.send("POST", f"/v1/sales/{sale.id}/disputes", sent | {"outcome": outcome})


async def owed_back(h: History) -> None:
    row = await h.s.balance()
    if row is not None and row.owed_back:
        amount = h.random.choice([1, row.owed_back, row.owed_back + 1])
        sent = {"partner": h.s.cast.rina.org.slug, "amount": amount, "reason": "x"}
        way = h.random.choice(["write-off", "repay"])
        await h.send("POST", f"/v1/owed-back/{way}", sent)


async def states(h: History) -> None:
    if h.orders:
        sale = await Sale.get(order_id=h.random.choice(h.orders))
        state = h.random.choice(["paid", "delivered", "completed", "cancelled", "returned"])
        await h.send("POST", f"/v1/sales/{sale.id}/state", {"state": state})


async def days(h: History) -> None:
    h.now += timedelta(days=h.random.randint(1, 9))


async def releases(_: History) -> None:
    await release_due()


async def runs(h: History) -> None:
    made = await h.send("POST", "/v1/payout-runs", {})
    h.runs.append(made.json()["id"])
    if h.random.random() < 0.8:
        await h.send("POST", f"/v1/payout-runs/{h.runs[-1]}/approve")


async def outcomes(h: History) -> None:
    rows = await Payout.all().order_by("id")
    if rows:
        outcome = h.random.choice(["paid", "paid", "failed", "returned"])
        path = f"/v1/payouts/{h.random.choice(rows).id}/settle"
        await h.send("POST", path, {"outcome": outcome, "reference": "TRF"})


async def cancels(h: History) -> None:
    if h.runs:
        await h.send("POST", f"/v1/payout-runs/{h.random.choice(h.runs)}/cancel")


ACTS = (orders, orders, orders, upserts, upserts, upserts, refunds, refunds, refunds, states,
        disputes, disputes, disputes, owed_back, states, days, releases, runs, outcomes, outcomes,
        cancels)  # fmt: skip


async def is_as_it_should_be() -> None:
    """Per line 10 % of its base less its refunds, whatever the way here; and `check` is content."""
    sales = {sale.id: sale for sale in await Sale.all()}
    earned: dict[str, int] = {}
    for row in await Commission.all():
        assert 0 <= row.reversed <= row.amount
        earned[row.line_id or ""] = earned.get(row.line_id or "", 0) + row.amount - row.reversed
    for line in await SaleLine.all():
        closed = sales[line.sale_id].state in ("cancelled", "returned")
        now = rules.LineNow(line.base, line.refunded, line.quantity, line.returned, closed)
        due = rules.still_due(percent_of(line.base, 1000), now)
        assert earned.get(line.id, 0) == due, (sales[line.sale_id].order_id, line.position)
    assert await commands.differences(settings()) == []
    views, _ = await queries.balances()
    assert sum(view.earned for view in views) == sum(earned.values())


@pytest.mark.parametrize("seed", range(10))
async def test_any_history_earns_what_the_orders_say(
    http: httpx2.AsyncClient, cast: Cast, seed: int
) -> None:
    s = await stage.set_up(http, cast)
    dimas, _ = await s.join(cast.dimas)
    await make.coupon(dimas, "DIMAS10")
    await with_method(cast.rina)
    await with_method(cast.dimas, "2223334445")
    h = History(s, Random(seed), world.now())
    for _ in range(STEPS):
        h.now += timedelta(seconds=1)
        with world.at(h.now):
            await h.random.choice(ACTS)(h)
    with world.at(h.now + timedelta(seconds=1)):
        await is_as_it_should_be()
