"""Random histories of orders that two partners share, within limits per order and month and a
budget: after each step the books are clean and no limit is passed.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from campaigns.lifecycle.models import Campaign
from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.links.models import Link
from referrals.orders.models import Sale, SaleLine
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.changing import move, put, refund
from tests.referrals.shop import Stage, percent, set_terms

MONTH, ORDER, BUDGET = 60_001, 20_001, 120_001
STEPS = ("sell", "sell", "put", "refund", "close", "reopen", "lost", "won", "reject", "credit")


@dataclass
class Story:
    """A shop and what it sold; `rnd` decides all."""

    s: Stage
    rnd: random.Random
    links: list[Link]
    sold: list[dict[str, Any]] = field(default_factory=list)

    def items(self) -> list[dict[str, Any]]:
        skus = self.rnd.sample(["KEMEJA", "TOPI", "SARUNG"], self.rnd.randint(1, 3))
        prices = [1, 999, 33_333, 100_000]
        return [
            {"sku": sku, "quantity": self.rnd.randint(1, 3), "unit_price": self.rnd.choice(prices)}
            for sku in skus
        ]

    async def sell(self) -> None:
        """Both partners' touches by one visitor, and some more; the last is named."""
        visitor, click = world.token(16), ""
        through = self.rnd.sample(self.links, 2)
        through += self.rnd.choices(self.links, k=self.rnd.randint(0, 2))
        for minutes, link in enumerate(through):
            at = world.now() - timedelta(minutes=10 - minutes)
            click = await self.s.click(link, visitor=visitor, at=at)
        name = f"INV-{len(self.sold)}"
        state = self.rnd.choice(["placed", "completed"])
        self.sold.append(await self.s.sell(name, click_id=click, items=self.items(), state=state))

    async def step(self) -> None:
        act = self.rnd.choice(STEPS) if self.sold else "sell"
        if act == "sell":
            await self.sell()
            return
        sale = self.rnd.choice(self.sold)
        path = f"/v1/sales/{sale['id']}"
        known = {"placed_at": sale["placed_at"], "updated_at": world.now().isoformat()}
        if act in ("put", "reopen"):
            state = "completed" if act == "reopen" else sale["state"]
            await put(self.s, sale["order_id"], items=self.items(), state=state, **known)
        elif act == "refund":
            amount = self.rnd.choice([1, 5_000, 10**7])
            await refund(self.s, sale, f"R-{self.rnd.randint(1, 4)}", amount=amount)
        elif act == "close":
            await move(self.s, sale, self.rnd.choice(["cancelled", "returned"]))
        elif act in ("lost", "won"):
            sent = {"dispute_id": f"D-{self.rnd.randint(1, 2)}", "outcome": act}
            await self.s.send("POST", f"{path}/disputes", sent)
        elif act == "credit":
            place = self.rnd.choice([None, *(link.enrolment_id for link in self.links)])
            decided = {"enrolment_id": place, "reason": "Keputusan toko"}
            await self.s.send("POST", f"{path}/credit", decided)
        else:
            await self.reject(sale)

    async def reject(self, sale: dict[str, Any]) -> None:
        """One of its commissions is rejected; who appeals is right half of the time."""
        rows = await Commission.filter(sale_id=sale["id"]).order_by("created_at", "key")
        if not rows:
            return
        row = self.rnd.choice(rows)
        path = f"/v1/commissions/{row.id}"
        await self.s.send("POST", f"{path}/reject", {"reason_code": "fake_order"})
        cast = self.s.cast
        who = next(m for m in (cast.rina, cast.dimas) if m.id == row.partner_id)
        made = await self.s.send("POST", f"{path}/appeal", {"text": "Asli."}, who)
        if made.status_code == 201 and self.rnd.random() < 0.5:
            won = f"/v1/appeals/{made.json()['id']}/answer"
            await self.s.send("POST", won, {"outcome": "won"})


async def holds() -> None:
    """The books are clean, no limit is passed, and what is gone earns nothing."""
    assert await commands.differences(settings()) == []
    by_order: dict[str, int] = defaultdict(int)
    by_line: dict[str, int] = defaultdict(int)
    by_place: dict[str, int] = defaultdict(int)
    for row in await Commission.exclude(state="rejected"):
        left = row.amount - row.reversed
        by_order[str(row.sale_id)] += left
        by_line[str(row.line_id)] += left
        by_place[row.enrolment_id] += left
    assert max(by_order.values(), default=0) <= ORDER
    assert max(by_place.values(), default=0) <= MONTH
    campaign = await Campaign.get()
    assert campaign.reserved == sum(by_order.values()) <= BUDGET
    for sale in await Sale.filter(state__in=["cancelled", "returned"]):
        assert by_order[sale.id] == 0
    for line in await SaleLine.filter(base__gt=0):
        assert by_line[line.id] == 0 or line.refunded < line.base


@pytest.mark.parametrize("seed", range(5))
async def test_shared_orders_stay_within_their_limits_whatever_comes(
    http: httpx2.AsyncClient, cast: Cast, seed: int
) -> None:
    rnd = random.Random(seed)
    s = await stage.set_up(http, cast)
    model = {"attribution": {"model": rnd.choice(["linear", "position"])}}
    pays: tuple[dict[str, Any], ...] = (
        {"kind": "percent", "rate_bp": 1_234},
        {"kind": "per_order", "amount": 9_001},
        {"kind": "per_item", "amount": 777},
    )
    terms = percent(max_per_order=ORDER, pay=rnd.choice(pays))
    await set_terms(s.campaign, terms | model | {"max_per_partner_month": MONTH, "hold_days": 0})
    await Campaign.all().update(budget=BUDGET)
    _, theirs = await s.join(cast.dimas)
    story = Story(s, rnd, [s.link, theirs])
    for _ in range(20):
        await story.step()
        await holds()
    assert await Commission.exclude(share_bp=10_000).exists()
