"""Submissions as they are shown."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from campaigns.content.rules import is_short
from campaigns.content.shapes import Platform, State
from jejaring.web.language import say
from referrals.commissions.shapes import CommissionOut
from referrals.commissions.words import shown
from referrals.posts.queries import Sent


class SubmissionOut(BaseModel):
    """A post that was sent in. `url` is as it is kept: one address per post, unless it
    `is_short_link`: an app's own, of which a post may have many. `fee`, while it waits,
    is what the terms in force would pay for it, before the month's limits and the budget;
    `commissions` are what accepting it accrued.
    """

    id: str
    campaign_id: str
    enrolment_id: str
    partner: str
    platform: Platform
    url: str
    is_short_link: bool
    note: str
    state: State
    reason_code: str | None
    reason: str | None
    fee: int
    currency: str = "IDR"
    commissions: list[CommissionOut]
    created_at: datetime
    decided_at: datetime | None


def submission_out(sent: Sent, lang: str, standings: Mapping[str, str]) -> SubmissionOut:
    """One submission; `standings` of its payable commissions, by id."""
    row = sent.row
    return SubmissionOut(
        id=row.id,
        campaign_id=row.campaign_id,
        enrolment_id=row.enrolment_id,
        partner=sent.partner.slug,
        platform=row.platform,
        url=row.url,
        is_short_link=is_short(row.url),
        note=row.note,
        state=row.state,
        reason_code=row.reason_code,
        reason=say(lang, f"reason.{row.reason_code}") if row.reason_code else None,
        fee=sent.fee,
        commissions=[shown(one, lang, standings) for one in sent.commissions],
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
