"""Databases beside the run's own one, of the kind under test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from jejaring import world
from tests.conftest import ON_POSTGRES, POSTGRES
from tests.foundation.conftest import admin


@pytest_asyncio.fixture(loop_scope="session")
async def apart(tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty database, dropped afterwards."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path}/apart.db"
        return
    name = f"jj_apart_{world.token(8).lower()}"
    await admin(f'CREATE DATABASE "{name}"')
    await admin(f'ALTER DATABASE "{name}" SET synchronous_commit TO off')
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    await admin(f'DROP DATABASE "{name}" WITH (FORCE)')
