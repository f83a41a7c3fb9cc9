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
from jejaring.db import bulk
from jejaring.db.bulk import Query
from jejaring.identity import contacts
from jejaring.identity.contacts import Contacts
from jejaring.kit.text import fold_code, person_email
from referrals.attribution.rules import Promise, Seen, moment
from referrals.orders.rules import SaleDraft, Shop
from referrals.orders.store import Note

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
class _Code:
    id: str
    enrolment_id: str
    disabled_at: datetime | None


@dataclass
class Evidence:
    """What `gather` found; `uses` grows as sales of the same batch are credited."""

    clicks: dict[str, tuple[str, Seen, str | None]] = field(default_factory=dict)
    visits: dict[tuple[str, str], list[Seen]] = field(default_factory=dict)
    coupons: dict[tuple[str, str], _Code] = field(default_factory=dict)
    enrolments: dict[str, EnrolmentFacts] = field(default_factory=dict)
    campaigns: dict[str, CampaignFacts] = field(default_factory=dict)
    terms: dict[str, list[tuple[datetime, int, Terms]]] = field(default_factory=dict)
    contacts: Mapping[str, Contacts] = field(default_factory=dict)
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


def clicks_query(asks: Sequence[Ask]) -> Query | None:
    """The clicks that these sales name."""
    ids = {a.draft.click_id for a in asks if a.draft.click_id and len(a.draft.click_id) <= 24}
    if not ids:
        return None
    where, values = bulk.within("id", ids)
    return f"SELECT {_COLUMNS} FROM click WHERE {where}", values  # noqa: S608


def coupons_query(asks: Sequence[Ask]) -> Query | None:
    """The coupons that these sales carry."""
    wanted = {(a.shop.id, fold_code(a.draft.coupon)) for a in asks if a.draft.coupon}
    if not wanted:
        return None
    merchant, merchants = bulk.within("merchant_id", {m for m, _ in wanted})
    code, codes = bulk.within("code", {c for _, c in wanted})
    columns = "merchant_id, code, id, enrolment_id, disabled_at"
    query = f"SELECT {columns} FROM coupon WHERE {merchant} AND {code}"  # noqa: S608
    return query, [*merchants, *codes]


async def gather(asks: Sequence[Ask], clicks: Rows, coupons: Rows) -> Evidence:
    """The evidence for these sales, from the answers to `clicks_query` and `coupons_query`, in a
    fixed number of further queries however many they are.
    """
    found = Evidence()
    found.clicks = {touch.id: (m, touch, v) for m, touch, v in map(_seen, clicks)}
    found.coupons = {(r["merchant_id"], r["code"]): _code(r) for r in coupons}
    await _visits(found, asks)
    seen = {t for _, t, _ in found.clicks.values()} | {t for v in found.visits.values() for t in v}
    ids = {t.enrolment_id for t in seen} | {c.enrolment_id for c in found.coupons.values()}
    await load_promises(found, ids)
    if any(ask.draft.phone or ask.draft.email for ask in asks):
        partners = {e.partner_id for e in found.enrolments.values()}
        found.contacts = await contacts.contacts_of(partners) if partners else {}
    return found


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


def _code(row: Mapping[str, Any]) -> _Code:
    return _Code(row["id"], row["enrolment_id"], bulk.maybe_instant(row["disabled_at"]))


async def _visits(found: Evidence, asks: Sequence[Ask]) -> None:
    """The other person clicks under the cookies of the named ones, and how many orders each click
    has credited.
    """
    if not found.clicks:
        return
    pairs = {(m, v) for m, _, v in found.clicks.values() if v}
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


def touches(found: Evidence, ask: Ask, notes: list[Note]) -> list[Seen]:
    """The touches of one sale; what could not be used is added to its notes.

    An unknown click id, or another merchant's, is ignored: the note says the same for both.
    """
    seen: dict[str, Seen] = {}
    draft = ask.draft
    if draft.click_id:
        merchant_id, touch, visitor = found.clicks.get(draft.click_id, ("", None, None))
        if touch is None or merchant_id != ask.shop.id:
            notes.append({"code": "click_unknown"})
        else:
            others = found.visits.get((merchant_id, visitor), []) if visitor else []
            seen = {t.id: t for t in others[:MAX_TOUCHES]} | {touch.id: touch}
    if draft.coupon:
        code = _coupon(found, ask, notes)
        if code is not None:
            seen[code.id] = code
    return list(seen.values())


def _coupon(found: Evidence, ask: Ask, notes: list[Note]) -> Seen | None:
    draft = ask.draft
    code = found.coupons.get((ask.shop.id, fold_code(draft.coupon or "")))
    enrolment = found.enrolments.get(code.enrolment_id) if code else None
    if code is None or enrolment is None:
        notes.append({"code": "coupon_unknown", "coupon": draft.coupon})
        return None
    if code.disabled_at is not None and code.disabled_at <= moment(draft.placed_at):
        notes.append({"code": "coupon_disabled", "coupon": draft.coupon})
        return None
    return Seen(
        id=code.id,
        by="coupon",
        at=moment(draft.placed_at),
        enrolment_id=enrolment.id,
        partner_id=enrolment.partner_id,
        campaign_id=enrolment.campaign_id,
    )


def buyer(draft: SaleDraft) -> tuple[str | None, str | None]:
    """The buyer as self-referral compares: E.164 phone, e-mail of the person."""
    return draft.phone, person_email(draft.email) if draft.email else None
