"""What a shop's pages read that no single room below knows: to-dos, partners by their sales."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from tortoise.expressions import Q

from campaigns.catalog.models import Product
from campaigns.content import queries as content
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from jejaring.db import sql
from jejaring.identity.models import ApiKey, Organisation, User
from jejaring.kit.errors import Invalid, NotFound
from jejaring.payouts.models import PayoutRun
from referrals.review import queries as review

_PARTNERS = (
    "SELECT * FROM (SELECT o.id, o.slug, o.name, "
    "CAST(coalesce(sum(f.sales), 0) AS BIGINT) AS sales, "
    "CAST(coalesce(sum(f.sales_amount), 0) AS BIGINT) AS amount, "
    "CAST(coalesce(sum(f.people), 0) AS BIGINT) AS people, "
    "CAST(coalesce(sum(f.commission), 0) AS BIGINT) AS commission "
    "FROM (SELECT DISTINCT partner_id FROM enrolment WHERE merchant_id = ? "
    "AND state IN ('active', 'ended')) e JOIN organisation o ON o.id = e.partner_id "
    "LEFT JOIN daily_figure f ON f.partner_id = e.partner_id AND f.merchant_id = ? "
    "AND f.day >= ? AND f.day <= ? GROUP BY o.id, o.slug, o.name) best "
    "WHERE amount < ? OR (amount = ? AND id > ?) ORDER BY amount DESC, id LIMIT ?"
)
_TOP = 2**62


@dataclass(frozen=True)
class PartnerRow:
    """A partner of the shop with their figures of a range; roles over all campaigns."""

    id: str
    slug: str
    name: str
    sales: int
    amount: int
    people: int
    commission: int
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """What waits for the shop."""

    requests: int
    oldest: datetime | None
    preview: PayoutRun | None
    drafts: int
    products: int
    launched: int


async def waiting(merchant_id: str) -> Waiting:
    """Requests to join (the oldest first), the newest preview of a run, drafts; and what there is
    of products and launched campaigns.
    """
    asked = Enrolment.filter(merchant_id=merchant_id, state="requested")
    first = await asked.order_by("created_at").first()
    newest = await PayoutRun.filter(merchant_id=merchant_id).order_by("-created_at", "-id").first()
    mine = Campaign.filter(merchant_id=merchant_id)
    return Waiting(
        requests=await asked.count(),
        oldest=first.created_at if first else None,
        preview=newest if newest is not None and newest.state == "preview" else None,
        drafts=await mine.filter(state="draft").count(),
        products=await Product.filter(merchant_id=merchant_id).count(),
        launched=await mine.filter(launched_at__isnull=False).count(),
    )


async def badges(merchant_id: str) -> dict[str, int]:
    """The counts in the navigation: what waits for the shop."""
    found = {
        "partners": await Enrolment.filter(merchant_id=merchant_id, state="requested").count(),
        "campaigns": (await content.counts(merchant_id))["waiting"],
        "review": await review.waiting(merchant_id),
    }
    return {key: n for key, n in found.items() if n}


async def partners(
    merchant_id: str, days: tuple[date, date], limit: int, cursor: str | None = None
) -> tuple[list[PartnerRow], str | None]:
    """The shop's partners, those who sold most in the range (days, both included) first; and where
    the next page starts. Invalid at `/cursor` for a foreign one.
    """
    amount, last = _place(cursor)
    rows = await sql.rows(
        _PARTNERS, [merchant_id, merchant_id, *days, amount, amount, last, limit + 1]
    )
    shown = rows[:limit]
    roles = await _roles(merchant_id, [row["id"] for row in shown])
    found = [PartnerRow(**row, roles=tuple(sorted(roles.get(row["id"], ())))) for row in shown]
    more = len(rows) > limit
    return found, f"{found[-1].amount}.{found[-1].id}" if more else None


def _place(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return _TOP, ""
    amount, _, last = cursor.partition(".")
    if not amount.removeprefix("-").isdecimal() or len(amount) > 18 or not last.isprintable():
        raise Invalid.at("/cursor", "bad_cursor")
    return int(amount), last[:40]


async def _roles(merchant_id: str, partner_ids: Collection[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = await Enrolment.filter(
        merchant_id=merchant_id, partner_id__in=list(partner_ids)
    ).values_list("partner_id", "role")
    for partner_id, role in rows:
        found.setdefault(partner_id, set()).add(role)
    return found


async def partner(merchant_id: str, partner_id: str) -> tuple[Organisation, list[Enrolment]]:
    """A partner who is or was in one of the shop's campaigns, with those places; NotFound."""
    places = await (
        Enrolment.filter(merchant_id=merchant_id, partner_id=partner_id)
        .select_related("campaign")
        .order_by("-created_at")
        .limit(100)
    )
    if not places:
        raise NotFound
    return await Organisation.get(id=partner_id), places


async def names(slugs: Collection[str]) -> dict[str, str]:
    """The partners' names by handle."""
    rows = Organisation.filter(slug__in=sorted(set(slugs)), kind="partner")
    return dict(await rows.values_list("slug", "name"))


async def handles(enrolment_ids: Collection[str]) -> dict[str, str]:
    """The partners' handles by their places."""
    if not enrolment_ids:
        return {}
    rows = await Enrolment.filter(id__in=sorted(enrolment_ids)).values_list("id", "partner__slug")
    return {str(one): str(slug) for one, slug in rows}


async def actors(ids: Collection[str]) -> dict[str, str]:
    """Who is meant by the trail's actors: the names of people and of keys by id."""
    people = await User.filter(id__in=sorted(ids)).values_list("id", "name")
    keys = await ApiKey.filter(id__in=sorted(ids)).values_list("id", "name")
    return {str(one): str(name) for one, name in (*people, *keys)}


async def phone_of(partner: Organisation) -> str | None:
    """The number to write to a partner at: the organisation's, else its oldest member's."""
    if partner.phone:
        return partner.phone
    rows = await sql.rows(
        "SELECT u.phone FROM membership m JOIN app_user u ON u.id = m.user_id "
        "WHERE m.organisation_id = ? AND u.phone IS NOT NULL ORDER BY m.created_at, m.id LIMIT 1",
        [partner.id],
    )
    return str(rows[0]["phone"]) if rows else None


async def places(merchant_id: str, words: str, limit: int) -> list[Enrolment]:
    """Partners active in the shop's campaigns, with partner and campaign, by name; those whose name
    or handle holds the words, if any are given.
    """
    wanted = Enrolment.filter(merchant_id=merchant_id, state="active")
    if words:
        wanted = wanted.filter(
            Q(partner__name__icontains=words) | Q(partner__slug__icontains=words)
        )
    found = wanted.select_related("partner", "campaign").order_by("partner__name", "id")
    return list(await found.limit(limit))


async def places_of(enrolment_ids: Collection[str]) -> list[Enrolment]:
    """These enrolments with partner and campaign."""
    if not enrolment_ids:
        return []
    return list(
        await Enrolment.filter(id__in=list(enrolment_ids)).select_related("partner", "campaign")
    )
