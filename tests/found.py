"""`python -m tests.found postgres`: whether the tests find a PostgreSQL; says why not."""

import asyncio
import os
import sys

import asyncpg

DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"


async def postgres() -> str | None:
    """None if TEST_POSTGRES_URL answers, else what happened."""
    try:
        connection = await asyncpg.connect(os.environ.get("TEST_POSTGRES_URL", DEFAULT), timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as exc:
        return type(exc).__name__
    await connection.close()
    return None


if __name__ == "__main__":
    problem = asyncio.run(postgres())
    if problem is not None:
        sys.exit(f"PostgreSQL: {problem}")
