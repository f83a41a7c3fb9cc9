"""Links as they are read: pages, with where they lead."""

from collections.abc import Collection, Sequence

from campaigns.catalog.models import Product, Site
from campaigns.lifecycle.models import CampaignProduct
from jejaring.db.listing import newest
from jejaring.identity.models import Organisation
from jejaring.kit.errors import NotFound
from jejaring.settings import settings
from referrals.links.models import Link
from referrals.links.rules import Goal, target


async def get(partner_id: str, link_id: str) -> Link:
    """The partner's own link. NotFound."""
    row = await Link.get_or_none(id=link_id, partner_id=partner_id)
    if row is None:
        raise NotFound
    return row


async def page(
    partner_id: str, enrolment_id: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[Link], str | None]:
    """The partner's links, newest first."""
    wanted = Link.filter(partner_id=partner_id)
    if enrolment_id is not None:
        wanted = wanted.filter(enrolment_id=enrolment_id)
    return await newest(wanted, limit, cursor)


async def first_of(enrolment_ids: Collection[str]) -> dict[str, Link]:
    """The first link of each enrolment, in one query."""
    rows = await Link.filter(enrolment_id__in=list(enrolment_ids), product_key="", label="")
    return {row.enrolment_id: row for row in rows}


async def targets(links: Sequence[Link]) -> dict[str, str]:
    """Where each link leads, by its id: four queries however many links."""
    merchants = {row.merchant_id for row in links}
    slugs = {org.id: org.slug for org in await Organisation.filter(id__in=list(merchants))}
    hosts: dict[str, list[str]] = {}
    sites = Site.filter(merchant_id__in=list(merchants), verified_at__not_isnull=True)
    for site in await sites.order_by("verified_at", "id"):
        hosts.setdefault(site.merchant_id, []).append(site.host)
    only = await _only_products({row.campaign_id for row in links if row.product_id is None})
    wanted = {row.product_id or only.get(row.campaign_id, "") for row in links} - {""}
    found = Product.filter(id__in=list(wanted), archived_at=None)
    products = {row.id: row for row in await found}
    base = settings().base
    leads = {}
    for row in links:
        product = products.get(row.product_id or only.get(row.campaign_id, ""))
        goal = Goal(
            base=base,
            merchant=slugs[row.merchant_id],
            product=product.slug if product else None,
            product_url=product.urls.get("website") if product else None,
            hosts=tuple(hosts.get(row.merchant_id, ())),
        )
        leads[row.id] = target(goal)
    return leads


async def _only_products(campaign_ids: Collection[str]) -> dict[str, str]:
    """The product of each campaign that covers exactly one."""
    rows = await CampaignProduct.filter(campaign_id__in=list(campaign_ids)).values_list(
        "campaign_id", "product_id"
    )
    by_campaign: dict[str, list[str]] = {}
    for campaign_id, product_id in rows:
        by_campaign.setdefault(campaign_id, []).append(product_id)
    return {campaign_id: ids[0] for campaign_id, ids in by_campaign.items() if len(ids) == 1}
