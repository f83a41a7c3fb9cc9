"""Plays stories in processes that end at a chosen commit, and then to their end: `python -m
tests.proof.crash_run FOLDER 1 7 road` tries the commits 1, 8, 15, … of the story `road`.

Each life is a forked process with the application, its worker and the database's own drivers in it.
It ends by `os._exit`: nothing after the commit runs, no reply is sent. What survives is the
database, and the client's memory of the replies that it did get.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from jejaring import commands, main
from jejaring.db import connect
from jejaring.db.migrate import migrate
from jejaring.settings import settings
from referrals.clicks import recorder
from referrals.clicks.stores import postgres, sqlite
from tests.cast import set_the_stage
from tests.proof import crash_rows, crash_seam, crash_stories, crash_world
from tests.proof.crash_client import Client, Step
from tests.proof.crash_seam import When, watch

AGAIN = timedelta(minutes=2)
DEAD, EMPTY = "(died)", "empty"
# Commits between which a death was not made good once: tried in every run.
ALWAYS = ("review_part", "campaign_product")
NOTED_EACH_TIME = ("INTO click", "audit_entry")
Told = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """A story on its stage; its client's memory is a file."""

    name: str
    steps: list[Step]
    memory: Path


@cache
def _built() -> Starlette:
    """Made once, before the processes fork: nothing of it has seen a request or a database. A click
    is stored however long that takes: a crowded machine is no death.
    """
    postgres.PATIENCE_SECONDS, sqlite.PATIENCE_MS = 60, 60_000
    return main.build(own_database=False)


@asynccontextmanager
async def _client() -> AsyncIterator[httpx2.AsyncClient]:
    """The application in this process, and a client of it."""
    await connect.connect(settings())
    built = _built()
    async with built.router.lifespan_context(built):
        transport = httpx2.ASGITransport(app=built, raise_app_exceptions=True)
        async with httpx2.AsyncClient(transport=transport, base_url=settings().base) as http:
            yield http
    await connect.disconnect()


async def _set(story: Story) -> None:
    """The stage, kept to be put back; and what the client knows from the start: its keys."""
    async with _client() as http:
        cast = await set_the_stage()
        await crash_stories.set_the_scene(story.name, cast, http)
        members = ("laras", "rina", "dimas")
        _keep(story, {name: getattr(cast, name).key for name in members}, {})
        await crash_rows.keep(story.name)


def _keep(story: Story, keys: dict[str, str], told: dict[str, Any]) -> None:
    _note(story.memory, {"keys": keys, "told": told})


def _note(file: Path, what: Told) -> None:
    file.write_text(json.dumps(what))


async def _live(story: Story, found: Path, twice: str = "") -> None:
    """From where the client stands to the end; then the world, the differences, the commits."""
    memory = json.loads(story.memory.read_text())
    async with _client() as http:
        client = Client(http, memory["keys"], memory["told"])
        late = AGAIN if client.told.pop(DEAD, False) else timedelta(0)
        for step in [step for step in story.steps if step.name not in client.told]:
            watch.step = step.name
            await step.take(client, late)
            if step.name == twice:
                recorder.reset()  # a new process does not remember who was here without a cookie
                await step.take(client, AGAIN)
            late = timedelta(0)
            _keep(story, client.keys, client.told)
        watch.at = 0
        seen = list(watch.seen)
        world = await crash_world.whole()
        wrong = await commands.differences(settings())
    _note(found, {"world": world, "wrong": wrong, "seen": seen})


def _in_a_process(work: Coroutine[Any, Any, None], when: When = "after", at: int = 0) -> int:
    """Run it in a forked process; its exit code."""
    pid = os.fork()
    if pid:
        work.close()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    watch.when, watch.at, watch.seen = when, at, []
    code = 1
    try:
        asyncio.run(work)
        code = 0
    except BaseException:  # whatever it was, this process ends here
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


