"""Everything that speaks for or against a partner, read for many sales at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.rules import EnrolmentFacts
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.rules import CampaignFacts
from campaigns.terms import versions
from campaigns.terms.rules import Terms
from jejaring.db import bulk, sql
from jejaring.db.bulk import Query
from jejaring.identity import contacts
from jejaring.identity.contacts import Contacts
from jejaring.kit.text import fold_code
from jejaring.payouts import methods
from jejaring.payouts.methods import Accounts
from referrals.attribution.rules import Promise, Seen, fold_creator
from referrals.links.rules import references
from referrals.orders.rules import SaleDraft, Shop
from referrals.orders.store import buyer_hashes

LOOK_BACK = timedelta(days=400)
# A flood of clicks under one cookie is not worth more than this many touches of one sale.
MAX_TOUCHES = 200
_COLUMNS = (
    "id, at, link_id, enrolment_id, campaign_id, merchant_id, partner_id, product_id, via, own, "
    "visitor"
)
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Ask:
    """A sale whose credit is asked for."""

    shop: Shop
    draft: SaleDraft


@dataclass(frozen=True)
class Code:
    """A coupon: whose it is, and since when it does not count."""

    id: str
    enrolment_id: str
    disabled_at: datetime | None


@dataclass(frozen=True)
class Bonded:
    """A bond as touches need it; `since`: when the buyer's first credited order was placed."""

    touch: Seen
    since: datetime
    until: datetime


@dataclass
class Evidence:
    """What `gather` found; `uses` grows as sales of the same batch are credited. `creators` are the
    enrolments of whom a (merchant, marketplace, folded name) means, `bonds` by (merchant, hash).
    """

    clicks: dict[str, tuple[str, Seen, str | None]] = field(default_factory=dict)
    visits: dict[tuple[str, str], list[Seen]] = field(default_factory=dict)
    coupons: dict[tuple[str, str], Code] = field(default_factory=dict)
    creators: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    bonds: dict[tuple[str, str], list[Bonded]] = field(default_factory=dict)
    enrolments: dict[str, EnrolmentFacts] = field(default_factory=dict)
    campaigns: dict[str, CampaignFacts] = field(default_factory=dict)
    terms: dict[str, list[tuple[datetime, int, Terms]]] = field(default_factory=dict)
    contacts: Mapping[str, Contacts] = field(default_factory=dict)
    accounts: Mapping[str, Accounts] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)

    def terms_at(self, campaign_id: str, instant: datetime) -> tuple[int, Terms] | None:
        """The version in force at the instant."""
        fit = [(n, t) for at, n, t in self.terms.get(campaign_id, []) if at <= instant]
        return fit[-1] if fit else None

    def terms_by(self, campaign_id: str, number: int) -> Terms:
        """The version with this number."""
        return next(t for _, n, t in self.terms[campaign_id] if n == number)

    def promises(self, campaign_ids: Iterable[str], instant: datetime) -> dict[str, Promise]:
        """The campaigns as touches of a sale placed at the instant are judged by them."""
        found = {}
        for campaign_id in campaign_ids:
            version = self.terms_at(campaign_id, instant)
            facts = self.campaigns.get(campaign_id)
            if version is not None and facts is not None:
                found[campaign_id] = Promise(facts, version[1].attribution, version[0])
        return found


def queries(asks: Sequence[Ask]) -> list[Query | None]:
    """What is looked up for these sales before all else: clicks, codes, creators' names, bonds."""
    return [_clicks_query(asks), _codes_query(asks), _creators_query(asks), _bonds_query(asks)]


def _clicks_query(asks: Sequence[Ask]) -> Query | None:
    ids = {a.draft.click_id for a in asks if a.draft.click_id and len(a.draft.click_id) <= 24}
    if not ids:
        return None
    where, values = bulk.within("id", ids)
    return f"SELECT {_COLUMNS} FROM click WHERE {where}", values  # noqa: S608


