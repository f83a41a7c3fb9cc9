"""The commission of the figures is the commission of the books: shares of recruiters, bonuses, fees
for clicks and month's ends stand at their day, campaign and partner, whatever becomes of them.
"""

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

from dashboards.figures import audit, queries, rollup
from jejaring import world
from jejaring.hooks.models import Event
from referrals.commissions.models import Commission
from referrals.months import click_fee
from tests.cast import Cast, Member, call
from tests.referrals import test_months_clicks as clicks
from tests.referrals import test_months_true_up as months
from tests.referrals.shop import Stage, percent, set_terms, set_up
from tests.referrals.test_network import dimas_sells, joined

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


async def agrees() -> None:
    """What was read and what was not add up to the books, before and after reading."""
    assert await audit.audit() == []
    await rollup.run()
    assert await audit.audit() == []


async def earned(who: Member, days: tuple[date, date] = OCTOBER) -> dict[str, int]:
    """A partner's commission by day, days of nothing left out."""
    found = await queries.stats("partner", who.id, "day", *days)
    return {one.key: one.commission for one in found.data if one.commission}


async def recruited(http: httpx2.AsyncClient, cast: Cast) -> tuple[Stage, dict[str, Any]]:
    """Dimas, whom Rina brought, sold Rp200.000; a tenth of his tenth is hers."""
    s = await set_up(http, cast)
    await set_terms(s.campaign, percent() | {"recruiter": {"rate_bp": 1000, "active_days": 30}})
    await joined(s, "rina")
    await s.sell("INV-R", click_id=await s.click())
    return s, await dimas_sells(s)


async def by_partner(cast: Cast) -> dict[str, int]:
    today = world.now().date()
    days = (today - timedelta(days=1), today + timedelta(days=2))
    found = await queries.stats("merchant", cast.laras.id, "partner", *days)
    return {one.key: one.commission for one in found.data}


async def test_a_recruiters_share_is_the_recruiters(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, sale = await recruited(http, cast)
    await agrees()
    assert await by_partner(cast) == {"rina": 22_000, "dimas": 20_000}
    path = f"/v1/sales/{sale['id']}/refunds"
    await s.send("POST", path, {"refund_id": "R", "reason": "x", "amount": 100_000})
    await agrees()
    assert await by_partner(cast) == {"rina": 21_000, "dimas": 10_000}


async def test_a_share_goes_with_a_rejection_and_comes_back_with_an_appeal(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, sale = await recruited(http, cast)
    own = next(c["id"] for c in sale["commissions"] if c["kind"] == "percent")
    await s.send("POST", f"/v1/commissions/{own}/reject", {"reason_code": "fake_order"})
    await agrees()
    assert await by_partner(cast) == {"rina": 20_000, "dimas": 0}
    told = await s.send("POST", f"/v1/commissions/{own}/appeal", {"text": "asli"}, cast.dimas)
    answer = f"/v1/appeals/{told.json()['id']}/answer"
    assert (await s.send("POST", answer, {"outcome": "won"})).status_code == 200
    await agrees()
    assert await by_partner(cast) == {"rina": 22_000, "dimas": 20_000}


async def test_a_share_may_be_rejected_by_itself(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, _ = await recruited(http, cast)
    share = await Commission.get(kind="recruiter")
    await s.send("POST", f"/v1/commissions/{share.id}/reject", {"reason_code": "rules_broken"})
    await agrees()
    assert await by_partner(cast) == {"rina": 20_000, "dimas": 20_000}


async def test_a_recruiter_who_shares_the_line_is_not_counted_twice(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    shared = {"attribution": {"model": "linear"}, "recruiter": {"rate_bp": 1000}}
    await set_terms(s.campaign, percent() | shared)
    await joined(s, "rina")
    await s.sell("INV-R", click_id=await s.click())
    visitor = world.token(16)
    await s.click(visitor=visitor)
    await dimas_sells(s, "INV-D", note=None)
    await agrees()
    books = {c.partner_id: 0 for c in await Commission.all()}
    for c in await Commission.all():
        books[c.partner_id] += c.amount - c.reversed
    assert await by_partner(cast) == {
        "rina": books[cast.rina.id], "dimas": books[cast.dimas.id],
    }  # fmt: skip


async def test_a_bonus_stands_on_the_last_day_of_its_month(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await months.october(http, cast, months.bonus(at_sales=2))
    await months.sold(s, "INV-1")
    await months.sold(s, "INV-2", 1)
    assert await months.settle() == 1
    await agrees()
    assert await earned(cast.rina) == {
        "2026-10-05": 20_000, "2026-10-06": 20_000, "2026-10-31": 50_000,
    }  # fmt: skip
    row = await Commission.get(kind="bonus")
    path = f"/v1/commissions/{row.id}/reject"
    assert (await s.send("POST", path, {"reason_code": "fraud"})).status_code == 200
    await agrees()
    assert "2026-10-31" not in await earned(cast.rina)


async def test_what_a_months_end_takes_is_taken_from_the_days_of_its_sales(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await months.october(http, cast, months.tiers("marginal"))
    first = await months.sold(s, "INV-1", items=[_item(300_000)])
    await months.sold(s, "INV-2", 1, items=[_item(100_000)])
    await agrees()
    assert await earned(cast.rina) == {"2026-10-05": 15_000, "2026-10-06": 10_000}
    await months.refund(s, first, 200_000)
    assert await months.settle() == 1
    await agrees()
    rows = {row.sale_id: row.amount - row.reversed for row in await Commission.all()}
    assert sum((await earned(cast.rina)).values()) == sum(rows.values()) == 10_000
    assert await Event.filter(name="commission.reversed", organisation_id=cast.laras.id).exists()


async def test_clicks_stand_on_their_own_day(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await clicks.october(http, cast, clicks.terms())
    await clicks.visits(s, 3)
    assert await clicks.accrue() == 1
    await agrees()
    fee = (await Commission.get()).amount
    assert fee > 0
    assert await earned(cast.rina) == {"2026-10-05": fee}
    found = await queries.stats("merchant", cast.laras.id, "campaign", *OCTOBER)
    assert {one.key: one.commission for one in found.data} == {s.campaign.id: fee}
    with world.at(clicks.NEXT):
        assert await click_fee.accrue_day("Asia/Jakarta", clicks.DAY) == 0
    await agrees()


def _item(price: int) -> dict[str, Any]:
    return {"sku": "KEMEJA", "quantity": 1, "unit_price": price}


@pytest.mark.parametrize("lost", ["commission", "event"])
async def test_the_check_finds_a_commission_that_was_never_told(
    http: httpx2.AsyncClient, cast: Cast, lost: str
) -> None:
    s = await set_up(http, cast)
    await s.sell(click_id=await s.click())
    await rollup.run()
    if lost == "commission":
        await Commission.all().update(amount=19_000)
    else:
        await s.sell("INV-2", click_id=await s.click())
        await Event.filter(name="sale.recorded").delete()
    found = {(d.what, d.subject) for d in await audit.audit()}
    assert ("commission on the books", cast.laras.id) in found


async def test_both_sides_read_the_same_by_the_api(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, _ = await recruited(http, cast)
    await rollup.run()
    for member in (cast.laras, cast.rina):
        path = f"/v1/stats?group=campaign&to={world.now().date() + timedelta(days=2)}"
        [row] = [
            one
            for one in (await call(http, member, "GET", path)).json()["data"]
            if one["key"] == s.campaign.id
        ]
        assert row["commission"] == {cast.laras.id: 42_000, cast.rina.id: 22_000}[member.id]
