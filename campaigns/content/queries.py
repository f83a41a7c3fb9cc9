"""Submissions as they are read, each side its own."""

from collections.abc import Collection
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.functions import Count

from campaigns.content.models import Submission
from campaigns.content.rules import STATES
from jejaring.db.listing import newest, oldest
from jejaring.kit.errors import NotFound


@dataclass(frozen=True)
class Sieve:
    """Which submissions a list wants; None asks for nothing."""

    campaign_id: str | None = None
    enrolment_id: str | None = None
    state: str | None = None


def _of_side(organisation_id: str) -> Q:
    return Q(merchant_id=organisation_id) | Q(partner_id=organisation_id)


async def get(organisation_id: str, submission_id: str) -> Submission:
    """The submission, for the merchant or the partner of it; NotFound for anybody else."""
    row = await Submission.filter(_of_side(organisation_id), id=submission_id).first()
    if row is None:
        raise NotFound
    return row


async def page(
    organisation_id: str, sieve: Sieve | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Submission], str | None]:
    """The side's submissions, newest first."""
    wanted = Submission.filter(_of_side(organisation_id))
    for name, value in vars(sieve or Sieve()).items():
        if value is not None:
            wanted = wanted.filter(**{name: value})
    return await newest(wanted, limit, cursor)


async def queue(
    merchant_id: str, campaign_id: str | None, limit: int, cursor: str | None = None
) -> tuple[list[Submission], str | None]:
    """What waits for the merchant's answer (in one campaign, if given), the oldest first."""
    wanted = Submission.filter(merchant_id=merchant_id, state="waiting")
    if campaign_id is not None:
        wanted = wanted.filter(campaign_id=campaign_id)
    return await oldest(wanted, limit, cursor)


async def counts(merchant_id: str, campaign_ids: Collection[str] = ()) -> dict[str, int]:
    """How many of the merchant's submissions are in each state; of these campaigns, if given."""
    wanted = Submission.filter(merchant_id=merchant_id)
    if campaign_ids:
        wanted = wanted.filter(campaign_id__in=list(campaign_ids))
    rows = await wanted.annotate(n=Count("id")).group_by("state").values("state", "n")
    return dict.fromkeys(STATES, 0) | {row["state"]: row["n"] for row in rows}
