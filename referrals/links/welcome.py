"""Joining: the enrolment, its coupon and its first link, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.enrolments import join as enrolments
from campaigns.enrolments import queries
from campaigns.enrolments.models import Enrolment
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from referrals.links import coupons, create
from referrals.links.models import Coupon, Link


@dataclass(frozen=True)
class Welcome:
    """An enrolment with its coupon and first link; both are None while it is only requested.

    `created` tells a new enrolment from the one that was there.
    """

    enrolment: Enrolment
    coupon: Coupon | None
    link: Link | None
    created: bool = False


async def join(
    partner: Caller,
    campaign_id: str,
    role: str,
    *,
    answers: Mapping[str, str] | None = None,
    invitation: str | None = None,
) -> Welcome:
    """Join a campaign, or ask to. Raises what `campaigns.enrolments.join.join` does."""

    async def work() -> Welcome:
        known = await Enrolment.exists(campaign_id=campaign_id, partner_id=partner.organisation_id)
        enrolment = await enrolments.join(campaign_id, partner, role, answers, invitation)
        return await _equipped(enrolment, partner.slug, created=not known)

    return await transact(work)


async def approve(merchant: Caller, enrolment_id: str) -> Welcome:
    """Let a partner in. Raises what `campaigns.enrolments.join.approve` does."""

    async def work() -> Welcome:
        enrolment = await enrolments.approve(merchant.organisation_id, enrolment_id, merchant.actor)
        partner = await Organisation.get(id=enrolment.partner_id)
        return await _equipped(enrolment, partner.slug)

    return await transact(work)


async def _equipped(enrolment: Enrolment, handle: str, *, created: bool = False) -> Welcome:
    if enrolment.state != "active":
        return Welcome(enrolment, None, None, created)
    coupon = await coupons.ensure(enrolment, handle)
    link = await Link.filter(enrolment_id=enrolment.id).order_by("created_at", "id").first()
    if link is None:
        link, _ = await create.store(enrolment, None, "")
    return Welcome(enrolment, coupon, link, created)


async def of(organisation_id: str, enrolment_id: str) -> Welcome:
    """An enrolment as it stands, for either side. NotFound."""
    enrolment = await queries.get(organisation_id, enrolment_id)
    coupon = await Coupon.filter(enrolment_id=enrolment.id).order_by("created_at", "id").first()
    link = await Link.filter(enrolment_id=enrolment.id).order_by("created_at", "id").first()
    return Welcome(enrolment, coupon, link)