def _must(code: int, wanted: int = 0, what: str = "alive") -> None:
    if code != wanted:
        raise SystemExit(f"a process ended with {code}: {what}")


def _begin(story: Story) -> Path:
    """Everything as it was when the story began; where the world will be told."""
    asyncio.run(crash_rows.put_back(story.name))
    story.memory.write_text(story.memory.with_suffix(".start").read_text())
    return story.memory.with_suffix(".found")


def _calm(story: Story, twice: str = "") -> Told:
    """Undisturbed; with one step taken twice, where that is what must come of a death."""
    found = _begin(story)
    _must(_in_a_process(_live(story, found, twice)))
    told: Told = json.loads(found.read_text())
    return told


def _died(story: Story, when: When, at: int) -> tuple[str, Told]:
    """Die at the commit, begin again, end: which commit it was, and the world then."""
    found = _begin(story)
    watch.grave = story.memory.with_suffix(".grave")
    _must(_in_a_process(_live(story, found), when, at), crash_seam.DIED, f"{when} {at}")
    memory = json.loads(story.memory.read_text())
    _keep(story, memory["keys"], memory["told"] | {DEAD: True})
    _must(_in_a_process(_live(story, found)))
    return watch.grave.read_text(), json.loads(found.read_text())


def _sides(commits: Sequence[str], at: int) -> tuple[When, ...]:
    """Before a commit is after the one before it, unless the client heard something in between."""
    step = commits[at - 1].partition(": ")[0]
    heard = at == 1 or commits[at - 2].partition(": ")[0] != step
    return ("before", "after") if heard else ("after",)


def _shows(commit: str, when: When) -> str:
    """The step that is to be seen twice, because it is noted each time that it happens: a click
    whose person never got the answer, a file that was not received. Else none.
    """
    step, _, words = commit.partition(": ")
    noted = any(word in words for word in NOTED_EACH_TIME)
    return step if when == "after" and noted and step.startswith(("click", "scan", "file")) else ""


def play(name: str, first: int, every: int, folder: Path) -> Told:
    """The story undisturbed, then once for each of the chosen commits and each side of it."""
    story = Story(name, crash_stories.STORIES[name]().steps, folder / f"{name}.memory")
    asyncio.run(crash_rows.put_back(EMPTY))
    _must(_in_a_process(_set(story)))
    story.memory.rename(story.memory.with_suffix(".start"))
    calm = {"": _calm(story)}
    commits = calm[""]["seen"]
    wrong = [f"undisturbed: {line}" for line in calm[""]["wrong"]]
    chosen = [
        n
        for n, words in enumerate(commits, 1)
        if (n >= first and (n - first) % every == 0) or any(word in words for word in ALWAYS)
    ]
    tried = 0
    for at in chosen:
        for when in _sides(commits, at):
            tried += 1
            commit, told = _died(story, when, at)
            twice = _shows(commit, when)
            wanted = calm.get(twice) or calm.setdefault(twice, _calm(story, twice))
            lines = crash_world.differences(wanted["world"], told["world"]) + told["wrong"]
            wrong += [f"{when} {at} ({commit}): {line}" for line in lines]
    return {
        "story": name,
        "commits": len(commits),
        "tried": tried,
        "wrong": wrong,
        "events": _all(calm[""], "ledger_entry", "event"),
        "topics": _all(calm[""], "job", "topic"),
        "told": _all(calm[""], "event", "name"),
        "labels": commits,
    }


def _all(told: Told, table: str, column: str) -> list[str]:
    return sorted({json.loads(line)[column] for line in told["world"][table]})


async def _keep_empty() -> None:
    await migrate(settings())
    await connect.connect(settings())
    await crash_rows.keep(EMPTY)
    await connect.disconnect()


def tell(place: str, first: str, every: str, *names: str) -> None:
    """A line of JSON for each story."""
    crash_seam.install()
    _built()
    _must(_in_a_process(_keep_empty()))
    for name in names:
        told = play(name, int(first), int(every), Path(place))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    tell(*sys.argv[1:])
