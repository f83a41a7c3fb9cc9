"""What comes again (a dispute won, an order reopened, an appeal won) stays within the limits that
others have used meanwhile.
"""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from campaigns.lifecycle.models import Campaign
from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission, Reversal
from tests.cast import Cast, sign_in
from tests.referrals import shop as stage
from tests.referrals.changing import move, put, refund
from tests.referrals.shop import Stage, percent, set_terms

ALL = percent() | {"max_per_partner_month": 30_000}
OF_RULE = percent(max_per_partner_month=30_000)
MONTH = "Tidak semuanya kembali: batas komisi bulan ini sudah terpakai."


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def sold(s: Stage, name: str, **more: Any) -> dict[str, Any]:
    """Two shirts of Rp100.000, at 10 %."""
    return await s.sell(name, click_id=await s.click(), **more)


async def dispute(s: Stage, sale: dict[str, Any], outcome: str) -> dict[str, Any]:
    sent = {"dispute_id": "D-1", "outcome": outcome, "amount": 200_000}
    reply = await s.send("POST", f"/v1/sales/{sale['id']}/disputes", sent)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()["sale"]["commissions"][0]
    return found


async def appealed(s: Stage, com: str) -> str:
    """The path of the open appeal against its rejection."""
    path = f"/v1/commissions/{com}"
    assert (await s.send("POST", f"{path}/reject", {"reason_code": "fake_order"})).is_success
    made = await s.send("POST", f"{path}/appeal", {"text": "Asli."}, s.cast.rina)
    return f"/v1/appeals/{made.json()['id']}/answer"


async def won(s: Stage, answer: str) -> httpx2.Response:
    return await s.send("POST", answer, {"outcome": "won"})


async def lefts() -> list[int]:
    """What is left of each commission on the books, in the order in which they were made."""
    assert await commands.differences(settings()) == []
    rows = await Commission.exclude(state="rejected")
    rows.sort(key=lambda row: (row.created_at, row.parent_id is not None, row.because["line"]))
    return [row.amount - row.reversed for row in rows]


@pytest.mark.parametrize("terms", [ALL, OF_RULE])
async def test_a_dispute_won_fills_the_month_and_not_more(s: Stage, terms: dict[str, Any]) -> None:
    await set_terms(s.campaign, terms)
    sale = await sold(s, "INV-1")
    await dispute(s, sale, "lost")
    await sold(s, "INV-2")
    found = await dispute(s, sale, "won")
    assert (found["amount"], found["reversed"]) == (20_000, 10_000)
    assert found["because"][0]["text"].endswith(MONTH)
    assert await lefts() == [10_000, 20_000]


async def test_what_was_kept_back_comes_with_the_next_change_that_finds_room(s: Stage) -> None:
    await set_terms(s.campaign, ALL)
    at = world.now().isoformat()
    click = await s.click()
    one = (await put(s, "INV-1", click_id=click, placed_at=at)).json()
    await move(s, one, "cancelled")
    other = await sold(s, "INV-2")
    later = [(world.now() + timedelta(seconds=n)).isoformat() for n in (1, 2)]
    await put(s, "INV-1", placed_at=at, updated_at=later[0])
    assert await lefts() == [10_000, 20_000]
    await refund(s, other, "R-1", amount=200_000)
    items = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    shown = (await put(s, "INV-1", placed_at=at, updated_at=later[1], items=items)).json()
    assert sum(await lefts()) == 30_000
    assert MONTH not in shown["commissions"][0]["because"][0]["text"]


async def test_two_lines_that_come_again_share_what_the_month_has_left(s: Stage) -> None:
    await set_terms(s.campaign, ALL)
    items = [{"sku": sku, "quantity": 1, "unit_price": 100_000} for sku in ("KEMEJA", "TOPI")]
    sale = await sold(s, "INV-1", items=items)
    await dispute(s, sale, "lost")
    await sold(s, "INV-2", items=[{"sku": "TOPI", "quantity": 1, "unit_price": 150_000}])
    await dispute(s, sale, "won")
    assert await lefts() == [10_000, 5_000, 15_000]


async def test_a_recruiter_s_share_comes_again_within_the_recruiter_s_month(s: Stage) -> None:
    share = {"recruiter": {"rate_bp": 5000, "active_days": 30}}
    await set_terms(s.campaign, percent() | share | {"max_per_partner_month": 25_000})
    await s.sell("INV-0", click_id=await s.click(), items=[
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}])  # fmt: skip
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": "rina"}
    coupon = (await s.send("POST", "/v1/enrolments", wish, s.cast.dimas)).json()["coupon"]
    sale = await s.sell("INV-1", coupon=coupon)
    assert await lefts() == [10_000, 20_000, 10_000]
    await dispute(s, sale, "lost")
    await sold(s, "INV-2", items=[{"sku": "KEMEJA", "quantity": 1, "unit_price": 120_000}])
    await dispute(s, sale, "won")
    assert await lefts() == [10_000, 20_000, 3_000, 12_000]  # of 10 000 the month had 3 000


async def test_an_appeal_won_fills_the_month_and_not_more(s: Stage) -> None:
    await set_terms(s.campaign, ALL)
    sale = await sold(s, "INV-1")
    answer = await appealed(s, sale["commissions"][0]["id"])
    await sold(s, "INV-2")
    assert (await won(s, answer)).status_code == 200
    assert await lefts() == [10_000, 20_000]
    assert (await Campaign.get(id=s.campaign.id)).reserved == 30_000
    assert [(row.amount, row.reason) for row in await Reversal.all()] == [(10_000, "month_cap")]
    await sign_in(s.http, s.cast.rina)
    assert "Batas komisi bulan itu sudah terpakai" in (await s.http.get("/partner/earnings")).text


async def test_an_appeal_is_measured_by_what_is_left_of_the_order(s: Stage) -> None:
    """The budget has Rp10.000: as much as is due after the refund, half of what was rejected."""
    await Campaign.filter(id=s.campaign.id).update(budget=30_000)
    sale = await sold(s, "INV-1")
    answer = await appealed(s, sale["commissions"][0]["id"])
    await sold(s, "INV-2")
    reply = await won(s, answer)
    assert (reply.status_code, reply.json()["code"]) == (409, "budget_short")
    await refund(s, sale, "R-1", amount=100_000)
    assert (await won(s, answer)).status_code == 200
    assert await lefts() == [10_000, 20_000]
    campaign = await Campaign.get(id=s.campaign.id)
    assert (campaign.reserved, campaign.state) == (30_000, "ended")
    assert {row.reason for row in await Reversal.all()} == {"order_changed"}
