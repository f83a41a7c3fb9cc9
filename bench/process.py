"""One web process: how soon it answers, and what it weighs with 100 000 links."""

import sqlite3
import time
from pathlib import Path

from bench import server
from bench.figure import Figure

LINKS = 100_000
START_SECONDS, MEMORY_MIB = 1.5, 130.0
ROUNDS = 5

SEED = """
import asyncio
from jejaring import world
from jejaring.db import connect, migrate
from jejaring.settings import settings
async def seed():
    await migrate.migrate(settings())
    await connect.connect(settings())
    from referrals.links.models import Link
    from tests import make
    first = await make.link()
    for start in range(0, {links}, 2000):
        await Link.bulk_create([
            Link(id=world.new_id("lnk"), code=world.token(7), enrolment_id=first.enrolment_id,
                 campaign_id=first.campaign_id, merchant_id=first.merchant_id,
                 partner_id=first.partner_id, product_key="", label=str(start + n),
                 created_at=world.now())
            for n in range(2000)
        ])
    await connect.disconnect()
asyncio.run(seed())
"""


def run() -> list[Figure]:
    """Start to the first answer (the middle of five), and resident memory after each of 100 000
    links was opened once.
    """
    with server.database("sqlite") as url:
        server.inside(url, SEED.format(links=LINKS))
        starts = sorted(_start(url) for _ in range(ROUNDS))
        memory = _memory(url)
    middle = starts[len(starts) // 2]
    return [
        Figure("start to first answer", middle, "s", None, middle, START_SECONDS, at_most=True),
        Figure(
            "memory, 100 000 links opened", memory, "MiB", None, memory, MEMORY_MIB, at_most=True
        ),
    ]


def _start(url: str) -> float:
    began = time.monotonic()
    with server.jejaring(url):
        return time.monotonic() - began


def _memory(url: str) -> float:
    with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as database:
        codes = [code for (code,) in database.execute("SELECT code FROM link")]
    script = Path(url.removeprefix("sqlite:///")).with_name("all.lua")
    listed = ",".join(f'"{code}"' for code in codes)
    script.write_text(
        f"local codes = {{{listed}}}\nlocal n = 0\n"
        "request = function() n = n % #codes + 1; "
        'return wrk.format("GET", "/r/" .. codes[n]) end\n'
    )
    with server.jejaring(url) as (base, pid):
        opened = 0
        while opened < LINKS:
            opened += server.wrk(base, 64, 5, script).replies
        return _resident(pid)


def _resident(pid: int) -> float:
    """Resident memory of the process (and of what it started), MiB."""
    kib = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if str(pid) in (fields["Pid"].strip(), fields["PPid"].strip()):
            kib += int(fields.get("VmRSS", "0 kB").split()[0])
    return kib / 1024
