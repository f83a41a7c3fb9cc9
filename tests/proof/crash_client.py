"""A client that behaves: it remembers what it was told, and sends the same again when it heard
nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from jejaring import main, world
from jejaring.identity import keys
from jejaring.jobs import worker
from referrals.intake import grouped

BEGAN = datetime(2026, 10, 5, 5, tzinfo=UTC)
NEXT_TURN = timedelta(minutes=20)  # every duty with a say in money has another by then
PHONE = "Mozilla/5.0 (Linux; Android 12; SM-A107F) Chrome/120 Mobile Safari/537.36"


@dataclass
class Client:
    """What the outside knows: keys, and what each step was answered."""

    http: httpx2.AsyncClient
    keys: dict[str, str]
    told: dict[str, Any] = field(default_factory=dict)

    async def ask(
        self, who: str, method: str, path: str, json: object = None, key: str | None = None
    ) -> dict[str, Any]:
        """A request that must be answered with 200, 201 or 202: what it says."""
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        reply = await self.http.request(method, path, headers=headers, json=json)
        assert reply.status_code in (200, 201, 202), (path, reply.status_code, reply.text)
        shape = reply.headers["content-type"]
        found: dict[str, Any] = reply.json() if shape == "application/json" else {}
        return found

    async def shop(
        self, method: str, path: str, json: object = None, key: str | None = None
    ) -> dict[str, Any]:
        """The shop asks."""
        return await self.ask("laras", method, path, json, key)

    async def click(self, code: str, address: str = "10.0.0.1") -> dict[str, str]:
        """Somebody new opens a link: the click id that the shop is handed, and when."""
        self.http.cookies.clear()
        headers = {"User-Agent": PHONE, "X-Forwarded-For": address}
        reply = await self.http.get(f"/r/{code}", headers=headers)
        assert reply.status_code == 302, reply.text
        click = httpx2.URL(reply.headers["location"]).params["jj"]
        return {"id": click, "at": world.now().isoformat()}


Act = Callable[[Client], Awaitable[object]]


@dataclass(frozen=True)
class Step:
    """One thing that somebody does, at a time; its answer is remembered under its name."""

    name: str
    at: datetime
    act: Act

    async def take(self, client: Client, late: timedelta) -> None:
        """Do it, `late` where it is done again."""
        keys.forget()  # else the real clock says when a key's use is written down
        with world.at(self.at + late):
            client.told[self.name] = await self.act(client)
            await keys.settle()
        if grouped._queue.writer is not None:  # it has this step's clock
            await grouped._queue.writer
        if late and self.act is work:  # a duty's turn was taken by who died: it comes again
            with world.at(self.at + NEXT_TURN):
                await work(client)


class Story:
    """Steps in their order, half an hour apart unless they say otherwise."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.at = BEGAN

    @property
    def next(self) -> datetime:
        """When the next step is, unless it says otherwise."""
        return self.at + timedelta(minutes=30)

    def then(self, name: str, act: Act, days: float = 0) -> None:
        """The next step."""
        self.at = self.at + timedelta(days=days) if days else self.next
        assert name not in {step.name for step in self.steps}, name
        self.steps.append(Step(name, self.at, act))

    def work(self, days: float = 0) -> None:
        """The worker has its turn: duties whose time has come, jobs that are due."""
        self.then(f"worker {len(self.steps)}", work, days)


async def work(_: Client) -> None:
    """One round of the worker."""
    await worker.beat()
    await worker.do_duties(main.DUTIES)
    await worker.drain(main.HANDLERS)


def order(order_id: str, at: datetime, **more: Any) -> dict[str, Any]:
    """Two shirts of Rp100.000, paid."""
    given = {
        "order_id": order_id,
        "source": "website",
        "placed_at": at.isoformat(),
        "state": "paid",
        "currency": "IDR",
        "items": [{"sku": "KEMEJA", "quantity": 2, "unit_price": 100_000}],
    }
    return given | more
