"""Many at once at two processes, and what must hold afterwards."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import httpx2

from jejaring import commands
from jejaring.payouts import queries
from jejaring.settings import settings
from referrals.commissions.models import Commission
from tests.referrals.shop import Stage

EARNS = 20_000
Client = httpx2.AsyncClient


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
