"""A running shop for the stories of sales: a product, a campaign, partners, clicks, bodies."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2

from campaigns.catalog.models import Product
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from campaigns.terms.models import TermsVersion
from jejaring import world
from jejaring.ledger.statements import BalanceRow, balances
from referrals.links.models import Link
from tests import make
from tests.cast import Cast, Member, call

BEGAN = timedelta(days=60)


@dataclass
class Stage:
    """Laras's shop with one campaign over everything, 10 %, in which Rina is a reseller."""

    http: httpx2.AsyncClient
    cast: Cast
    product: Product
    campaign: Campaign
    rina: Enrolment
    link: Link

    async def click(self, link: Link | None = None, **values: Any) -> str:
        """A stored click, an hour ago unless given; its id."""
        row = await make.click(link or self.link, **values)
        return row.id

    async def send(
        self, method: str, path: str, json: object = None, who: Member | None = None
    ) -> httpx2.Response:
        """A request with Laras's key, or another's."""
        return await call(self.http, who or self.cast.laras, method, path, json)

    async def sell(self, order_id: str = "INV-1", **more: Any) -> dict[str, Any]:
        """POST a sale and expect 201."""
        reply = await self.send("POST", "/v1/sales", body(order_id, **more))
        assert reply.status_code == 201, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def join(self, who: Member, campaign: Campaign | None = None) -> tuple[Enrolment, Link]:
        """Another partner with a link."""
        place = await make.enrolment(
            campaign or self.campaign, who.org, approved_at=world.now() - BEGAN
        )
        return place, await make.link(place)

    async def balance(self, who: Member | None = None) -> BalanceRow | None:
        """What stands between Laras and Rina (or another)."""
        found = await balances(self.cast.laras.id, (who or self.cast.rina).id)
        return found[0] if found else None


def body(order_id: str = "INV-1", **more: Any) -> dict[str, Any]:
    """Two shirts of Rp100.000, paid now; a value of None leaves the field out."""
    given: dict[str, Any] = {
        "order_id": order_id,
        "source": "website",
        "placed_at": world.now().isoformat(),
        "state": "paid",
        "currency": "IDR",
        "items": [{"sku": "KEMEJA", "quantity": 2, "unit_price": 100_000}],
    }
    return {k: v for k, v in (given | more).items() if v is not None}


async def set_up(http: httpx2.AsyncClient, cast: Cast, **campaign: Any) -> Stage:
    """The shop, open for sixty days."""
    began = world.now() - BEGAN
    product = await make.product(cast.laras.org, sku="KEMEJA", category="batik")
    made = await make.campaign(cast.laras.org, created_at=began, launched_at=began, **campaign)
    rina = await make.enrolment(made, cast.rina.org, approved_at=began)
    return Stage(http, cast, product, made, rina, await make.link(rina))


async def set_terms(campaign: Campaign, terms: dict[str, Any], at: datetime | None = None) -> None:
    """Another version of the campaign's terms, in force since the campaign began."""
    number = await TermsVersion.filter(campaign_id=campaign.id).count() + 1
    await TermsVersion.create(
        id=world.new_id("trm"),
        campaign_id=campaign.id,
        number=number,
        body=terms,
        effective_at=at or campaign.created_at,
        created_at=campaign.created_at,
        created_by="test",
    )


def percent(rate_bp: int = 1000, **more: Any) -> dict[str, Any]:
    """Terms of one percentage rule; keywords go into the rule."""
    rule = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": rate_bp}}
    return {"rules": [rule | more]}


async def set_up_rival(s: Stage) -> str:
    """Bukit's own shop; a click of his, which is nothing to Laras."""
    campaign = await make.campaign(s.cast.bukit.org)
    place = await make.enrolment(campaign, s.cast.dimas.org)
    return await s.click(await make.link(place))
