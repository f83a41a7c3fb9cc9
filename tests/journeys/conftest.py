"""A shop, and two processes that serve it, for everybody who comes at once."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.cast import Cast
from tests.journeys.crowd import Client
from tests.referrals import shop as stage
from tests.referrals.shop import Stage
from tests.server import server


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: Client, cast: Cast) -> Stage:
    """The shop of the fixed cast."""
    return await stage.set_up(http, cast)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(_database: None) -> AsyncIterator[list[Client]]:
    """Two processes on one database, as behind a load balancer."""
    async with server() as (one, _), server() as (two, _):
        yield [one, two]