def _codes_query(asks: Sequence[Ask]) -> Query | None:
    """The coupons that these sales carry, and those that their notes refer to."""
    wanted = {(a.shop.id, fold_code(a.draft.coupon)) for a in asks if a.draft.coupon}
    wanted |= {(a.shop.id, r.code) for a in asks if a.draft.note for r in references(a.draft.note)}
    if not wanted:
        return None
    merchant, merchants = bulk.within("merchant_id", {m for m, _ in wanted})
    code, codes = bulk.within("code", {c for _, c in wanted})
    columns = "merchant_id, code, id, enrolment_id, disabled_at"
    query = f"SELECT {columns} FROM coupon WHERE {merchant} AND {code}"  # noqa: S608
    return query, [*merchants, *codes]


def _creators_query(asks: Sequence[Ask]) -> Query | None:
    """The enrolments of the partners whom these sales' marketplaces name."""
    wanted = {(a.shop.id, fold_creator(a.draft.creator)) for a in asks if a.draft.creator}
    if not wanted:
        return None
    merchant, merchants = bulk.within("c.merchant_id", {m for m, _ in wanted})
    name, names = bulk.within("c.name", {n for _, n in wanted})
    query = (
        "SELECT c.merchant_id, c.source, c.name, e.id AS enrolment_id FROM creator_name c "  # noqa: S608
        "JOIN enrolment e ON e.merchant_id = c.merchant_id AND e.partner_id = c.partner_id "
        f"WHERE {merchant} AND {name} ORDER BY e.id"
    )
    return query, [*merchants, *names]


def _bonds_query(asks: Sequence[Ask]) -> Query | None:
    hashes = {h for a in asks for h in buyer_hashes(a.draft) if h}
    if not hashes:
        return None
    merchant, merchants = bulk.within("merchant_id", {a.shop.id for a in asks})
    phone, phones = bulk.within("buyer_phone", hashes)
    email, emails = bulk.within("buyer_email", hashes)
    query = (
        "SELECT id, merchant_id, buyer_phone, buyer_email, enrolment_id, partner_id, campaign_id, "  # noqa: S608
        f"since, made_at, until, ended_at FROM bond WHERE {merchant} AND ({phone} OR {email}) "
        "ORDER BY made_at, id"
    )
    return query, [*merchants, *phones, *emails]


async def gather(asks: Sequence[Ask], answers: Sequence[Rows]) -> Evidence:
    """The evidence for these sales, from the answers to `queries`, in a fixed number of further
    queries however many they are.
    """
    found = Evidence()
    clicks, codes, creators, bonds = answers
    found.clicks = {touch.id: (m, touch, v) for m, touch, v in map(_seen, clicks)}
    found.coupons = {(r["merchant_id"], r["code"]): _code(r) for r in codes}
    for row in creators:
        place = (row["merchant_id"], row["source"], row["name"])
        found.creators.setdefault(place, []).append(row["enrolment_id"])
    for row in bonds:
        for buyer in filter(None, (row["buyer_phone"], row["buyer_email"])):
            found.bonds.setdefault((row["merchant_id"], buyer), []).append(_bonded(row))
    await _visits(found, asks)
    seen = {t for _, t, _ in found.clicks.values()} | {t for v in found.visits.values() for t in v}
    ids = {t.enrolment_id for t in seen} | {c.enrolment_id for c in found.coupons.values()}
    ids |= {e for several in found.creators.values() for e in several}
    ids |= {b.touch.enrolment_id for several in found.bonds.values() for b in several}
    await load_promises(found, ids)
    if any(ask.draft.phone or ask.draft.email for ask in asks):
        await _load_people(found)
    return found


async def _load_people(found: Evidence) -> None:
    """By what the partners are recognised as buyers: their people's contacts, their accounts, and
    the contacts of other partners who are paid to one of these.
    """
    partners = {e.partner_id for e in found.enrolments.values()}
    if not partners:
        return
    found.accounts = await methods.accounts_of(partners)
    others = {o for known in found.accounts.values() for o in known.others}
    own = await contacts.contacts_of(partners | others)
    found.contacts = {
        partner: _together(own, [partner, *found.accounts.get(partner, Accounts()).others])
        for partner in partners
    }


