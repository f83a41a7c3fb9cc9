"""Enrolments as they are read."""

from collections.abc import Collection

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import EnrolmentFacts


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
        )
        for row in rows
    }
