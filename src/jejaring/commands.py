"""Verbs of the command line that need the whole house: the check of the books, the operator."""

from jejaring import main
from jejaring.db import connect, snapshot
from jejaring.members import links, signup
from jejaring.settings import Settings, settings


async def differences(chosen: Settings) -> list[str]:
    """Every difference found by the rooms' audits, one line each, read in one snapshot."""
    async with snapshot.one(chosen):
        return [str(difference) for audit in main.AUDITS for difference in await audit()]


async def check() -> list[str]:
    """The books of the installation that the environment names."""
    return await differences(settings())


async def operator_link(email: str) -> str:
    """A one-time link for an operator: no page ever makes the first one."""
    await connect.connect(settings())
    try:
        if not await connect.is_current():
            raise SystemExit("the database is not up to date: run `jejaring migrate` first")
        return links.url_of(await signup.operator(email))
    finally:
        await connect.disconnect()
