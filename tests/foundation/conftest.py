"""Databases beside the run's own one: files and PostgreSQL databases made for one test."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from jejaring import world

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


async def admin(statement: str) -> None:
    """Run one statement on the server's own database."""
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_postgres() -> AsyncIterator[str]:
    """The address of an empty PostgreSQL database, dropped afterwards."""
    name = f"jj_side_{os.getpid()}_{world.token(6).lower()}"
    try:
        await admin(f'CREATE DATABASE "{name}"')
    except (OSError, asyncpg.PostgresError) as exc:
        pytest.skip(f"no PostgreSQL at TEST_POSTGRES_URL: {type(exc).__name__}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    await admin(f'DROP DATABASE "{name}" WITH (FORCE)')
