"""A statement as PDF, made beside the event loop."""

import asyncio
from datetime import datetime

from jejaring import world
from jejaring.identity.rules import Caller
from jejaring.payouts.statements import read


async def pdf(caller: Caller, within: tuple[datetime, datetime], lang: str) -> bytes:
    """The caller's statement on paper. Invalid `statement_too_long` above 3 000 movements."""
    from jejaring.payouts.statements import printed  # noqa: PLC0415 — start-up time

    found = await read.statement(caller, within, lang, read.MOST_PRINTED)
    whose = (caller.name, caller.zone)
    return await asyncio.to_thread(printed.as_pdf, found, within, lang, whose, world.now())
