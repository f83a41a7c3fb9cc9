"""The JSON route of joining: it is here, for it records who recruited whom."""

from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, Reply, post
from referrals.links.api import enrolment_shown
from referrals.links.shapes import EnrolmentIn, EnrolmentOut
from referrals.network import recruit


async def create_enrolment(caller: Caller, body: EnrolmentIn) -> EnrolmentOut | Reply:
    """Join a campaign, or ask to.

    An active enrolment comes with its coupon and first link. The same campaign again answers 200
    with the enrolment that is there. `ref` counts at the first join with this merchant only.
    """
    found = await recruit.join(
        caller,
        body.campaign_id,
        body.role,
        answers=body.answers,
        invitation=body.invitation,
        ref=body.ref,
    )
    shown = await enrolment_shown(caller, found.enrolment.id)
    return Reply(shown, 201 if found.created else 200)


ENDPOINTS: list[Endpoint] = [
    post("/v1/enrolments", create_enrolment, guards.partner("join"), statuses=(200,)),
]
