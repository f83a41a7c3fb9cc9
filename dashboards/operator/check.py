"""The check of the books: asked for on a page, run as a job in one snapshot, its result kept."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jejaring import world
from jejaring.db import snapshot
from jejaring.db.transact import transact
from jejaring.identity.rules import Caller
from jejaring.jobs.enqueue import enqueue
from jejaring.jobs.models import Beat, Job
from jejaring.ledger import journal
from jejaring.settings import settings
from jejaring.trail.write import note

TOPIC = "check.books"
RESULT = "check.books"
_ROOM = 300  # what a heartbeat's note holds
Audit = Callable[[], Awaitable[Sequence[object]]]


@dataclass(frozen=True)
class Checked:
    """The last check: when, how many differences, the first of them; and whether one runs now."""

    at: datetime | None
    found: int
    entries: int
    first: str
    running: bool


async def ask(caller: Caller) -> None:
    """A check as soon as the worker is free; while one waits or runs, nothing more."""

    async def store() -> None:
        if await _waiting().exists():
            return
        await enqueue(TOPIC, {"asked_by": caller.actor})
        org = caller.organisation_id
        await note("books.check_asked", TOPIC, actor=caller.actor, organisation_id=org)

    await transact(store)


async def nightly() -> None:
    """A check once a day."""
    await enqueue(TOPIC, {"asked_by": "worker"}, key=f"{TOPIC}:{world.now():%Y-%m-%d}")


def _waiting() -> Any:
    return Job.filter(topic=TOPIC, done_at=None, dead_at=None)


async def run(audits: Sequence[Audit]) -> None:
    """Run every audit in one snapshot, and keep what it found."""
    async with snapshot.one(settings()):
        found = [str(difference) for audit in audits for difference in await audit()]
        entries = await journal.count()
    kept: dict[str, Any] = {"found": len(found), "entries": entries, "first": ""}
    if found:
        kept["first"] = found[0][: _ROOM - len(json.dumps(kept)) - 40]
    row = Beat(name=RESULT, at=world.now(), note=json.dumps(kept)[:_ROOM])
    await Beat.bulk_create([row], on_conflict=["name"], update_fields=["at", "note"])


async def last() -> Checked:
    """The last check's result."""
    row = await Beat.get_or_none(name=RESULT)
    running = await _waiting().exists()
    if row is None:
        return Checked(None, 0, 0, "", running)
    try:
        kept = json.loads(row.note)
    except ValueError:
        kept = {"found": 1, "entries": 0, "first": row.note}
    return Checked(row.at, kept["found"], kept["entries"], kept["first"], running)
