"""Raw clicks are forgotten after a time; the figures made of them stay."""

from datetime import timedelta

from jejaring import world
from jejaring.db import sql
from jejaring.jobs.worker import Duty
from jejaring.settings import settings

BATCH = 1_000
BATCHES_A_TURN = 20
_OLDEST = """
DELETE FROM click WHERE seq IN (
 SELECT seq FROM click WHERE seq <= (SELECT min(seq) FROM click) + ? AND at < ?)
RETURNING seq"""


async def prune() -> int:
    """Delete clicks older than JEJARING_CLICK_DAYS, a small batch at a time so that nobody waits;
    how many went.
    """
    before = world.now() - timedelta(days=settings().click_days)
    gone = 0
    for _ in range(BATCHES_A_TURN):
        found = await sql.rows(_OLDEST, [BATCH, before])
        gone += len(found)
        if not found:
            break
    return gone


async def _turn() -> None:
    await prune()


DUTIES: list[Duty] = [Duty("clicks.prune", timedelta(minutes=5), _turn)]
