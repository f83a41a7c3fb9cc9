"""The touches of a sale, from the evidence: what it names, and what stands behind it."""

from collections.abc import Iterable

from jejaring.kit.text import fold_code, person_email
from jejaring.payouts import methods
from referrals.attribution.evidence import MAX_TOUCHES, Ask, Code, Evidence
from referrals.attribution.rules import Buyer, Seen, fold_creator, moment
from referrals.links.coupons import check_of
from referrals.links.rules import Reference, references
from referrals.orders.rules import SaleDraft
from referrals.orders.store import Note, buyer_hashes


def touches(found: Evidence, ask: Ask, notes: list[Note]) -> list[Seen]:
    """Every touch of one sale; what could not be used is added to its notes.

    An unknown click id, or another merchant's, is ignored: the note says the same for both.
    """
    seen = [
        *_clicks(found, ask, notes),
        *_coupon(found, ask, notes),
        *_chat(found, ask, notes),
        *_creator(found, ask, notes),
        *_bond(found, ask),
    ]
    return list({touch.id: touch for touch in seen}.values())


def _clicks(found: Evidence, ask: Ask, notes: list[Note]) -> Iterable[Seen]:
    """The click that the sale names, and the other ones under its cookie."""
    if not ask.draft.click_id:
        return []
    merchant_id, touch, visitor = found.clicks.get(ask.draft.click_id, ("", None, None))
    if touch is None or merchant_id != ask.shop.id:
        notes.append({"code": "click_unknown"})
        return []
    others = found.visits.get((merchant_id, visitor), []) if visitor else []
    return [*others[:MAX_TOUCHES], touch]


def _coupon(found: Evidence, ask: Ask, notes: list[Note]) -> Iterable[Seen]:
    coupon = ask.draft.coupon
    if not coupon:
        return []
    code = found.coupons.get((ask.shop.id, fold_code(coupon)))
    if code is None or code.enrolment_id not in found.enrolments:
        notes.append({"code": "coupon_unknown", "coupon": coupon})
        return []
    if _is_off(code, ask):
        notes.append({"code": "coupon_disabled", "coupon": coupon})
        return []
    return [_at_once(found, ask, code.enrolment_id, "coupon", code.id)]


def _is_off(code: Code, ask: Ask) -> bool:
    return code.disabled_at is not None and code.disabled_at <= moment(ask.draft.placed_at)


def _chat(found: Evidence, ask: Ask, notes: list[Note]) -> Iterable[Seen]:
    """The references in the sale's note. What only looks like one is passed over; a known code with
    wrong check letters, and a marked one that nobody has, are noted.
    """
    seen = []
    for one in references(ask.draft.note or ""):
        code = found.coupons.get((ask.shop.id, one.code))
        why = _wrong(found, ask, one, code)
        if why is None and code is not None:
            seen.append(_at_once(found, ask, code.enrolment_id, "chat", f"chat_{code.id}"))
        elif why is not None and (code is not None or one.marked):
            notes.append({"code": why, "reference": f"{one.code}-{one.check}"})
    return seen


def _wrong(found: Evidence, ask: Ask, one: Reference, code: Code | None) -> str | None:
    if code is None or code.enrolment_id not in found.enrolments:
        return "reference_unknown"
    if one.check != check_of(ask.shop.id, one.code):
        return "reference_wrong"
    return "reference_disabled" if _is_off(code, ask) else None


def _creator(found: Evidence, ask: Ask, notes: list[Note]) -> Iterable[Seen]:
    """The marketplace's name for a partner: a touch in each campaign that this partner is in."""
    name = ask.draft.creator
    if not name:
        return []
    place = (ask.shop.id, ask.draft.source, fold_creator(name))
    enrolments = [e for e in found.creators.get(place, []) if e in found.enrolments]
    if not enrolments:
        notes.append({"code": "creator_unknown", "creator": name})
    return [_at_once(found, ask, e, "creator", f"creator_{e}") for e in enrolments]


def _bond(found: Evidence, ask: Ask) -> Iterable[Seen]:
    """The bond of this buyer that stood when the sale was placed; of several the latest."""
    at = moment(ask.draft.placed_at)
    standing = [
        bond
        for buyer in buyer_hashes(ask.draft)
        for bond in found.bonds.get((ask.shop.id, buyer or ""), [])
        if bond.touch.at <= at < bond.until
    ]
    last = max(standing, key=lambda bond: (bond.touch.at, bond.touch.id), default=None)
    return [] if last is None else [last.touch]


def _at_once(found: Evidence, ask: Ask, enrolment_id: str, by: str, touch_id: str) -> Seen:
    """A touch at the moment of the sale."""
    enrolment = found.enrolments[enrolment_id]
    return Seen(
        id=touch_id,
        by=by,
        at=moment(ask.draft.placed_at),
        enrolment_id=enrolment.id,
        partner_id=enrolment.partner_id,
        campaign_id=enrolment.campaign_id,
    )


def buyer(draft: SaleDraft) -> Buyer:
    """The buyer as self-referral compares."""
    return Buyer(
        phone=draft.phone,
        email=person_email(draft.email) if draft.email else None,
        accounts=methods.wallets_of(draft.phone) if draft.phone else frozenset(),
    )