def _together(own: Mapping[str, Contacts], partners: Iterable[str]) -> Contacts:
    several = [own[partner] for partner in partners]
    return Contacts(
        frozenset().union(*(c.phones for c in several)),
        frozenset().union(*(c.emails for c in several)),
    )


async def load_promises(found: Evidence, enrolment_ids: Collection[str]) -> None:
    """Add the enrolments, their campaigns and these' terms."""
    if not enrolment_ids:
        return
    found.enrolments = await enrolments.of(enrolment_ids)
    campaign_ids = {e.campaign_id for e in found.enrolments.values()}
    found.campaigns = await lifecycle.facts(campaign_ids)
    found.terms = await versions.schedules(campaign_ids)


def _seen(row: Mapping[str, Any]) -> tuple[str, Seen, str | None]:
    """A click's row as (merchant, touch, visitor)."""
    touch = Seen(
        id=row["id"],
        by="scan" if row["via"] == "scan" else "click",
        at=bulk.instant(row["at"]),
        enrolment_id=row["enrolment_id"],
        partner_id=row["partner_id"],
        campaign_id=row["campaign_id"],
        product_id=row["product_id"],
        link_id=row["link_id"],
        own=bool(row["own"]),
    )
    return row["merchant_id"], touch, row["visitor"]


def _code(row: Mapping[str, Any]) -> Code:
    return Code(row["id"], row["enrolment_id"], bulk.maybe_instant(row["disabled_at"]))


def _bonded(row: Mapping[str, Any]) -> Bonded:
    touch = Seen(
        id=row["id"],
        by="bond",
        at=bulk.instant(row["made_at"]),
        enrolment_id=row["enrolment_id"],
        partner_id=row["partner_id"],
        campaign_id=row["campaign_id"],
    )
    until, ended_at = bulk.instant(row["until"]), bulk.maybe_instant(row["ended_at"])
    return Bonded(touch, bulk.instant(row["since"]), min(until, ended_at or until))


async def _visits(found: Evidence, asks: Sequence[Ask]) -> None:
    """The other person clicks under the cookies of the named ones, and how many orders each click
    has credited.
    """
    if not found.clicks:
        return
    pairs = {(m, v) for m, _, v in found.clicks.values() if v}
    # Two processes would both see a click that may credit one more order.
    await sql.take_turns([*found.clicks, *(f"{m}:{v}" for m, v in pairs)])
    visits, uses = await bulk.read(_visits_query(pairs, asks), _uses_query(found, pairs))
    for merchant_id, touch, visitor in map(_seen, visits):
        if visitor is not None and (merchant_id, visitor) in pairs:
            found.visits.setdefault((merchant_id, visitor), []).append(touch)
    found.uses = {row["touch_id"]: row["n"] for row in uses}


def _under(pairs: Collection[tuple[str, str]]) -> tuple[str, list[str]]:
    merchant, merchants = bulk.within("merchant_id", {m for m, _ in pairs})
    visitor, visitors = bulk.within("visitor", {v for _, v in pairs})
    return f"{merchant} AND {visitor} AND kind = 'person'", [*merchants, *visitors]


def _visits_query(pairs: Collection[tuple[str, str]], asks: Sequence[Ask]) -> Query | None:
    if not pairs:
        return None
    where, values = _under(pairs)
    since = min(ask.draft.placed_at for ask in asks) - LOOK_BACK
    query = (
        f"SELECT {_COLUMNS} FROM click WHERE {where} AND at >= ? "  # noqa: S608
        f"ORDER BY at DESC LIMIT {MAX_TOUCHES * len(pairs)}"
    )
    return query, [*values, since]


def _uses_query(found: Evidence, pairs: Collection[tuple[str, str]]) -> Query:
    where, values = bulk.within("touch_id", set(found.clicks))
    if pairs:
        under, more = _under(pairs)
        where += f" OR touch_id IN (SELECT id FROM click WHERE {under})"  # noqa: S608
        values = [*values, *more]
    query = (
        "SELECT touch_id, count(DISTINCT sale_id) AS n FROM touch "  # noqa: S608
        f"WHERE ({where}) AND won = ? GROUP BY touch_id"
    )
    return query, [*values, True]
