"""What happens while a commission is off the books, or waits, is not forgotten."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest_asyncio

from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from tests.cast import Cast, Member
from tests.referrals import shop as stage
from tests.referrals.changing import move, put, refund
from tests.referrals.shop import Stage, percent, set_terms

SHARE = {"recruiter": {"rate_bp": 1000, "active_days": 30}}


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await stage.set_up(http, cast)
    await set_terms(made.campaign, percent() | SHARE)
    return made


async def rejected(s: Stage, com: str, who: Member | None = None) -> str:
    """The path of the open appeal against its rejection."""
    path = f"/v1/commissions/{com}"
    assert (await s.send("POST", f"{path}/reject", {"reason_code": "fake_order"})).is_success
    made = await s.send("POST", f"{path}/appeal", {"text": "Asli."}, who or s.cast.rina)
    assert made.status_code == 201, made.text
    return f"/v1/appeals/{made.json()['id']}/answer"


async def given_to(s: Stage, sale: dict[str, Any], enrolment_id: str) -> None:
    sent = {"enrolment_id": enrolment_id, "reason": "salah tautan"}
    reply = await s.send("POST", f"/v1/sales/{sale['id']}/credit", sent)
    assert reply.status_code == 200, reply.text


async def recruit(s: Stage) -> tuple[str, str]:
    """Dimas joins by Rina's word, who has sold herself: his coupon and his enrolment."""
    await s.sell("INV-R", click_id=await s.click())
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": "rina"}
    made = (await s.send("POST", "/v1/enrolments", wish, s.cast.dimas)).json()
    return str(made["coupon"]), str(made["id"])


async def earned(s: Stage) -> int:
    assert await commands.differences(settings()) == []
    rows = await Commission.exclude(state="rejected")
    return sum(row.amount - row.reversed for row in rows)


async def test_what_another_has_got_since_cannot_be_appealed_back(s: Stage) -> None:
    dimas, _ = await s.join(s.cast.dimas)
    sale = await s.sell(click_id=await s.click())
    com = sale["commissions"][0]["id"]
    answer = await rejected(s, com)
    await given_to(s, sale, dimas.id)
    assert await earned(s) == 20_000
    reply = await s.send("POST", answer, {"outcome": "won"})
    assert (reply.status_code, reply.json()["code"]) == (409, "appeal_answered")
    again = await s.send("POST", f"/v1/commissions/{com}/appeal", {"text": "Asli."}, s.cast.rina)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_appeal")
    assert await earned(s) == 20_000


async def test_an_appeal_against_a_hold_ends_when_the_order_is_given_to_another(s: Stage) -> None:
    dimas, _ = await s.join(s.cast.dimas)
    sale = await s.sell(click_id=await s.click())
    path = f"/v1/commissions/{sale['commissions'][0]['id']}"
    await s.send("POST", f"{path}/hold", {"reason_code": "under_review"})
    made = (await s.send("POST", f"{path}/appeal", {"text": "Asli."}, s.cast.rina)).json()
    await given_to(s, sale, dimas.id)
    (shown,) = (await s.send("GET", "/v1/appeals", who=s.cast.rina)).json()["data"]
    assert (shown["state"], shown["answer"]) == ("lost", "salah tautan")
    reply = await s.send("POST", f"/v1/appeals/{made['id']}/answer", {"outcome": "won"})
    assert reply.status_code == 409
    assert await earned(s) == 20_000


async def test_an_order_lowered_meanwhile_comes_back_lower(s: Stage) -> None:
    at = world.now().isoformat()
    sale = (await put(s, click_id=await s.click(), placed_at=at)).json()
    answer = await rejected(s, sale["commissions"][0]["id"])
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, placed_at=at, items=less)
    assert (await s.send("POST", answer, {"outcome": "won"})).status_code == 200
    assert await earned(s) == 10_000


async def test_a_self_referral_s_order_lowered_meanwhile_comes_back_lower(s: Stage) -> None:
    at = world.now().isoformat()
    sale = (await put(s, click_id=await s.click(own=True), placed_at=at)).json()
    path = f"/v1/commissions/{sale['commissions'][0]['id']}"
    made = (await s.send("POST", f"{path}/appeal", {"text": "Asli."}, s.cast.rina)).json()
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, placed_at=at, items=less)
    reply = await s.send("POST", f"/v1/appeals/{made['id']}/answer", {"outcome": "won"})
    assert reply.status_code == 200, reply.text
    assert await earned(s) == 10_000


async def test_a_recruiters_share_comes_back_less_what_its_parent_lost(s: Stage) -> None:
    coupon, _ = await recruit(s)
    with world.at(world.now() + timedelta(minutes=1)):
        sale = await s.sell(coupon=coupon)
        share = await Commission.get(kind="recruiter")
        answer = await rejected(s, share.id)
        await refund(s, sale, "R-1", amount=100_000)
        assert (await s.send("POST", answer, {"outcome": "won"})).status_code == 200
    share = await Commission.get(id=share.id)
    assert share.amount - share.reversed == 1_000
    assert await earned(s) == 20_000 + 10_000 + 1_000


async def test_a_share_waits_as_long_as_what_it_is_a_share_of(s: Stage) -> None:
    coupon, _ = await recruit(s)
    begin = world.now() + timedelta(minutes=1)
    given = {"coupon": coupon, "placed_at": begin.isoformat(), "state": "delivered"}
    more = [{"sku": "KEMEJA", "quantity": 4, "unit_price": 100_000}]
    with world.at(begin):
        sale = (await put(s, **given)).json()
    with world.at(begin + timedelta(days=5)):
        await put(s, items=more, **given)
    with world.at(begin + timedelta(days=8)):
        await move(s, sale, "completed")
        await release_due()
    rows = await Commission.filter(sale_id=sale["id"]).order_by("created_at", "amount")
    assert [(row.kind, row.state) for row in rows] == [
        ("recruiter", "payable"), ("percent", "payable"),
        ("recruiter", "pending"), ("percent", "pending"),
    ]  # fmt: skip


async def test_what_a_short_budget_gave_shrinks_in_step_with_later_refunds(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await stage.set_up(http, cast, budget=12_000)
    now = world.now()
    given = {"placed_at": now.isoformat()}
    first = (await put(s, click_id=await s.click(), state="cancelled", **given)).json()
    await refund(s, first, "R-1", amount=100_000)
    other = [{"sku": "TOPI", "quantity": 1, "unit_price": 80_000}]
    await s.sell("INV-2", click_id=await s.click(), items=other)
    # Rp10.000 of Rp20.000 are due after the refund, and Rp4.000 are left.
    await put(s, state="paid", updated_at=now.isoformat(), **given)
    row = await Commission.get(sale_id=first["id"])
    assert (row.amount, row.reversed) == (4_000, 0)
    await refund(s, first, "R-2", amount=50_000)
    row = await Commission.get(sale_id=first["id"])
    assert (row.amount, row.reversed) == (4_000, 2_000)
