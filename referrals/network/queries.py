"""The network as it is read by those who compute recruiters' shares."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from campaigns.enrolments.models import Enrolment
from jejaring.db import bulk, sql
from jejaring.identity import contacts
from jejaring.payouts import methods
from referrals.network.models import Recruitment
from referrals.network.rules import Marks

Pair = tuple[str, str]


@dataclass(frozen=True)
class Recruiter:
    """A recruit's recruiter at a merchant: their active places by campaign, and whether the two are
    one person by phone, e-mail or payout account.
    """

    merchant_id: str
    partner_id: str
    places: dict[str, str]
    same: bool

    def place(self, campaign_id: str) -> str | None:
        """The enrolment that the share is booked on: that of the campaign, else their first."""
        return self.places.get(campaign_id) or next(iter(self.places.values()), None)


async def recruiters(pairs: Collection[Pair]) -> dict[Pair, Recruiter]:
    """The recruiter of each (merchant, partner) that has one, in a fixed number of queries."""
    merchants = {merchant for merchant, _ in pairs}
    recruits = {partner for _, partner in pairs}
    rows = await Recruitment.filter(merchant_id__in=list(merchants), recruit_id__in=list(recruits))
    rows = [row for row in rows if (row.merchant_id, row.recruit_id) in pairs]
    if not rows:
        return {}
    marks = await _marks({p for row in rows for p in (row.recruit_id, row.recruiter_id)})
    places: dict[Pair, dict[str, str]] = {}
    active = Enrolment.filter(
        merchant_id__in=list(merchants),
        partner_id__in=[row.recruiter_id for row in rows],
        state="active",
    )
    for place in await active.order_by("created_at", "id"):
        own = places.setdefault((place.merchant_id, place.partner_id), {})
        own[place.campaign_id] = place.id
    return {
        (row.merchant_id, row.recruit_id): Recruiter(
            merchant_id=row.merchant_id,
            partner_id=row.recruiter_id,
            places=places.get((row.merchant_id, row.recruiter_id), {}),
            same=marks[row.recruit_id].touches(marks[row.recruiter_id]),
        )
        for row in rows
    }


async def _marks(partner_ids: Collection[str]) -> dict[str, Marks]:
    people = await contacts.contacts_of(partner_ids)
    accounts = await methods.accounts_of(partner_ids)
    return {
        partner_id: Marks(
            people[partner_id].phones,
            people[partner_id].emails,
            accounts[partner_id].indexes if partner_id in accounts else frozenset(),
        )
        for partner_id in partner_ids
    }


async def own_sales(pairs: Collection[Pair], since: datetime) -> dict[Pair, list[datetime]]:
    """When each (merchant, partner) placed sales of their own from `since` on: credited to them,
    not closed, not bought by themselves.
    """
    if not pairs:
        return {}
    merchant, merchants = bulk.within("e.merchant_id", {m for m, _ in pairs})
    partner, partners = bulk.within("e.partner_id", {p for _, p in pairs})
    rows = await sql.rows(
        "SELECT DISTINCT e.merchant_id, e.partner_id, s.placed_at FROM enrolment e "  # noqa: S608
        "JOIN credit c ON c.enrolment_id = e.id JOIN sale s ON s.id = c.sale_id "
        f"WHERE {merchant} AND {partner} AND c.ended_by IS NULL AND c.self_referral = ? "
        "AND s.placed_at >= ? AND s.state NOT IN ('cancelled', 'returned')",
        [*merchants, *partners, False, since],
    )
    found: dict[Pair, list[datetime]] = {}
    for row in rows:
        place = (row["merchant_id"], row["partner_id"])
        found.setdefault(place, []).append(bulk.instant(row["placed_at"]))
    return found
