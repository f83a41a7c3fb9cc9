"""`check` for posts: each accepted one has its commissions, and each of these its accepted post."""

from jejaring.db import sql
from jejaring.ledger.rules import Difference

ROOM = "posts"
_KEY = "c.key LIKE 'accrue:' || s.id || ':' || s.enrolment_id || ':%'"
_UNPAID = (
    "SELECT s.id FROM submission s WHERE s.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM "  # noqa: S608
    f"commission c WHERE c.enrolment_id = s.enrolment_id AND c.kind = 'per_post' AND {_KEY}) "
    "LIMIT 1000"
)
_UNPROVED = (
    "SELECT c.id FROM commission c WHERE c.kind = 'per_post' AND NOT EXISTS (SELECT 1 FROM "  # noqa: S608
    "submission s WHERE s.enrolment_id = c.enrolment_id AND s.state = 'accepted' AND s.terms_number"
    f" = c.terms_number AND {_KEY}) LIMIT 1000"
)


async def audit() -> list[Difference]:
    """Accepted posts without a commission, and commissions without an accepted post."""
    found = [
        Difference(ROOM, "commission", row["id"], "accrued", None)
        for row in await sql.rows(_UNPAID)
    ]
    found += [
        Difference(ROOM, "submission", row["id"], "accepted", None)
        for row in await sql.rows(_UNPROVED)
    ]
    return found
