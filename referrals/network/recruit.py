"""Join a campaign, and record whose invitation it was if that is the first with this merchant."""

from collections.abc import Mapping

from tortoise.exceptions import IntegrityError

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.text import fold_code
from jejaring.trail.write import note
from referrals.links import welcome
from referrals.links.models import Coupon, Link
from referrals.links.welcome import Welcome
from referrals.network import rules
from referrals.network.models import Recruitment

LONGEST = 64


async def join(
    partner: Caller,
    campaign_id: str,
    role: str,
    *,
    answers: Mapping[str, str] | None = None,
    invitation: str | None = None,
    ref: str | None = None,
) -> Welcome:
    """Join as `referrals.links.welcome.join` does. `ref`: a partner's code, link or handle; one
    that means nobody who is active at this merchant is ignored, as is every one but the first.
    """

    async def work() -> Welcome:
        campaign = await Campaign.get_or_none(id=campaign_id)
        merchant_id = campaign.merchant_id if campaign is not None else ""
        known = await Enrolment.exists(merchant_id=merchant_id, partner_id=partner.organisation_id)
        found = await welcome.join(
            partner, campaign_id, role, answers=answers, invitation=invitation
        )
        if ref and found.created and not known:
            await _record(merchant_id, partner, ref[:LONGEST].strip())
        return found

    return await transact(work)


async def _record(merchant_id: str, partner: Caller, ref: str) -> None:
    place, by = await _recruiter(merchant_id, ref)
    if place is None:
        return
    rows = Recruitment.filter(merchant_id=merchant_id)
    above = dict(await rows.values_list("recruit_id", "recruiter_id"))
    if rules.closes_circle(partner.organisation_id, place.partner_id, above):
        return
    row = Recruitment(
        id=world.new_id("rct"),
        merchant_id=merchant_id,
        recruit_id=partner.organisation_id,
        recruiter_id=place.partner_id,
        enrolment_id=place.id,
        by=by,
        at=world.now(),
    )
    try:
        await transact(row.save)
    except IntegrityError:  # recorded by another join of theirs meanwhile
        return
    await note(
        "partner.recruited",
        partner.organisation_id,
        actor=partner.actor,
        organisation_id=merchant_id,
        recruiter_id=place.partner_id,
        by=by,
    )


async def _recruiter(merchant_id: str, ref: str) -> tuple[Enrolment | None, str]:
    """The place of whom the word means, active at this merchant, and what kind of word it is."""
    active = Enrolment.filter(merchant_id=merchant_id, state="active").order_by("-created_at", "id")
    coupon = await Coupon.get_or_none(merchant_id=merchant_id, code=fold_code(ref))
    if coupon is not None:
        return await active.filter(id=coupon.enrolment_id).first(), "coupon"
    link = await Link.get_or_none(merchant_id=merchant_id, code=ref)
    if link is not None:
        return await active.filter(id=link.enrolment_id).first(), "link"
    org = await Organisation.get_or_none(kind="partner", slug=ref.lower())
    if org is None:
        return None, ""
    return await active.filter(partner_id=org.id).first(), "handle"
