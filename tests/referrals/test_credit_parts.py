"""A decision on a part of an order: what an order pays once, its limits and its terms hold for the
lines that keep their credit and those that change hands together.
"""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from campaigns.enrolments.models import Enrolment
from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission
from tests import make
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.changing import put
from tests.referrals.shop import Stage, percent, set_terms

TWO = [{"sku": sku, "quantity": 1, "unit_price": 100_000} for sku in ("KEMEJA", "TOPI")]
ONCE = {"rules": [{"name": "Semua", "when": {}, "pay": {"kind": "per_order", "amount": 5_000}}]}


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def two_campaigns(s: Stage, **more: Any) -> tuple[dict[str, Any], Enrolment]:
    """A sale whose shirt Rina's campaign pays and whose hat another one, of Dimas."""
    hat = await make.product(s.cast.laras.org, sku="TOPI")
    began = world.now() - stage.BEGAN
    hats = await make.campaign(s.cast.laras.org, hat, created_at=began, launched_at=began)
    place, theirs = await s.join(s.cast.dimas, hats)
    visitor = world.token(16)
    await s.click(visitor=visitor, at=world.now() - timedelta(hours=2))
    click = await s.click(theirs, visitor=visitor)
    return await s.sell(click_id=click, items=TWO, **more), place


async def decide(s: Stage, sale: dict[str, Any], place: Enrolment) -> dict[str, Any]:
    sent = {"enrolment_id": place.id, "reason": "Keputusan toko"}
    reply = await s.send("POST", f"/v1/sales/{sale['id']}/credit", sent)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def lefts(s: Stage) -> dict[int, int]:
    """What Rina's lines have left; the books are clean."""
    assert await commands.differences(settings()) == []
    found: dict[int, int] = {}
    for row in await Commission.filter(enrolment_id=s.rina.id).exclude(state="rejected"):
        line = int(str(row.because["line"]))
        found[line] = found.get(line, 0) + row.amount - row.reversed
    return found


@pytest.mark.parametrize(
    ("terms", "each"),
    [(ONCE, 2_500), (percent(1000, max_per_order=6_000), 3_000)],
)
async def test_an_order_pays_once_whoever_had_its_lines_before(
    s: Stage, terms: dict[str, Any], each: int
) -> None:
    await set_terms(s.campaign, terms)
    sale, _ = await two_campaigns(s)
    assert await lefts(s) == {1: each * 2}
    await decide(s, sale, s.rina)
    assert await lefts(s) == {1: each, 2: each}


async def test_what_is_left_to_a_partner_is_the_order_s_whole_amount(s: Stage) -> None:
    await set_terms(s.campaign, ONCE)
    sale, place = await two_campaigns(s)
    await decide(s, sale, s.rina)
    await decide(s, sale, place)
    assert await lefts(s) == {1: 5_000}


async def test_what_goes_off_the_books_leaves_room_in_the_month(s: Stage) -> None:
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 15_000})
    sale = await s.sell(click_id=await s.click())
    await s.sell("INV-2", click_id=await s.click())
    place, _ = await s.join(s.cast.dimas)
    await decide(s, sale, place)
    await decide(s, sale, s.rina)
    assert await lefts(s) == {1: 15_000}


async def test_lines_added_to_a_decided_order_go_by_its_terms(s: Stage) -> None:
    """Its day is moved to where another version is in force."""
    hats = {"name": "Topi", "when": {"sku": "TOPI"}, "pay": {"kind": "percent", "rate_bp": 100}}
    rules = [hats, *percent(2000)["rules"]]
    await set_terms(s.campaign, {"rules": rules}, world.now() - timedelta(days=5))
    early, late = (world.now() - timedelta(days=n) for n in (6, 1))
    click = await s.click(at=world.now() - timedelta(days=7))
    sale = await s.sell(click_id=click, placed_at=early.isoformat(), items=TWO[:1])
    place, _ = await s.join(s.cast.dimas)
    await decide(s, sale, place)
    await put(s, click_id=click, placed_at=late.isoformat(), items=TWO)
    rows = await Commission.filter(enrolment_id=place.id).order_by("line_id")
    assert [(row.terms_number, row.amount) for row in rows] == [(1, 10_000), (1, 10_000)]
    await decide(s, sale, s.rina)
    again = await Commission.filter(enrolment_id=s.rina.id).exclude(state="rejected")
    assert [(row.terms_number, row.amount) for row in again] == [(1, 10_000), (1, 10_000)]
    assert await lefts(s) == {1: 10_000, 2: 10_000}
