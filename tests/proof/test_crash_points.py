"""Whichever commit a process dies at, everything comes to the same end after a restart.

Three stories do everything that moves money. For each commit that they make, the process ends right
before it, and right after it (no reply is sent); then a new one is started, the client sends again
what was not answered, the worker goes on, and the story is told to its end. The whole world must
then be what it is without the death, and `check` must find nothing.

The ordinary run tries a part of the commits, the same ones each time, others on each database;
`make soak` tries all.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jejaring.hooks.events import EVENTS
from tests.conftest import ON_POSTGRES
from tests.proof.crash_stories import STORIES

ALL = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
FIRST, EVERY = (1, 1) if ALL else (31, 151) if ON_POSTGRES else (7, 89)
# What no story tells of, because no money hangs on it, or because pages do it.
UNTOLD = {
    "site.verified", "campaign.started", "campaign.changed", "terms.issued", "enrolment.requested",
    "enrolment.rejected", "enrolment.tier_changed", "payout_method.changed",
}  # fmt: skip


async def _played(url: str, folder: Path) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.proof.crash_run", str(folder), str(FIRST), str(EVERY),
        *STORIES, env=dict(os.environ) | {"DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    return [json.loads(line) for line in out.decode().splitlines()]


async def test_every_death_comes_to_the_same_end(
    apart: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    stories = await _played(apart, tmp_path)
    commits = sum(story["commits"] for story in stories)
    tried = sum(story["tried"] for story in stories)
    record_property("proof", f"{tried} deaths at {commits} commits in {len(stories)} stories")
    assert [line for story in stories for line in story["wrong"]] == []
    assert commits > 1_000
    assert tried >= (commits if ALL else commits // EVERY)
    told = {name for story in stories for name in story["told"]}
    assert set(EVENTS) - told <= UNTOLD
