"""My network: a link for each campaign to bring others with, and whom it brought."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.queries import Sieve
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms import versions
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.settings import settings
from jejaring.web import pages, render
from referrals.commissions import queries as commissions

PLACES = 100
SHOWN = 100


@dataclass(frozen=True)
class Invitation:
    """A link that brings others to a campaign; `rate_bp` of their commission is the recruiter's,
    while these had sales of their own in the last `days`. 0: only the company.
    """

    campaign: str
    shop: str
    url: str
    rate_bp: int
    days: int


async def show(request: Request, caller: Caller) -> Response:
    """The links to share, those that give a share first, and who came."""
    came = await commissions.recruited(SHOWN + 1, recruiter_id=caller.organisation_id)
    context: dict[str, Any] = {
        "invitations": await _invitations(caller),
        "came": came[:SHOWN],
        "more": len(came) > SHOWN,
        "earned": sum(one.earned for one in came[:SHOWN]),
    }
    return render.page(request, "partner/network.html", context)


async def _invitations(caller: Caller) -> list[Invitation]:
    """The campaigns that the partner is active in and that others may join by a link."""
    places, _ = await enrolments.page(caller.organisation_id, Sieve(state="active"), PLACES)
    open_to = [
        place.campaign
        for place in places
        if place.campaign.joining != "invite" and lifecycle.state_of(place.campaign) == "live"
    ]
    terms = await versions.at([row.id for row in open_to], world.now())
    found = []
    for row in open_to:
        share = terms[row.id][1].recruiter if row.id in terms else None
        url = f"{settings().base}/join/{row.id}?ref={caller.slug}"
        rate, days = (share.rate_bp, share.active_days) if share else (0, 0)
        found.append(Invitation(row.name, row.merchant.name, url, rate, days))
    return sorted(found, key=lambda one: -one.rate_bp)


PAGES = [pages.show("/partner/network", show, guards.signed_in("partner"))]
