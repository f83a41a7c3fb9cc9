"""Coupons: one is made for every active enrolment, unique in the shop whatever its case."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from tortoise.exceptions import IntegrityError

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as campaigns
from campaigns.terms import versions
from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import sealing
from jejaring.identity.models import Organisation
from jejaring.kit.errors import Conflict, NotFound
from jejaring.kit.text import fold_code
from referrals.links.models import Coupon
from referrals.links.rules import check_letters, coupon_ideas

IDEAS = 120
LONGEST = 40


@dataclass(frozen=True)
class CouponFacts:
    """Whose coupon it is, whether it counts now, and what the buyer gets (basis points).

    `reason` says why it does not count: `disabled`, `enrolment_ended`, `campaign_paused`,
    `campaign_ended`, `campaign_not_started`; '' where it does.
    """

    code: str
    campaign_id: str
    enrolment_id: str
    partner: str
    reason: str
    discount_bp: int | None


async def ensure(enrolment: Enrolment, handle: str) -> Coupon:
    """The enrolment's coupon, made in the caller's transaction if it has none."""
    known = await Coupon.filter(enrolment_id=enrolment.id).order_by("created_at", "id").first()
    if known is not None:
        return known
    discount = await _discount(enrolment.campaign_id)
    ideas = list(islice(coupon_ideas(handle, discount), IDEAS))
    taken = await _taken(enrolment.merchant_id, ideas)
    for code in [*(idea for idea in ideas if idea not in taken), world.token(8).upper()]:
        row = Coupon(
            id=world.new_id("cpn"),
            merchant_id=enrolment.merchant_id,
            code=code,
            enrolment_id=enrolment.id,
            created_at=world.now(),
        )
        try:
            await transact(row.save)
        except IntegrityError:  # another partner was given it meanwhile
            continue
        return row
    raise Conflict("no_free_code")


async def _discount(campaign_id: str) -> int | None:
    """What the buyer gets under the terms in force, in basis points."""
    found = await versions.at([campaign_id], world.now())
    return found[campaign_id][1].buyer_discount_bp if campaign_id in found else None


async def _taken(merchant_id: str, codes: Collection[str]) -> set[str]:
    found = await Coupon.filter(merchant_id=merchant_id, code__in=list(codes)).values_list(
        "code", flat=True
    )
    return {str(code) for code in found}


async def find(merchant_id: str, code: str) -> CouponFacts:
    """The merchant's coupon, whatever the case it is typed in; NotFound `unknown_coupon`."""
    folded = fold_code(code)
    if len(folded) > LONGEST:
        raise NotFound("unknown_coupon", coupon=folded[:LONGEST])
    row = (
        await Coupon.filter(merchant_id=merchant_id, code=folded)
        .select_related("enrolment", "enrolment__campaign")
        .first()
    )
    if row is None:
        raise NotFound("unknown_coupon", coupon=folded)
    enrolment = row.enrolment
    partner = await Organisation.get(id=enrolment.partner_id)
    return CouponFacts(
        code=row.code,
        campaign_id=enrolment.campaign_id,
        enrolment_id=enrolment.id,
        partner=partner.slug,
        reason=_reason(row, enrolment),
        discount_bp=await _discount(enrolment.campaign_id),
    )


def _reason(row: Coupon, enrolment: Enrolment) -> str:
    if row.disabled_at is not None:
        return "disabled"
    if enrolment.state != "active":
        return "enrolment_ended"
    campaign = enrolment.campaign
    state = campaigns.state_of(campaign)
    if state != "live":
        return f"campaign_{state}"
    if campaign.starts_at is not None and campaign.starts_at > world.now():
        return "campaign_not_started"
    return ""


def check_of(merchant_id: str, code: str) -> str:
    """The check letters of a code's chat reference: a mistyped code does not credit another."""
    return check_letters(sealing.blind("reference", f"{merchant_id}:{code}"))


async def of(enrolment_ids: Collection[str]) -> dict[str, str]:
    """The coupon of each enrolment that has one, in one query."""
    rows = await Coupon.filter(enrolment_id__in=list(enrolment_ids), disabled_at=None).order_by(
        "created_at", "id"
    )
    return {row.enrolment_id: row.code for row in reversed(rows)}
