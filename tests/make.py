"""Plain factories: stored rows with sensible values, each overridable by keyword."""

from datetime import timedelta
from typing import Any

from campaigns.catalog.models import Product, Site
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign, CampaignProduct
from campaigns.terms.models import TermsVersion
from jejaring import world
from jejaring.identity import keys
from jejaring.identity.models import ApiKey, Membership, Organisation, User
from jejaring.identity.rules import SCOPES
from referrals.clicks.models import Click
from referrals.links.models import Coupon, Link


async def organisation(kind: str = "merchant", **values: Any) -> Organisation:
    """A merchant, partner or operator; a merchant is vouched for."""
    given: dict[str, Any] = {
        "id": world.new_id("org"),
        "kind": kind,
        "slug": f"{kind}-{world.token(6).lower()}",
        "name": kind.title(),
        "created_at": world.now(),
        "vouched_at": world.now() if kind == "merchant" else None,
    }
    return await Organisation.create(**(given | values))


async def user(**values: Any) -> User:
    """A person; no password unless given."""
    given: dict[str, Any] = {
        "id": world.new_id("usr"),
        "name": "Somebody",
        "email": f"{world.token(8).lower()}@example.com",
        "created_at": world.now(),
    }
    return await User.create(**(given | values))


async def membership(user: User, org: Organisation, role: str = "owner") -> Membership:
    """The user's role in the organisation."""
    return await Membership.create(
        id=world.new_id("mem"), user=user, organisation=org, role=role, created_at=world.now()
    )


async def key(org: Organisation, scopes: frozenset[str] | None = None) -> str:
    """A key's secret; all scopes of its side unless given."""
    secret = f"jjk_{world.token(32)}"
    await ApiKey.create(
        id=world.new_id("key"),
        organisation=org,
        name="test",
        key_hash=keys.hash_of(secret),
        hint=secret[:8],
        scopes=sorted(SCOPES[org.kind] if scopes is None else scopes),
        created_by="test",
        created_at=world.now(),
    )
    return secret


async def product(merchant: Organisation, **values: Any) -> Product:
    """A product of the merchant, without a website."""
    word = world.token(6).lower()
    given: dict[str, Any] = {
        "id": world.new_id("prd"),
        "merchant": merchant,
        "sku": f"SKU-{word}",
        "slug": f"kemeja-{word}",
        "name": "Kemeja Jlamprang",
        "price": 185_000,
        "created_at": world.now(),
    }
    return await Product.create(**(given | values))


async def site(merchant: Organisation, host: str, **values: Any) -> Site:
    """A verified host of the merchant."""
    now = world.now()
    given: dict[str, Any] = {
        "id": world.new_id("sit"),
        "merchant": merchant,
        "host": host,
        "token": "t",
        "created_at": now,
        "verified_at": now,
        "verified_by": "test",
    }
    return await Site.create(**(given | values))


async def campaign(merchant: Organisation, *products: Product, **values: Any) -> Campaign:
    """A live, open campaign of the products (none: the whole shop), 10 % of everything."""
    now = world.now()
    given: dict[str, Any] = {
        "id": world.new_id("cmp"),
        "merchant": merchant,
        "name": "Batik Akhir Tahun",
        "audience": ["reseller", "buzzer", "influencer", "follower"],
        "joining": "open",
        "whole_shop": not products,
        "state": "live",
        "created_at": now,
        "launched_at": now,
    }
    made = await Campaign.create(**(given | values))
    for one in products:
        await CampaignProduct.create(campaign=made, product=one)
    rule = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}
    await TermsVersion.create(
        id=world.new_id("trm"),
        campaign_id=made.id,
        number=1,
        body={"rules": [rule]},
        effective_at=made.created_at,
        created_at=made.created_at,
        created_by="test",
    )
    return made


async def enrolment(campaign: Campaign, partner: Organisation, **values: Any) -> Enrolment:
    """The partner's active place in the campaign."""
    now = world.now()
    given: dict[str, Any] = {
        "id": world.new_id("enr"),
        "campaign": campaign,
        "merchant_id": campaign.merchant_id,
        "partner": partner,
        "role": "reseller",
        "state": "active",
        "terms_accepted": 1,
        "created_at": now,
        "approved_at": now,
        "approved_by": "test",
    }
    return await Enrolment.create(**(given | values))


async def link(place: Enrolment | None = None, **values: Any) -> Link:
    """A link of the enrolment; without one, of a new partner in a live campaign of a new shop."""
    if place is None:
        running = await campaign(await organisation())
        place = await enrolment(running, await organisation("partner"))
    given: dict[str, Any] = {
        "id": world.new_id("lnk"),
        "code": world.token(6),
        "enrolment": place,
        "campaign_id": place.campaign_id,
        "merchant_id": place.merchant_id,
        "partner_id": place.partner_id,
        "created_at": world.now(),
    }
    product = values.get("product")
    if product is not None:
        given["product_key"] = product.id
    return await Link.create(**(given | values))


async def click(link: Link, **values: Any) -> Click:
    """A person's click on the link, an hour ago unless given."""
    given: dict[str, Any] = {
        "id": world.token(22),
        "at": world.now() - timedelta(hours=1),
        "link_id": link.id,
        "enrolment_id": link.enrolment_id,
        "campaign_id": link.campaign_id,
        "merchant_id": link.merchant_id,
        "partner_id": link.partner_id,
        "product_id": link.product_id,
        "kind": "person",
        "via": "link",
        "visitor": world.token(16),
    }
    return await Click.create(**(given | values))


async def coupon(enrolment: Enrolment, code: str, **values: Any) -> Coupon:
    """A coupon of the enrolment."""
    given: dict[str, Any] = {
        "id": world.new_id("cpn"),
        "merchant_id": enrolment.merchant_id,
        "code": code,
        "enrolment": enrolment,
        "created_at": world.now(),
    }
    return await Coupon.create(**(given | values))
