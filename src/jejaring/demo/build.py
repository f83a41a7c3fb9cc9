"""Open the shops, welcome the partners: everything that stands before the first click."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.catalog import products, sites
from campaigns.catalog.shapes import ProductIn
from campaigns.lifecycle import steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignIn
from jejaring import world
from jejaring.demo import cast
from jejaring.demo.cast import CampaignPlan, PartnerPlan, ShopPlan
from jejaring.identity.models import Membership, Organisation, User
from jejaring.identity.rules import Caller, NewOrganisation, Person
from jejaring.members import invitations, links, signup
from jejaring.payouts import methods
from jejaring.payouts.methods import MethodDraft
from jejaring.settings import settings
from referrals.links import welcome


@dataclass
class Share:
    """A partner's place, link and coupon in a campaign."""

    shop: str
    partner: str
    place: str
    role: str
    code: str
    coupon: str


@dataclass
class Stage:
    """Everybody who acts in the story."""

    operator: Caller
    shops: dict[str, Caller] = field(default_factory=dict)
    partners: dict[str, Caller] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)


def password(email: str) -> str:
    """The demo's password of an e-mail: derived from SECRET_KEY, so it can be printed again."""
    key = settings().secret_key.encode()
    digest = hmac.new(key, b"jejaring demo " + email.encode(), hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode().lower()
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def caller_of(user: User, org: Organisation) -> Caller:
    """The owner of an organisation, as if signed in."""
    return Caller(
        organisation_id=org.id,
        kind=org.kind,
        slug=org.slug,
        name=org.name,
        zone=org.zone,
        actor=user.id,
        role="owner",
        user_id=user.id,
        user_name=user.name,
    )


async def _operator() -> Caller:
    token = await signup.operator(cast.OPERATOR)
    user = await links.redeem(token, password(cast.OPERATOR))
    membership = await Membership.get(user_id=user.id).select_related("organisation")
    return caller_of(user, membership.organisation)


async def _shop(operator: Caller, plan: ShopPlan) -> Caller:
    email = f"{plan.slug}@demo.example"
    _, code = await invitations.create(operator, "shop")
    user, org = await signup.open_shop(
        Person(plan.owner, email, plan.phone, password(email)),
        NewOrganisation(plan.name, plan.city, plan.about, plan.phone, slug=plan.slug),
        code,
    )
    shop = caller_of(user, org)
    site, _ = await sites.add(shop, plan.site)
    await sites.vouch(site.id, operator.actor)
    for sku, name, price, category, description in plan.products:
        await products.create(
            shop,
            ProductIn(sku=sku, name=name, price=price, category=category, description=description),
        )
    return shop


async def _partner(plan: PartnerPlan) -> Caller:
    email = f"{plan.handle}@demo.example"
    user, org = await signup.become_partner(
        Person(plan.name, email, plan.phone, password(email)), plan.handle, from_join_page=True
    )
    partner = caller_of(user, org)
    if plan.method is not None:
        kind, provider, number = plan.method
        await methods.put(
            partner,
            MethodDraft(
                kind=kind, provider=provider, account_number=number, account_name=plan.name
            ),
        )
    return partner


async def _campaign(shop: Caller, plan: CampaignPlan, ends_at: datetime) -> Campaign:
    body = {"name": plan.name, "ends_at": ends_at, **plan.body}
    row = await steer.create(shop, CampaignIn.model_validate(body))
    return await steer.launch(shop.organisation_id, row.id, shop.actor)


async def _joins(stage: Stage, shop: Caller, plan: CampaignPlan, campaign: Campaign) -> None:
    answers = dict.fromkeys(campaign.questions, "@demo")
    for handle, role in plan.joins:
        partner = stage.partners[handle]
        found = await welcome.join(partner, campaign.id, role, answers=answers)
        if found.enrolment.state == "requested":
            found = await welcome.approve(shop, found.enrolment.id)
        assert found.link is not None  # noqa: S101 — active enrolments have both
        assert found.coupon is not None  # noqa: S101
        ways = (found.link.code, found.coupon.code)
        stage.shares.append(Share(shop.slug, handle, found.enrolment.id, role, *ways))


async def set_the_stage(start: datetime) -> Stage:
    """Operator, shops, partners, campaigns and joins, as of `start`."""
    with world.at(start):
        stage = Stage(await _operator())
        for plan in cast.PARTNERS:
            stage.partners[plan.handle] = await _partner(plan)
        for shop_plan in cast.SHOPS:
            stage.shops[shop_plan.slug] = await _shop(stage.operator, shop_plan)
    # Rina's newest link shall be in the first shop: it launches its campaigns last.
    for shop_plan in reversed(cast.SHOPS):
        shop = stage.shops[shop_plan.slug]
        for minute, campaign_plan in enumerate(shop_plan.campaigns):
            start += timedelta(minutes=10 + minute)
            with world.at(start):
                campaign = await _campaign(shop, campaign_plan, start + timedelta(days=90))
                await _joins(stage, shop, campaign_plan, campaign)
    await Organisation.all().update(is_demo=True)
    return stage
