"""Something of everything that belongs to Laras and her partner Rina, made through the API where
there is a route for it: what the rivals Bukit and Dimas must not see or touch.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2

from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from jejaring import world
from referrals.commissions.models import Commission
from referrals.links.models import Link
from referrals.review.models import ReviewCase
from tests import make
from tests.cast import Cast, Member, call
from tests.house.test_tables import models

ID = re.compile(r"[a-z]{3}_[2-9A-Za-z]{19}")
TERMS = {
    "hold_days": 0,
    "rules": [
        {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}},
        {"name": "Post", "when": {"role": "reseller"}, "pay": {"kind": "per_post", "amount": 5}},
    ],
}
# What changes by being looked at, and who the rivals are to themselves.
RESTLESS = {"last_used_at", "seen_at"}


@dataclass
class Estate:
    """Ids by what they are of (`cmp`, `sal`, …), the codes of links, and the cast."""

    http: httpx2.AsyncClient
    cast: Cast
    ids: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)  # a live campaign is for every partner to look at

    def hidden_from(self, rival: Member) -> list[str]:
        """The ids that the rival must find nothing under."""
        return sorted(self.ids - self.offers if rival.org.kind == "partner" else self.ids)

    async def ask(self, who: Member, method: str, path: str, json: object = None) -> dict[str, Any]:
        """A request that must succeed; the ids in its answer are noted."""
        reply = await call(self.http, who, method, path, json)
        assert reply.status_code in (200, 201), f"{method} {path}: {reply.text}"
        self.ids |= set(ID.findall(reply.text))
        found: dict[str, Any] = reply.json()
        return found

    async def rows(self) -> dict[str, dict[str, Any]]:
        """Every stored row that is one of the ids', by table and key."""
        found: dict[str, dict[str, Any]] = {}
        for model in models():
            for row in await model.all().values():
                key = str(row[model._meta.pk_attr])
                if any(isinstance(v, str) and v in self.ids for v in row.values()):
                    kept = {k: v for k, v in row.items() if k not in RESTLESS}
                    found[f"{model._meta.db_table} {key}"] = kept
        return found


async def build(http: httpx2.AsyncClient, cast: Cast) -> Estate:
    """The estate, with a sale, its commission, a payout, keys, and whatever lists show."""
    estate = Estate(http, cast)
    laras, rina = cast.laras, cast.rina
    await estate.ask(laras, "POST", "/v1/products", {"sku": "A", "name": "Batik", "price": 100_000})
    await estate.ask(laras, "POST", "/v1/sites", {"host": "laras.example"})
    draft = await estate.ask(laras, "POST", "/v1/campaigns", {
        "name": "Akhir Tahun", "product_ids": [], "audience": ["reseller"], "joining": "invite",
        "terms": TERMS,
    })  # fmt: skip
    await estate.ask(laras, "POST", f"/v1/campaigns/{draft['id']}/launch")
    estate.offers.add(str(draft["id"]))
    coupon = await _join(estate, str(draft["id"]))
    for member in (laras, rina):
        await estate.ask(member, "POST", "/v1/keys", {"name": "k", "scopes": ["stats"]})
    await _money(estate, coupon)
    await _posts(estate)
    gift = {"partner": rina.org.slug, "amount": 1_000, "reason": "maaf"}
    await estate.ask(laras, "POST", "/v1/goodwill", gift)
    estate.ids -= {laras.id, rina.id, cast.bukit.id, cast.dimas.id}
    return estate


async def _join(estate: Estate, campaign_id: str) -> str:
    """Rina's place, link and coupon; the coupon's code."""
    campaign = await Campaign.get(id=campaign_id)
    place: Enrolment = await make.enrolment(campaign, estate.cast.rina.org)
    link: Link = await make.link(place)
    coupon = await make.coupon(place, "RINA10")
    estate.ids |= {place.id, link.id, coupon.id}
    estate.codes |= {link.code, coupon.code, str(campaign.merchant_id)}
    return coupon.code


async def _posts(estate: Estate) -> None:
    """Two posts of Rina's: one that waits, one that was accepted."""
    place = await Enrolment.get(partner_id=estate.cast.rina.id)
    for number in (17651, 17652):
        url = f"https://x.com/rina/status/{number}"
        body = {"enrolment_id": place.id, "url": url}
        made = await estate.ask(estate.cast.rina, "POST", "/v1/submissions", body)
    await estate.ask(estate.cast.laras, "POST", f"/v1/submissions/{made['id']}/accept")


async def _money(estate: Estate, coupon: str) -> None:
    laras, rina, now = estate.cast.laras, estate.cast.rina, world.now()
    for number in (1, 2):
        await estate.ask(laras, "POST", "/v1/sales", {
            "order_id": f"INV-{number}", "source": "website", "placed_at": now.isoformat(),
            "state": "delivered", "currency": "IDR", "coupon": coupon,
            "items": [{"sku": "A", "quantity": 2, "unit_price": 100_000}],
        })  # fmt: skip
    estate.ids |= {c.id for c in await Commission.all()}
    assert await Commission.all().count() == 2
    case = await ReviewCase.create(
        id=world.new_id("rvc"), merchant_id=laras.id, signal="fast", subject="x", opened_at=now,
        partner_id=rina.id, evidence={"seconds": 1, "orders": ["INV-1"]},
    )  # fmt: skip
    estate.ids.add(case.id)
    await estate.ask(rina, "PUT", "/v1/payout-method", {
        "kind": "bank", "provider": "bca", "account_number": "1234564821", "account_name": "Rina",
    })  # fmt: skip
    with world.at(now + timedelta(days=1)):
        run = await estate.ask(laras, "POST", "/v1/payout-runs", {})
        await estate.ask(laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
        await estate.ask(laras, "GET", f"/v1/payout-runs/{run['id']}")
