"""Posts with what they earned, or would earn if they were accepted now."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.content import rules
from campaigns.content.models import Submission
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from campaigns.terms import versions
from campaigns.terms.rules import Who
from jejaring import world
from jejaring.identity.models import Organisation
from referrals.commissions.models import Commission


@dataclass(frozen=True)
class Sent:
    """A submission with its partner and campaign, its commissions, and, while it waits, what the
    terms in force would pay for it (rupiah, before month and budget).
    """

    row: Submission
    partner: Organisation
    role: str
    campaign: str
    commissions: tuple[Commission, ...]
    fee: int

    @property
    def earned(self) -> int:
        """What is on the books for it, in rupiah."""
        rows = [row for row in self.commissions if row.state != "rejected"]
        return sum(row.amount - row.reversed for row in rows)


async def with_money(rows: Sequence[Submission]) -> list[Sent]:
    """The submissions in the order given, in a fixed number of queries."""
    if not rows:
        return []
    places = await Enrolment.filter(id__in=list({row.enrolment_id for row in rows}))
    by_place = {place.id: place for place in places}
    orgs = await Organisation.filter(id__in=list({row.partner_id for row in rows}))
    partners = {org.id: org for org in orgs}
    campaigns = list({row.campaign_id for row in rows})
    names = dict(await Campaign.filter(id__in=campaigns).values_list("id", "name"))
    terms = await versions.at(campaigns, world.now())
    made = await _made(rows)
    found = []
    for row in rows:
        place, partner = by_place[row.enrolment_id], partners[row.partner_id]
        who = Who(place.role, partner.slug, place.tier)
        version = terms.get(row.campaign_id)
        pays = rules.paying(version[1], who, row.created_at) if version else ()
        fee = sum(rule.amount or 0 for _, rule in pays) if row.state == "waiting" else 0
        own = tuple(made.get(row.id, ()))
        found.append(Sent(row, partner, place.role, names[row.campaign_id], own, fee))
    return found


async def _made(rows: Sequence[Submission]) -> dict[str, list[Commission]]:
    """The commissions of each accepted one, in the order of their rules."""
    places = {row.enrolment_id for row in rows if row.state == "accepted"}
    found: dict[str, list[Commission]] = {}
    if places:
        own = Commission.filter(enrolment_id__in=list(places), kind="per_post")
        for one in await own.order_by("rule_index", "id"):
            found.setdefault(str(one.because["submission"]), []).append(one)
    return found
