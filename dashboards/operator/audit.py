"""`check` for the queue: no job was given up, and a campaign that ends by date has its job."""

from campaigns.lifecycle.steer import END_JOB
from dashboards.operator.check import TOPIC
from jejaring.db import sql
from jejaring.ledger.rules import Difference

ROOM = "jobs"
_DEAD = "SELECT id, topic FROM job WHERE dead_at IS NOT NULL AND topic <> ? ORDER BY id LIMIT 1000"
_LOST = (
    "SELECT c.id, c.state FROM campaign c WHERE c.state IN ('live', 'paused') "
    "AND c.ends_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM job j WHERE j.topic = ? "
    "AND j.done_at IS NULL AND j.key LIKE j.topic || ':' || c.id || ':%') ORDER BY c.id LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Jobs that were given up (but for the check itself), and ends that nobody will bring."""
    dead = await sql.rows(_DEAD, [TOPIC])
    lost = await sql.rows(_LOST, [END_JOB])
    return [
        *(Difference(ROOM, "dead", f"{r['topic']} {r['id']}", "done", "given up") for r in dead),
        *(Difference(ROOM, "lost", r["id"], END_JOB, r["state"]) for r in lost),
    ]
