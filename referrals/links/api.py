"""JSON routes of enrolments, links and coupons, and the QR images of links."""

import asyncio
from collections.abc import Sequence

from pydantic import Field
from starlette.responses import Response

from campaigns.enrolments import join, tiers
from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.queries import Sieve
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, NotFound
from jejaring.settings import settings
from jejaring.web.api import Endpoint, Reply, get, patch, post
from jejaring.web.shapes import PageOf, QueryShape
from referrals.links import coupons, create, lookup, qr, queries, welcome
from referrals.links.shapes import (
    CouponOut,
    DiscountOut,
    EndIn,
    EnrolmentOut,
    EnrolmentQuery,
    LinkIn,
    LinkOut,
    LinkQuery,
    ReasonIn,
    TierIn,
    enrolment_out,
    links_out,
)


async def list_enrolments(caller: Caller, query: EnrolmentQuery) -> PageOf[EnrolmentOut]:
    """List enrolments, newest first: a merchant's partners, or a partner's campaigns."""
    sieve = Sieve(query.campaign_id, query.state)
    rows, cursor = await enrolments.page(caller.organisation_id, sieve, query.limit, query.cursor)
    return PageOf(data=await _shown(rows), next_cursor=cursor)


async def approve_enrolment(caller: Caller, enrolment_id: str) -> EnrolmentOut:
    """Let a partner in who asked to join."""
    found = await welcome.approve(caller, enrolment_id)
    return await enrolment_shown(caller, found.enrolment.id)


async def reject_enrolment(caller: Caller, enrolment_id: str, body: ReasonIn) -> EnrolmentOut:
    """Turn a request away, with a reason that the partner reads."""
    row = await join.reject(caller.organisation_id, enrolment_id, caller.actor, body.reason_code)
    return await enrolment_shown(caller, row.id)


async def end_enrolment(caller: Caller, enrolment_id: str, body: EndIn) -> EnrolmentOut:
    """End an enrolment: no new touches or sales; what was earned before runs on."""
    row = await join.end(caller.organisation_id, enrolment_id, caller.actor, body.reason_code)
    return await enrolment_shown(caller, row.id)


async def set_tier(caller: Caller, enrolment_id: str, body: TierIn) -> EnrolmentOut:
    """Set a partner's tier; it counts for sales placed from now on.

    The campaign's rule leaves it alone until it is let go with null.
    """
    row = await tiers.set_tier(caller.organisation_id, enrolment_id, body.tier, caller.actor)
    return await enrolment_shown(caller, row.id)


async def create_link(caller: Caller, body: LinkIn) -> LinkOut | Reply:
    """Make a link. The same enrolment, product and label again answers 200 with the existing one.

    Without a product it leads to the campaign's product if it has one, else to the shop.
    """
    row, is_new = await create.create(
        caller.organisation_id, body.enrolment_id, body.product_id, body.label or ""
    )
    (shown,) = await links_out([row])
    return Reply(shown, 201 if is_new else 200)


async def list_links(caller: Caller, query: LinkQuery) -> PageOf[LinkOut]:
    """List your links, newest first."""
    rows, cursor = await queries.page(
        caller.organisation_id, query.enrolment_id, query.limit, query.cursor
    )
    return PageOf(data=await links_out(rows), next_cursor=cursor)


async def get_coupon(caller: Caller, code: str) -> CouponOut:
    """Look one of your shop's coupons up, as a till or a web shop does before it takes it."""
    found = await coupons.find(caller.organisation_id, code)
    rate = found.discount_bp
    return CouponOut(
        code=found.code,
        valid=not found.reason,
        reason=found.reason or None,
        campaign_id=found.campaign_id,
        partner=found.partner,
        discount=None if rate is None else DiscountOut(rate_bp=rate),
    )


# A code leads to the same link for ever.
_KEEP = {"Cache-Control": "public, max-age=86400", "Content-Disposition": "inline"}


class SizeQuery(QueryShape):
    """Width and height of the picture."""

    size: int = Field(qr.USUAL, json_schema_extra={"minimum": qr.SMALLEST, "maximum": qr.LARGEST})


async def _scanned(code: str) -> str:
    """What the QR encodes: the link's address for scans. NotFound for an unknown code."""
    if await lookup.find(code) is None:
        raise NotFound("unknown_link")
    return f"{settings().base}/q/{code}"


async def qr_svg(code: str) -> Response:
    """The link's QR code for print, as SVG."""
    text = await _scanned(code)
    return Response(qr.svg(text), media_type="image/svg+xml", headers=_KEEP)


async def qr_png(code: str, query: SizeQuery) -> Response:
    """The link's QR code as PNG, `size` pixels wide and high (120 to 2000)."""
    if not qr.SMALLEST <= query.size <= qr.LARGEST:
        raise Invalid("qr_size", min=qr.SMALLEST, max=qr.LARGEST)
    text = await _scanned(code)
    drawn = await asyncio.to_thread(qr.png, text, query.size)
    return Response(drawn, media_type="image/png", headers=_KEEP)


async def enrolment_shown(caller: Caller, enrolment_id: str) -> EnrolmentOut:
    """The enrolment whole, for either side. NotFound."""
    (shown,) = await _shown([await enrolments.get(caller.organisation_id, enrolment_id)])
    return shown


async def _shown(rows: Sequence[Enrolment]) -> list[EnrolmentOut]:
    ids = [row.id for row in rows]
    codes = await coupons.of(ids)
    firsts = await queries.first_of(ids)
    links = {link.enrolment_id: link for link in await links_out(list(firsts.values()))}
    return [
        enrolment_out(
            row,
            row.campaign.merchant.slug,
            row.partner.slug,
            codes.get(row.id),
            links.get(row.id),
        )
        for row in rows
    ]


ENDPOINTS: list[Endpoint] = [
    get("/v1/enrolments", list_enrolments, guards.both("campaigns or join")),
    post(
        "/v1/enrolments/{enrolment_id}/approve",
        approve_enrolment,
        guards.merchant("campaigns"),
        status=200,
    ),
    post(
        "/v1/enrolments/{enrolment_id}/reject",
        reject_enrolment,
        guards.merchant("campaigns"),
        status=200,
    ),
    post(
        "/v1/enrolments/{enrolment_id}/end",
        end_enrolment,
        guards.merchant("campaigns"),
        status=200,
    ),
    patch("/v1/enrolments/{enrolment_id}", set_tier, guards.merchant("campaigns")),
    post("/v1/links", create_link, guards.partner("links"), statuses=(200,)),
    get("/v1/links", list_links, guards.partner("links")),
    get("/v1/coupons/{code}", get_coupon, guards.merchant("sales")),
    get("/r/{code}/qr.svg", qr_svg, guards.everybody, raw="image/svg+xml"),
    get("/r/{code}/qr.png", qr_png, guards.everybody, raw="image/png"),
]
