"""What strangers may see: shops, their products, and who brought them here."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.catalog.models import Product
from campaigns.enrolments import queries as enrolments
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms import versions
from jejaring import world
from jejaring.identity.models import Organisation
from jejaring.kit.errors import NotFound
from referrals.clicks.models import Click
from referrals.links.models import Coupon

SHOP_PAGE = 48


@dataclass(frozen=True)
class Referrer:
    """The partner whose click brought a buyer, while that campaign counts."""

    click_id: str
    name: str
    role: str
    since: datetime | None
    code: str | None
    discount_bp: int | None
    window_days: int


async def shop(slug: str) -> Organisation:
    """The merchant; NotFound for an unknown or suspended one."""
    found = await Organisation.get_or_none(slug=slug, kind="merchant", suspended_at=None)
    if found is None:
        raise NotFound("shop_unknown")
    return found


async def products(merchant_id: str, limit: int = SHOP_PAGE) -> list[Product]:
    """What the shop sells now, newest first."""
    sold = Product.filter(merchant_id=merchant_id, archived_at=None)
    return await sold.order_by("-created_at", "-id").limit(limit)


async def product(merchant_id: str, slug: str) -> Product | None:
    """The product by its slug, archived or not; None if there never was one."""
    return await Product.get_or_none(merchant_id=merchant_id, slug=slug)


async def referrer(merchant_id: str, click_id: str, product_id: str | None) -> Referrer | None:
    """Who brought this buyer; None for another shop's click, a robot's, the partner's own, or when
    the campaign does not count now for this product.
    """
    if not 20 <= len(click_id) <= 24 or not click_id.isalnum():
        return None
    click = await Click.get_or_none(id=click_id, merchant_id=merchant_id, kind="person")
    if click is None:
        return None
    now = world.now()
    enrolment = (await enrolments.of([click.enrolment_id])).get(click.enrolment_id)
    facts = (await lifecycle.facts([click.campaign_id])).get(click.campaign_id)
    if enrolment is None or facts is None:
        return None
    covered = product_id is None or facts.covers(product_id)
    if not (covered and facts.live_at(now) and enrolment.active_at(now)):
        return None
    version = (await versions.at([click.campaign_id], now)).get(click.campaign_id)
    partner = await Organisation.get(id=click.partner_id)
    coupon = await Coupon.get_or_none(enrolment_id=enrolment.id, disabled_at=None)
    return Referrer(
        click_id=click.id,
        name=partner.name,
        role=enrolment.role,
        since=enrolment.active_from,
        code=coupon.code if coupon else None,
        discount_bp=version[1].buyer_discount_bp if version and coupon else None,
        window_days=version[1].attribution.window_days if version else 30,
    )


async def search(words: str) -> str | None:
    """The address of the shop that somebody looks for by its name; None if there is none."""
    wanted = words.strip()
    if not wanted:
        return None
    shops = Organisation.filter(kind="merchant", suspended_at=None)
    found = await shops.filter(slug=wanted.lower()).first()
    if found is None:
        found = await shops.filter(name__icontains=wanted[:60]).order_by("created_at").first()
    return f"/p/{found.slug}" if found else None
