"""Clicks as they are read by those who credit sales, and whose browser it was."""

from collections.abc import Sequence
from datetime import datetime

from jejaring.identity import sessions
from referrals.clicks.models import Click
from referrals.clicks.rules import PERSON, PREFETCH, ClickFacts
from referrals.links import lookup

MOST = 200
_MEMBER = """
SELECT 1 AS one FROM session s JOIN membership m ON m.user_id = s.user_id
WHERE s.token_hash = ? AND m.organisation_id = ?"""


async def is_own(token: str, partner_id: str) -> bool:
    """Whether the session's user belongs to the partner. One query, for signed-in browsers only; a
    session that ran out still tells whose browser it is.
    """
    return bool(await lookup.rows(_MEMBER, [sessions.hash_of(token), partner_id]))


async def named(merchant_id: str, click_id: str) -> ClickFacts | None:
    """The click of this id on the merchant's links: a person's, or a browser's that fetched ahead
    (what was fetched is then shown without another request). None for robots, for another
    merchant's and for anything unknown.
    """
    kinds = [PERSON, PREFETCH]
    found = await Click.filter(id=click_id[:24], merchant_id=merchant_id, kind__in=kinds)
    return _facts(found)[0] if found and found[0].id == click_id else None


async def by_visitor(
    merchant_id: str, visitor: str, since: datetime, until: datetime
) -> list[ClickFacts]:
    """The visitor's clicks on the merchant's links in [since, until], newest first, at most 200."""
    found = Click.filter(
        visitor=visitor, merchant_id=merchant_id, kind=PERSON, at__gte=since, at__lte=until
    )
    return _facts(await found.order_by("-at", "-seq").limit(MOST))


def _facts(rows: Sequence[Click]) -> list[ClickFacts]:
    return [
        ClickFacts(
            id=row.id,
            at=row.at,
            enrolment_id=row.enrolment_id,
            campaign_id=row.campaign_id,
            partner_id=row.partner_id,
            product_id=row.product_id,
            via=row.via,
            visitor=row.visitor,
            own=row.own,
        )
        for row in rows
    ]
