"""Verbs of the command line that need the whole house: the check of the books."""

from jejaring import main
from jejaring.db import snapshot
from jejaring.settings import Settings, settings


async def differences(chosen: Settings) -> list[str]:
    """Every difference found by the rooms' audits, one line each, read in one snapshot."""
    async with snapshot.one(chosen):
        return [str(difference) for audit in main.AUDITS for difference in await audit()]


async def check() -> list[str]:
    """The books of the installation that the environment names."""
    return await differences(settings())
