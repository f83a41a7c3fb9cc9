"""Random histories of earning, refunds, runs, outcomes and cancellations: the books stay whole.

The verbs are called as their owners would call them; after each history `check` finds nothing, and
what every partner was granted is where the balances say it is.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from jejaring.kit.errors import Conflict
from jejaring.ledger import statements
from jejaring.payouts import owed, queries, run, settle
from jejaring.payouts.models import Payout
from jejaring.payouts.rails import download
from tests.cast import Cast, Member
from tests.money import caller, clean, earn, refund, with_method

STEPS = 60


@dataclass
class World:
    """What a history has made so far."""

    cast: Cast
    random: Random
    left: dict[str, int] = field(default_factory=dict)
    owner: dict[str, Member] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    counter: int = 0

    def next(self) -> int:
        self.counter += 1
        return self.counter


async def earns(w: World) -> None:
    com = f"com_{w.next()}"
    w.owner[com] = w.random.choice([w.cast.rina, w.cast.dimas])
    w.left[com] = w.random.choice([1, 4_000, 10_000, 25_000, 90_000])
    await earn(w.cast.laras, w.owner[com], com, w.left[com])


async def refunds(w: World) -> None:
    wanted = sorted(com for com, left in w.left.items() if left)
    if wanted:
        com = w.random.choice(wanted)
        amount = w.random.choice([1, w.left[com], (w.left[com] + 1) // 2])
        w.left[com] -= amount
        await refund(w.cast.laras, w.owner[com], com, amount, w.next())


async def previews(w: World) -> None:
    w.runs.append((await run.preview(caller(w.cast.laras))).id)


async def approves(w: World) -> None:
    if w.runs:
        await run.approve(caller(w.cast.laras), w.random.choice(w.runs[-3:]))


async def cancels(w: World) -> None:
    if w.runs:
        await run.cancel(caller(w.cast.laras), w.random.choice(w.runs))


async def sends(w: World) -> None:
    if w.runs:
        shape: Any = w.random.choice(["bca", "csv"])
        await download.download(caller(w.cast.laras), w.random.choice(w.runs), shape)


async def settles(w: World) -> None:
    rows = await Payout.all().order_by("id")
    if rows:
        outcome: Any = w.random.choice(["paid", "paid", "failed", "returned"])
        await settle.settle(caller(w.cast.laras), w.random.choice(rows).id, outcome)


async def repays(w: World) -> None:
    member = w.random.choice([w.cast.rina, w.cast.dimas])
    rows = await statements.balances(w.cast.laras.id, member.id)
    if rows and rows[0].owed_back:
        kind: Any = w.random.choice(["repay", "write_off"])
        amount = w.random.choice([1, rows[0].owed_back, rows[0].owed_back + 1])
        wanted = owed.Settling(kind, member.org.slug, amount, "salah hitung", f"S-{w.next()}")
        await owed.settle(caller(w.cast.laras), wanted)


ACTS = (earns, earns, earns, refunds, refunds, previews, approves, approves, cancels, sends,
        settles, settles, repays)  # fmt: skip


async def attempt(w: World, act: Any) -> None:
    """One act; a refusal by the state of things is a fine answer."""
    try:
        await act(w)
    except Conflict:
        return


async def adds_up(w: World) -> None:
    """Nothing to find, and earned is what was granted less what was taken back."""
    await clean()
    views, _ = await queries.balances(w.cast.laras.id)
    for view in views:
        mine = [com for com, who in w.owner.items() if who.org.slug == view.partner]
        assert view.earned == sum(w.left[com] for com in mine)
    assert sum(amount for _, amount in await statements.trial_balance()) == 0


@pytest.mark.parametrize("seed", range(12))
async def test_any_history_leaves_the_books_whole(cast: Cast, seed: int) -> None:
    w = World(cast, Random(seed))
    await with_method(cast.rina)
    await with_method(cast.dimas, "2223334445")
    for _ in range(STEPS):
        await attempt(w, w.random.choice(ACTS))
    await adds_up(w)


@pytest.mark.parametrize("seed", range(4))
async def test_acts_at_the_same_time_leave_the_books_whole(cast: Cast, seed: int) -> None:
    w = World(cast, Random(100 + seed))
    await with_method(cast.rina)
    await with_method(cast.dimas, "2223334445")
    calm = [act for act in ACTS if act is not repays]
    for _ in range(STEPS // 5):
        await asyncio.gather(*[attempt(w, w.random.choice(calm)) for _ in range(5)])
    await adds_up(w)
