"""Whether a hit comes from the partner's own signed-in browser (it earns nothing)."""

from jejaring.identity import sessions
from referrals.links import lookup

_MEMBER = """
SELECT 1 AS one FROM session s JOIN membership m ON m.user_id = s.user_id
WHERE s.token_hash = ? AND m.organisation_id = ?"""


async def is_own(token: str, partner_id: str) -> bool:
    """Whether the session's user belongs to the partner. One query, for signed-in browsers only; a
    session that ran out still tells whose browser it is.
    """
    return bool(await lookup.rows(_MEMBER, [sessions.hash_of(token), partner_id]))
