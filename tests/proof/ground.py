"""The product's side of the proof: a world made through the API, steps sent, what it shows."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import httpx2

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign as Stored
from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.release import release_due
from referrals.intake.refund import drop_stale
from referrals.links.models import Link
from referrals.months import click_fee
from referrals.months.true_up import settle_due
from tests import make
from tests.cast import Cast, Member, call, set_the_stage
from tests.proof.books import Pair, Row
from tests.proof.model import Model
from tests.proof.orders import Campaign, Place

T = TypeVar("T")
PARTS = ("pending", "held", "payable", "in_payout", "paid", "owed_back", "written_off", "repaid",
         "earned")  # fmt: skip
Key = tuple[str | None, ...]


@dataclass
class Here:
    """Where the machine runs: the session's loop, its context, the client, the emptied database."""

    loop: asyncio.AbstractEventLoop
    context: Context
    http: httpx2.AsyncClient
    empty: Callable[[], Awaitable[None]]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(self.loop.create_task(work, context=self.context))


@dataclass
class Ground:
    """One history's shops and partners, and the ids that the product gave to what the model has."""

    here: Here
    members: dict[str, Member] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    places: dict[Place, str] = field(default_factory=dict)
    sales: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: dict[Row, str] = field(default_factory=dict)
    appeals: dict[Row, str] = field(default_factory=dict)
    gifts: dict[tuple[str, str], str] = field(default_factory=dict)

    def send(
        self, who: str, method: str, path: str, json: object = None, *, at: datetime
    ) -> httpx2.Response:
        """A request at this moment, with this member's key."""

        async def work() -> httpx2.Response:
            with world.at(at):
                return await call(self.here.http, self.members[who], method, path, json)

        reply = self.here.run(work())
        assert reply.status_code < 500, reply.text
        return reply

    def ok(self, who: str, method: str, path: str, json: object = None, *, at: datetime) -> Any:
        reply = self.send(who, method, path, json, at=at)
        assert reply.is_success, reply.text
        return reply.json()

    def begin(self, at: datetime) -> None:
        """An empty database, the cast, and a third partner."""

        async def work() -> Cast:
            await self.here.empty()
            with world.at(at):
                return await set_the_stage()

        cast = self.here.run(work())
        for member in (cast.laras, cast.bukit, cast.rina, cast.dimas):
            self.members[member.org.slug] = member

    def launch(self, campaign: Campaign, at: datetime) -> None:
        sent = {
            "name": campaign.name, "product_ids": [], "audience": ["reseller"], "joining": "open",
            "terms": campaign.terms, "budget": campaign.budget,
        }  # fmt: skip
        made = self.ok(campaign.shop, "POST", "/v1/campaigns", sent, at=at)
        self.campaigns[campaign.name] = made["id"]
        self.ok(campaign.shop, "POST", f"/v1/campaigns/{made['id']}/launch", at=at)
        campaign.began = at

    def join(self, campaign: Campaign, partner: str, ref: str | None, at: datetime) -> Place:
        sent = {"campaign_id": self.campaigns[campaign.name], "role": "reseller", "ref": ref}
        made = self.ok(partner, "POST", "/v1/enrolments", sent, at=at)
        place = Place(campaign, partner, made["coupon"], at)
        self.places[place] = made["id"]
        return place

    def account(self, partner: str, number: str, at: datetime) -> None:
        sent = {"kind": "bank", "provider": "bca", "account_number": number,
                "account_name": partner}  # fmt: skip
        self.ok(partner, "PUT", "/v1/payout-method", sent, at=at)

    def clock(self, at: datetime, *, night: bool) -> None:
        """The worker's duties: releases after every step; months and old refunds after days."""

        async def work() -> None:
            with world.at(at):
                await release_due()
                if night:
                    await settle_due()
                    await drop_stale()

        self.here.run(work())

    def visits(self, place: Place, at: datetime, visitors: list[str | None]) -> None:
        """People's clicks on the first link of the place."""

        async def work() -> None:
            with world.at(at):
                link = await Link.filter(enrolment_id=self.places[place]).order_by("id").first()
                if link is None:
                    link = await make.link(await Enrolment.get(id=self.places[place]))
                for visitor in visitors:
                    await make.click(link, at=at, visitor=visitor)

        self.here.run(work())

    def click_day(self, day: date, at: datetime) -> None:
        """The worker's turn for a day that is over; once more it finds nothing to do."""

        async def work() -> None:
            with world.at(at):
                await click_fee.accrue_day("Asia/Jakarta", day)
                assert await click_fee.accrue_day("Asia/Jakarta", day) == 0

        self.here.run(work())

    def differences(self) -> list[str]:
        return self.here.run(commands.differences(settings()))

    def compare(self, model: Model, shops: Iterable[str]) -> None:
        """What the API shows of these shops, and the budgets, are what the model says."""
        for shop in shops:
            self._commissions(shop, model)
            self._balances(shop, model)
        stored = self.here.run(_budgets())
        campaigns = model.campaigns()
        _same(
            {c.name: stored[self.campaigns[c.name]] for c in campaigns},
            {c.name: (c.reserved, "ended" if c.ended else "live") for c in campaigns},
        )

    def _balances(self, shop: str, model: Model) -> None:
        listed = self.ok(shop, "GET", "/v1/balance", at=model.now)["data"]
        found = {row["partner"]: {part: row[part] for part in PARTS} for row in listed}
        pairs: set[Pair] = {p.pair for p in model.places if p.campaign.shop == shop}
        zeros = dict.fromkeys(PARTS, 0)
        _same(
            {pair[1]: found.get(pair[1], zeros) for pair in pairs},
            {pair[1]: model.books.balance(pair, model.rows) for pair in pairs},
        )
        assert found.keys() <= {pair[1] for pair in pairs}

    def _commissions(self, shop: str, model: Model) -> None:
        """Row by row: those of one line, partner and rule in the order in which they were made."""
        shown: dict[Key, list[dict[str, Any]]] = {}
        for row in self._listed(shop, model.now):
            if row["amount"]:
                shown.setdefault(_key(row), []).append(row)
        wanted: dict[Key, list[Row]] = {}
        for own in model.rows:
            if own.pair[0] == shop and own.amount:
                name = own.order.name if own.order else own.month
                line = str(own.line) if own.order else None
                wanted.setdefault((name, line, own.pair[1], own.kind, own.rule), []).append(own)
        theirs = {key: sorted(rows, key=_made) for key, rows in shown.items()}
        mine = {key: sorted(rows, key=lambda r: (r.made, r.amount)) for key, rows in wanted.items()}
        _same(
            {key: [_figures(row) for row in rows] for key, rows in theirs.items()},
            {
                key: [(row.amount, row.reversed, model.shown(row)) for row in rows]
                for key, rows in mine.items()
            },
        )
        for key, rows in mine.items():
            self.rows |= {own: row["id"] for own, row in zip(rows, theirs[key], strict=True)}

    def _listed(self, shop: str, at: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path = "/v1/commissions?limit=200"
        while True:
            page = self.ok(shop, "GET", path, at=at)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            path = f"/v1/commissions?limit=200&cursor={page['next_cursor']}"


async def _budgets() -> dict[str, tuple[int, str]]:
    return {row.id: (row.reserved, row.state) for row in await Stored.all()}


def _made(row: dict[str, Any]) -> tuple[str, int]:
    return (row["created_at"], row["amount"])


def _figures(row: dict[str, Any]) -> tuple[int, int, str]:
    return (row["amount"], row["reversed"], row["state"])


def _same(shown: dict[Any, Any], wanted: dict[Any, Any]) -> None:
    """Nothing differs; else what, as (what the product shows, what the model wants)."""
    differ = {
        key: (shown.get(key), wanted.get(key))
        for key in {**shown, **wanted}
        if shown.get(key) != wanted.get(key)
    }
    assert differ == {}, f"(shown, wanted): {differ}"


def _key(row: dict[str, Any]) -> Key:
    because = row["because"][0]
    if row["order_id"] is not None:
        return (row["order_id"], str(row["line"]), row["partner"], row["kind"], because["rule"])
    month = re.search(r"\d{4}-\d{2}", because["text"])
    assert month is not None
    return (month[0], None, row["partner"], row["kind"], because["rule"])


async def third_partner(slug: str, at: datetime) -> Member:
    """One more partner than the cast has."""
    with world.at(at - timedelta(seconds=1)):
        org = await make.organisation("partner", slug=slug, name=slug)
        user = await make.user(name=slug, email=f"{slug}@example.com")
        await make.membership(user, org)
        return Member(org, user, await make.key(org))
