"""Thirty days: clicks, scans, sales by link and by code, deliveries, refunds, payouts."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.types import ASGIApp

from jejaring import world
from jejaring.demo import cast, office
from jejaring.demo.build import Share, Stage
from jejaring.demo.visitor import open_link
from jejaring.jobs import worker
from jejaring.payouts import run as runs
from jejaring.payouts import settle
from jejaring.payouts.models import Payout
from jejaring.payouts.rails.download import download
from jejaring.payouts.rules import Outcome
from referrals.commissions.release import release_due
from referrals.intake import move, record, refund
from referrals.intake.refund import RefundDraft
from referrals.orders.rules import LineDraft, SaleDraft, Shop

DAYS = 30
SEED = 2026
Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Scene:
    """Something that happens at an instant."""

    at: datetime
    act: Act


class Story:
    """Plans the scenes with a fixed seed, then plays those that are in the past."""

    def __init__(self, stage: Stage, app: ASGIApp, handlers: dict[str, worker.Handler]) -> None:
        self.stage = stage
        self.app = app
        self.handlers = handlers
        self.chance = random.Random(SEED)
        self.scenes: list[Scene] = []
        self.orders = 1000
        self.goods = {plan.slug: plan.products for plan in cast.SHOPS}

    def plan(self, start: datetime, end: datetime) -> None:
        """Every scene between two instants."""
        day = start
        while day < end:
            for share in self.stage.shares:
                self._day_of(share, day)
            self._add(day.replace(hour=19), self._tick)
            day += timedelta(days=1)
        for shop in self.stage.shops:
            for back in (12, 3):
                self._add(end - timedelta(days=back, hours=2), self._payday(shop))
        for at, act in office.scenes(self.stage, end):
            self._add(at, act)
        self.scenes = sorted((s for s in self.scenes if s.at < end), key=lambda s: s.at)

    async def play(self) -> None:
        """One scene after the other, each at its time."""
        for scene in self.scenes:
            with world.at(scene.at):
                await scene.act()

    def _add(self, at: datetime, act: Act) -> None:
        self.scenes.append(Scene(at, act))

    def _sometime(self, day: datetime) -> datetime:
        return day + timedelta(minutes=self.chance.randint(0, 14 * 60))

    def _day_of(self, share: Share, day: datetime) -> None:
        busy = {"reseller": 4, "buzzer": 6, "influencer": 8, "follower": 1}[share.role]
        for _ in range(self.chance.randint(0, busy)):
            self._add(self._sometime(day), self._look(share))
        if self.chance.random() < 0.4:
            agent = self.chance.choice(["whatsapp", "crawler"])
            self._add(self._sometime(day), self._look(share, agent))
        if self.chance.random() < {"follower": 0.15, "influencer": 0.45}.get(share.role, 0.35):
            self._sale(share, self._sometime(day))
        if self.chance.random() < 0.08:
            self._sale(share, self._sometime(day), anonymous=True)

    def _look(self, share: Share, agent: str | None = None) -> Act:
        path = f"/{'q' if self.chance.random() < 0.2 else 'r'}/{share.code}"
        who = agent or self.chance.choice(["phone", "instagram"])
        cookie = f"jj_v={share.code}{self.chance.randint(1, 40):016d}"
        return lambda: open_link(self.app, path, who, cookie)

    def _sale(self, share: Share, at: datetime, *, anonymous: bool = False) -> None:
        """A purchase with what follows of it: delivery, now and then a cancellation or a refund."""
        self.orders += 1
        order_id, shop = f"INV-{self.orders}", Shop(self.stage.shops[share.shop].organisation_id)
        by_code = self.chance.random() < 0.35
        fate = self.chance.random()
        days = self.chance.randint(1, 3)
        lines = self._basket(share.shop)
        phone = f"+62813{self.chance.randint(10_000_000, 99_999_999)}"
        kept: dict[str, str] = {}

        async def buy() -> None:
            click = None
            if not by_code and not anonymous:
                click = (await open_link(self.app, f"/r/{share.code}", "phone")).click_id
            draft = SaleDraft(
                order_id=order_id,
                source="website" if click else self.source(by_code, order_id),
                placed_at=world.now() + timedelta(seconds=90),
                state="placed" if fate < 0.1 else "paid",
                lines=lines,
                shipping=12_000,
                click_id=click,
                coupon=share.coupon if by_code and not anonymous else None,
                phone=phone,
            )
            kept["id"] = (await record.record(shop, draft)).sale_id

        self._add(at, buy)
        if fate < 0.1:
            self._add(at + timedelta(days=days), lambda: move.move(shop, kept["id"], "cancelled"))
            return
        self._add(at + timedelta(days=days), lambda: move.move(shop, kept["id"], "delivered"))
        if fate > 0.93:
            back = RefundDraft(f"R-{order_id}", "Barang kurang cocok", items=((1, 1),))
            later = at + timedelta(days=days + self.chance.randint(1, 12))
            self._add(later, lambda: refund.refund(shop, kept["id"], back))

    def source(self, by_code: bool, order_id: str) -> str:
        """Where an order without a click came in."""
        return ("whatsapp", "offline")[int(order_id[-1]) % 2] if by_code else "website"

    def _basket(self, shop: str) -> tuple[LineDraft, ...]:
        count = self.chance.choice([1, 1, 1, 2])
        return tuple(
            LineDraft(sku=sku, quantity=self.chance.choice([1, 1, 2]), unit_price=price, discount=0)
            for sku, _, price, _, _ in self.chance.sample(self.goods[shop], count)
        )

    async def _tick(self) -> None:
        """What the worker does all day, once."""
        await worker.drain(self.handlers)
        await release_due()

    def _payday(self, shop: str) -> Act:
        merchant = self.stage.shops[shop]
        outcomes: tuple[Outcome, ...] = ("paid", "failed", "returned")

        async def pay() -> None:
            await release_due()
            run = await runs.preview(merchant)
            if not run.preview["payouts"]:
                return
            await runs.approve(merchant, run.id)
            await download(merchant, run.id, "csv")
            for row in await Payout.filter(run_id=run.id).order_by("id"):
                outcome = self.chance.choices(outcomes, (6, 1, 1))[0]
                if outcome == "returned":
                    await settle.settle(merchant, row.id, "paid", "TRF-DEMO")
                reference = None if outcome == "failed" else "TRF-DEMO"
                await settle.settle(merchant, row.id, outcome, reference)

        return pay
