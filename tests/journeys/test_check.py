"""`check` names what was changed behind the books' back, and finds nothing in a clean world."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
import pytest_asyncio

from dashboards.figures import rollup
from jejaring import commands, world
from jejaring.db import sql
from jejaring.payouts import run, settle
from jejaring.payouts.models import Payout
from jejaring.settings import settings
from referrals.commissions.models import Commission
from tests.cast import Cast
from tests.money import caller, with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    """Something in every state: pending, payable, in a payout, paid, owed back."""
    made = await stage.set_up(http, cast, budget=10_000_000)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    await with_method(cast.rina)
    shop = caller(cast.laras)
    first = await made.sell("INV-1", click_id=await made.click(), state="completed")
    paid = await run.approve(shop, (await run.preview(shop)).id)
    await settle.settle(shop, (await Payout.get(run_id=paid.id)).id, "paid", "TRF")
    await made.sell("INV-2", click_id=await made.click(), state="completed")
    await run.approve(shop, (await run.preview(shop)).id)
    refund = {"refund_id": "R-1", "reason": "rusak", "amount": 50_000}
    await made.send("POST", f"/v1/sales/{first['id']}/refunds", refund)
    lost = {"dispute_id": "D-1", "outcome": "lost", "amount": 20_000}
    await made.send("POST", f"/v1/sales/{first['id']}/disputes", lost)
    off = {"partner": cast.rina.org.slug, "amount": 1_000, "reason": "salah toko"}
    await made.send("POST", "/v1/owed-back/write-off", off)
    await made.sell("INV-3", click_id=await made.click(), state="completed")
    await made.sell("INV-4", click_id=await made.click(), state="placed")
    await ending(made)
    await rollup.run()
    return made


async def ending(s: Stage) -> None:
    """Another campaign, which ends by date."""
    draft = {
        "name": "Sampai Senin", "product_ids": [], "joining": "open", "audience": ["reseller"],
        "terms": percent(), "ends_at": (world.now() + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    made = await s.send("POST", "/v1/campaigns", draft)
    launched = await s.send("POST", f"/v1/campaigns/{made.json()['id']}/launch")
    assert launched.status_code == 200, launched.text


@asynccontextmanager
async def by_hand() -> AsyncIterator[None]:
    """As somebody with the database's own password would: past the triggers."""
    names: list[tuple[str, str]] = []
    if sql.on_sqlite():
        found = await sql.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        names = [(row["name"], row["sql"]) for row in found]
        for name, _ in names:
            await sql.rows(f'DROP TRIGGER "{name}"')
    else:
        tables = ("ledger_posting", "ledger_entry", "ledger_balance")
        for table in tables:
            await sql.rows(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        if sql.on_sqlite():
            for _, text in names:
                await sql.rows(text)
        else:
            for table in tables:
                await sql.rows(f"ALTER TABLE {table} ENABLE TRIGGER USER")


PLANTED = {
    "a balance": (
        "UPDATE ledger_balance SET amount = amount + 1 WHERE account LIKE '%:pending'",
        "balance",
    ),
    "a balance that is gone": (
        "DELETE FROM ledger_balance WHERE account LIKE '%:in_payout'",
        "balance",
    ),
    "a posting that is gone": (
        "DELETE FROM ledger_posting WHERE id = (SELECT max(id) FROM ledger_posting)",
        "entry_without_postings",
    ),
    "a posting's amount": (
        "UPDATE ledger_posting SET amount = amount + 5 "
        "WHERE id = (SELECT min(id) FROM ledger_posting)",
        "content",
    ),
    "an entry that is gone": (
        "DELETE FROM ledger_entry WHERE id = (SELECT min(id) FROM ledger_entry)",
        "posting_without_entry",
    ),
    "an entry told anew": (
        "UPDATE ledger_entry SET event = 'adjust' WHERE id = (SELECT min(id) FROM ledger_entry)",
        "content",
    ),
    "a commission's reversed": (
        "UPDATE commission SET reversed = reversed + 1 "
        "WHERE id = (SELECT min(id) FROM commission WHERE state = 'payable')",
        "reversed",
    ),
    "a commission's amount": (
        "UPDATE commission SET amount = amount + 7 WHERE state = 'pending'",
        "pending",
    ),
    "a commission's state": (
        "UPDATE commission SET state = 'pending' "
        "WHERE id = (SELECT max(id) FROM commission WHERE state = 'payable')",
        "items",
    ),
    "an item": (
        "UPDATE payable_item SET amount = amount + 1 WHERE payout_id IS NULL",
        "items",
    ),
    "an item that is gone": ("DELETE FROM payable_item WHERE payout_id IS NULL", "items"),
    "an item in another payout": (
        "UPDATE payable_item SET payout_id = (SELECT max(id) FROM payout) "
        "WHERE payout_id IS NOT NULL",
        "gross",
    ),
    "a payout's gross": ("UPDATE payout SET gross = gross + 1, net = net + 1", "gross"),
    "a payout's net": ("UPDATE payout SET net = net - 1", "net"),
    "a payout's state": (
        "UPDATE payout SET state = 'succeeded' WHERE state = 'approved'",
        "in_payout",
    ),
    "a campaign's budget": (
        "UPDATE campaign SET reserved = reserved - 1 WHERE reserved > 0",
        "reserved",
    ),
    "what is refunded of a line": (
        "UPDATE sale_line SET refunded = refunded - 1 WHERE refunded > 0",
        "refunded",
    ),
    "a refund that nobody made": (
        "UPDATE sale_line SET refunded = 1 WHERE refunded = 0",
        "refunded",
    ),
    "a dispute said to be won": (
        "UPDATE refund SET state = 'undone' WHERE kind = 'dispute'",
        "refunded",
    ),
    "a write-off": ("UPDATE owed_settlement SET amount = amount + 1", "written_off"),
    "a write-off that is gone": ("DELETE FROM owed_settlement", "written_off"),
    "a commission whose entry is another's": (
        "UPDATE commission SET key = key || 'x' WHERE id = (SELECT min(id) FROM commission)",
        "entry",
    ),
    "a commission that is gone": (
        "UPDATE commission SET state = 'rejected' WHERE state = 'pending'",
        "pending",
    ),
    "a share of credit": ("UPDATE credit SET share_bp = 9000", "shares"),
    "a credit that was taken away": ("UPDATE credit SET ended_by = 'dec_1'", "uncredited"),
    "an order's total": (
        "UPDATE sale SET base = base + 1, items_total = items_total + 1",
        "totals",
    ),
    "a line that is worth less": ("UPDATE sale_line SET unit_price = unit_price - 1", "totals"),
    "money that came back twice": (
        "UPDATE payable_item SET source_id = (SELECT min(id) FROM payout)",
        "money_back",
    ),
    "a run that is done too soon": ("UPDATE payout_run SET state = 'done'", "run_state"),
    "a job that was given up": ("UPDATE job SET dead_at = run_at", "dead"),
    "a campaign's end that is lost": ("DELETE FROM job", "lost"),
    "a figure of sales": (
        "UPDATE daily_figure SET sales_amount = sales_amount + 1",
        "sales_amount",
    ),
    "a figure of commissions": ("UPDATE daily_figure SET commission = 0", "commission"),
    "a figure of people": ("UPDATE daily_figure SET people = people + 1", "people"),
}


async def test_a_clean_world_raises_nothing(s: Stage) -> None:
    assert {row.state for row in await Commission.all()} == {"pending", "payable"}
    row = await s.balance()
    assert row is not None
    assert min(row.pending, row.payable, row.in_payout, row.owed_back) > 0
    assert await commands.differences(settings()) == []
    with world.at(world.now() + timedelta(days=400)):
        assert await commands.differences(settings()) == []


@pytest.mark.parametrize("name", PLANTED)
async def test_what_was_changed_by_hand_is_named(s: Stage, name: str) -> None:
    statement, what = PLANTED[name]
    async with by_hand():
        await sql.rows(statement)
    found = await commands.differences(settings())
    assert any(f"what='{what}'" in line for line in found), (name, found)
