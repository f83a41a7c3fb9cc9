"""Orders that change after their commission was approved or paid: netted, given back, once."""

import httpx2
import pytest_asyncio

from jejaring import world
from jejaring.payouts import queries, run, settle
from jejaring.payouts.models import Payout
from referrals.orders.models import Refund
from tests.cast import Cast
from tests.money import caller, with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms
from tests.referrals.test_intake_attacks import counted, earned, lines, put, refund


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


class Paid:
    """Steps of money, each with the balances that Rina sees after it."""

    def __init__(self, s: Stage) -> None:
        self.s = s
        self.shop = caller(s.cast.laras)

    async def approve(self) -> Payout:
        made = await run.approve(self.shop, (await run.preview(self.shop)).id)
        return await Payout.get(run_id=made.id)

    async def parts(self) -> tuple[int, int, int, int]:
        """payable, in_payout, paid, owed_back; earned as it should be."""
        await earned(self.s)
        (view,), _ = await queries.balances(self.s.cast.laras.id, self.s.cast.rina.id)
        return view.payable, view.in_payout, view.paid, view.owed_back


@pytest_asyncio.fixture(loop_scope="session")
async def paid(s: Stage) -> Paid:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    await with_method(s.cast.rina)
    return Paid(s)


async def test_a_payout_that_comes_back_after_a_refund_in_transit_is_netted_next_time(
    paid: Paid,
) -> None:
    s = paid.s
    sale = await s.sell("INV-1", click_id=await s.click(), state="delivered")
    payout = await paid.approve()
    await refund(s, sale, "R-1", amount=100_000)
    assert await paid.parts() == (0, 20_000, 0, 10_000)
    await settle.settle(paid.shop, payout.id, "paid", "TRF")
    assert await paid.parts() == (0, 0, 20_000, 10_000)
    await settle.settle(paid.shop, payout.id, "failed", "TRF")
    assert await paid.parts() == (20_000, 0, 0, 10_000)
    await refund(s, sale, "R-2", amount=60_000)
    assert await paid.parts() == (20_000, 0, 0, 16_000)
    skipped = (await run.preview(paid.shop)).preview["skipped"]
    assert [one["reason"] for one in skipped] == ["below_minimum"]  # type: ignore[attr-defined]
    await s.sell("INV-2", click_id=await s.click(), state="delivered")
    last = await paid.approve()
    assert (last.gross, last.netted, last.net) == (40_000, 16_000, 24_000)
    await settle.settle(paid.shop, last.id, "paid", "TRF-2")
    assert await paid.parts() == (0, 0, 24_000, 0)
    assert await earned(s) == 24_000


async def test_an_order_lowered_after_its_payout_is_owed_and_raised_again_is_given_back(
    paid: Paid,
) -> None:
    s = paid.s
    at = world.now().isoformat()
    whole = {"placed_at": at, "state": "delivered"}
    await put(s, click_id=await s.click(), **whole)
    payout = await paid.approve()
    await settle.settle(paid.shop, payout.id, "paid", "TRF")
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}]
    await put(s, items=less, **whole)
    assert await paid.parts() == (0, 0, 20_000, 10_000)
    more = [{"sku": "KEMEJA", "quantity": 4, "unit_price": 100_000}]
    await put(s, items=more, **whole)
    assert await earned(s) == 40_000
    sale = await put(s, items=more, **whole)
    await refund(s, sale, "R-1", amount=400_000)
    assert await earned(s) == 0
    assert (await Refund.get()).spread == {"1": 400_000}


async def test_a_paid_order_cancelled_netted_and_reopened_lower_comes_back_once(
    paid: Paid,
) -> None:
    s = paid.s
    now = world.now()
    whole = {"placed_at": now.isoformat(), "state": "delivered"}
    sale = await put(s, "INV-1", click_id=await s.click(), **whole)
    first = await paid.approve()
    await settle.settle(paid.shop, first.id, "paid", "TRF")
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "returned"})
    assert await paid.parts() == (0, 0, 20_000, 20_000)
    big = [{"sku": "KEMEJA", "quantity": 5, "unit_price": 100_000}]
    await s.sell("INV-2", click_id=await s.click(), state="delivered", items=big)
    second = await paid.approve()
    await settle.settle(paid.shop, second.id, "paid", "TRF-2")
    assert await paid.parts() == (0, 0, 50_000, 0)
    less = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 150_000}]
    await put(s, "INV-1", items=less, updated_at=world.now().isoformat(), **whole)
    assert await paid.parts() == (15_000, 0, 50_000, 0)
    assert await earned(s) == 65_000


async def test_a_run_of_thousands_of_lines_takes_each_once(paid: Paid) -> None:
    s = paid.s
    click = await s.click()
    for number in range(6):
        await s.sell(f"INV-{number}", click_id=click, items=lines(500, 5_000), state="delivered")
    with counted() as spoken:
        payout = await paid.approve()
    assert payout.gross == 6 * 500 * 1_000
    assert len(spoken) < 60
    shown = await queries.run(s.cast.laras.id, payout.run_id)
    assert len(shown.payouts[0].lines) == 3_000
    await settle.settle(paid.shop, payout.id, "paid", "TRF")
    assert await earned(s) == 3_000_000
