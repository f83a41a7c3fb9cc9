"""Enrolments, links and coupons as they are sent and shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from campaigns.enrolments.models import Enrolment
from jejaring.settings import settings
from jejaring.web.shapes import PageQuery, Shape
from referrals.links import queries
from referrals.links.models import Link

Id = Annotated[str, Field(min_length=1, max_length=32)]
Role = Literal["reseller", "buzzer", "influencer", "follower"]
Answer = Annotated[str, Field(max_length=1000)]


class EnrolmentIn(Shape):
    """Join a campaign. `answers` are keyed by the campaign's questions; `invitation` is a code of
    the merchant's; `ref` the code, link or handle of the partner who brought you.
    """

    campaign_id: Id
    role: Role
    answers: Annotated[dict[str, Answer], Field(max_length=20)] | None = None
    invitation: Annotated[str, Field(max_length=64)] | None = None
    ref: Annotated[str, Field(max_length=64)] | None = None


class ReasonIn(Shape):
    """Why, as one of the listed codes."""

    reason_code: Annotated[str, Field(min_length=1, max_length=40)]


class EndIn(Shape):
    """Why it ends, as one of the listed codes."""

    reason_code: Annotated[str, Field(min_length=1, max_length=40)] = "by_agreement"


class TierIn(Shape):
    """The partner's tier by hand; null lets the campaign's rule move it again."""

    tier: Literal["bronze", "silver", "gold"] | None


class EnrolmentQuery(PageQuery):
    """Filters of the list."""

    campaign_id: Id | None = None
    state: Literal["requested", "active", "rejected", "ended"] | None = None


class LinkOut(BaseModel):
    """A link: `url` for clicks, `scan_url` is what its QR encodes, `target` where it leads."""

    id: str
    code: str
    url: str
    scan_url: str
    qr_svg_url: str
    qr_png_url: str
    target: str
    enrolment_id: str
    product_id: str | None
    label: str
    created_at: datetime


class TierMove(BaseModel):
    """When a tier began, and why: set by `hand`, or by the campaign's `rule` on what was sold in a
    month (rupiah, orders).
    """

    at: datetime
    tier: str
    by: Literal["hand", "rule"]
    month: str | None = None
    amount: int | None = None
    orders: int | None = None


class EnrolmentOut(BaseModel):
    """A partner in a campaign. Coupon and link are null only while it is requested or rejected.

    While `tier_held_at` is set the tier was set by hand, and the campaign's rule leaves it alone.
    """

    id: str
    campaign_id: str
    merchant: str
    partner: str
    role: Role
    tier: str
    tier_held_at: datetime | None
    tiers: list[TierMove]
    state: Literal["requested", "active", "rejected", "ended"]
    terms_accepted: int
    coupon: str | None
    link: LinkOut | None
    answers: dict[str, str]
    reason_code: str | None
    created_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None


class LinkIn(Shape):
    """A link for a product, or for the campaign's; the label tells two of a kind apart."""

    enrolment_id: Id
    product_id: Id | None = None
    label: Annotated[str, Field(max_length=60)] | None = None


class LinkQuery(PageQuery):
    """Filters of the list."""

    enrolment_id: Id | None = None


class DiscountOut(BaseModel):
    """What the coupon takes off for the buyer."""

    kind: Literal["percent"] = "percent"
    rate_bp: int


class CouponOut(BaseModel):
    """One of the shop's coupons; `reason` says why it does not count now."""

    code: str
    valid: bool
    reason: str | None
    campaign_id: str
    partner: str
    discount: DiscountOut | None


def link_out(row: Link, target: str) -> LinkOut:
    """A link with its addresses."""
    base = settings().base
    return LinkOut(
        id=row.id,
        code=row.code,
        url=f"{base}/r/{row.code}",
        scan_url=f"{base}/q/{row.code}",
        qr_svg_url=f"{base}/r/{row.code}/qr.svg",
        qr_png_url=f"{base}/r/{row.code}/qr.png",
        target=target,
        enrolment_id=row.enrolment_id,
        product_id=row.product_id,
        label=row.label,
        created_at=row.created_at,
    )


async def links_out(rows: Sequence[Link]) -> list[LinkOut]:
    """Many links, their targets in a fixed number of queries."""
    leads = await queries.targets(rows)
    return [link_out(row, leads[row.id]) for row in rows]


def enrolment_out(
    row: Enrolment, merchant: str, partner: str, coupon: str | None, link: LinkOut | None
) -> EnrolmentOut:
    """An enrolment, whole. A coupon of one that is not in the campaign yet is not shown."""
    return EnrolmentOut(
        id=row.id,
        campaign_id=row.campaign_id,
        merchant=merchant,
        partner=partner,
        role=row.role,
        tier=row.tier,
        tier_held_at=row.tier_held_at,
        tiers=[TierMove.model_validate(move) for move in row.tiers],
        state=row.state,
        terms_accepted=row.terms_accepted,
        coupon=coupon,
        link=link,
        answers=row.answers,
        reason_code=row.reason_code,
        created_at=row.created_at,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
    )
