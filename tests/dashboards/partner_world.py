"""Rina's little world: Rp60.000 paid, Rp40.000 payable, Rp20.000 waiting, one click today."""

from dataclasses import dataclass
from datetime import timedelta

import httpx2

from dashboards.figures import rollup
from jejaring import world
from jejaring.identity.rules import Caller
from jejaring.payouts import methods, run, settle
from jejaring.payouts.methods import MethodDraft
from jejaring.payouts.models import Payout
from referrals.commissions import release
from referrals.commissions.models import Commission
from tests.cast import Cast, Member
from tests.referrals import shop
from tests.referrals.shop import Stage


@dataclass(frozen=True)
class World:
    """The shop and what was paid."""

    stage: Stage
    payout_id: str
    commission_id: str


def as_caller(member: Member) -> Caller:
    """The member's owner, as verbs see them."""
    org, user = member.org, member.user
    return Caller(org.id, org.kind, org.slug, org.name, org.zone, user.id, "owner", user.id)


async def sale(stage: Stage, order_id: str, days: int, quantity: int, state: str) -> None:
    """A sale of some days ago, clicked an hour before."""
    at = world.now() - timedelta(days=days)
    click_id = await stage.click(at=at - timedelta(hours=1))
    items = [{"sku": "KEMEJA", "quantity": quantity, "unit_price": 100_000}]
    with world.at(at):
        await stage.sell(
            order_id, items=items, state=state, placed_at=at.isoformat(), click_id=click_id
        )


async def build(http: httpx2.AsyncClient, cast: Cast) -> World:
    """Three sales in the life of Rina's link."""
    stage = await shop.set_up(http, cast)
    laras, rina = as_caller(cast.laras), as_caller(cast.rina)
    await methods.put(rina, MethodDraft("bank", "bca", "1234564821", "Rina Wulandari"))
    await sale(stage, "INV-OLD", 40, 6, "delivered")
    await release.release_due()
    made = await run.approve(laras, (await run.preview(laras)).id)
    payout = await Payout.filter(run_id=made.id).get()
    await settle.settle(laras, payout.id, "paid", "BCA-77")
    await sale(stage, "INV-MID", 20, 4, "delivered")
    await release.release_due()
    await sale(stage, "INV-NEW", 2, 2, "delivered")
    await stage.click()
    await rollup.run()
    newest = await Commission.all().order_by("-created_at").first()
    assert newest is not None
    return World(stage, payout.id, newest.id)
