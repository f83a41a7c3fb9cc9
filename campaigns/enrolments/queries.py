"""Enrolments as they are read, each side its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q
from tortoise.functions import Count

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import FRAUD, EnrolmentFacts
from jejaring.db.listing import newest
from jejaring.kit.errors import NotFound

STATES = ("requested", "active", "rejected", "ended")


@dataclass(frozen=True)
class Sieve:
    """Which enrolments a list wants; None asks for nothing."""

    campaign_id: str | None = None
    state: str | None = None
    role: str | None = None


def _of_side(organisation_id: str) -> Q:
    return Q(merchant_id=organisation_id) | Q(partner_id=organisation_id)


async def get(organisation_id: str, enrolment_id: str) -> Enrolment:
    """The enrolment with its partner and campaign, for the merchant or the partner of it; NotFound
    for anybody else.
    """
    row = await Enrolment.filter(_of_side(organisation_id), id=enrolment_id).first()
    if row is None:
        raise NotFound
    await row.fetch_related("partner", "campaign", "campaign__merchant")
    return row


async def page(
    organisation_id: str, sieve: Sieve | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Enrolment], str | None]:
    """The side's enrolments with partner and campaign, newest first."""
    wanted = Enrolment.filter(_of_side(organisation_id))
    for name, value in vars(sieve or Sieve()).items():
        if value is not None:
            wanted = wanted.filter(**{name: value})
    wanted = wanted.select_related("partner", "campaign", "campaign__merchant")
    return await newest(wanted, limit, cursor)


async def of(enrolment_ids: Collection[str]) -> dict[str, EnrolmentFacts]:
    """The facts of each enrolment, in one query; an unknown id is absent."""
    rows = await Enrolment.filter(id__in=list(enrolment_ids)).select_related("partner")
    return {
        row.id: EnrolmentFacts(
            id=row.id,
            campaign_id=row.campaign_id,
            merchant_id=row.merchant_id,
            partner_id=row.partner_id,
            partner_slug=row.partner.slug,
            role=row.role,
            tier=row.tier,
            active_from=row.approved_at,
            active_to=row.ended_at,
            tiers=tuple(
                (datetime.fromisoformat(str(move["at"])), str(move["tier"])) for move in row.tiers
            ),
            fraud=row.state == "ended" and row.reason_code == FRAUD,
        )
        for row in rows
    }


async def counts(campaign_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many enrolments each campaign has in each state; campaigns without any are there too."""
    found = {campaign_id: dict.fromkeys(STATES, 0) for campaign_id in campaign_ids}
    rows = (
        await Enrolment.filter(campaign_id__in=list(found))
        .annotate(n=Count("id"))
        .group_by("campaign_id", "state")
        .values("campaign_id", "state", "n")
    )
    for row in rows:
        found[row["campaign_id"]][row["state"]] = row["n"]
    return found
