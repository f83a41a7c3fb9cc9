"""Balances, the trial balance, movements, and the audit that re-adds them."""

from datetime import timedelta

import pytest

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.kit import paging
from jejaring.kit.errors import Invalid
from jejaring.ledger import accounts, journal, statements
from jejaring.ledger.audit import audit
from jejaring.ledger.post import post
from jejaring.ledger.rules import Move
from tests.conftest import ON_POSTGRES

EXPENSE = accounts.EXPENSE_COMMISSION


def part(name: str, who: str) -> str:
    return accounts.partner(who, name)


async def move(shop: str, key: str, source: str, target: str, amount: int) -> None:
    moves = [Move(source, target, amount)]
    await transact(lambda: post(shop, key, key.partition(":")[0], moves))


async def some_history() -> None:
    start = world.now() - timedelta(days=10)
    for day, (shop, who) in enumerate([("org_a", "org_r"), ("org_a", "org_s"), ("org_b", "org_r")]):
        with world.at(start + timedelta(days=day)):
            await move(shop, f"accrue:{who}", EXPENSE, part("pending", who), 1000 + day)
            await move(shop, f"release:{who}", part("pending", who), part("payable", who), 400)
    with world.at(start + timedelta(days=5)):
        await move("org_a", "reverse:r", part("owed_back", "org_r"), EXPENSE, 300)
        await move(
            "org_a", "writeoff:r", accounts.EXPENSE_WRITE_OFF, part("owed_back", "org_r"), 50
        )
        await move("org_a", "repay:r", accounts.CASH_OUT, part("owed_back", "org_r"), 20)


async def test_a_merchant_sees_each_partner_and_a_partner_each_merchant(db: None) -> None:
    await some_history()
    r, s = (
        statements.BalanceRow("org_a", "org_r", 600, 0, 400, 0, 230, 50, 20),
        (statements.BalanceRow("org_a", "org_s", 601, 0, 400)),
    )
    assert await statements.balances("org_a") == [s, r]
    b = statements.BalanceRow("org_b", "org_r", 602, 0, 400)
    assert await statements.balances(partner_id="org_r") == [b, r]
    assert await statements.balances("org_a", "org_r") == [r]
    assert len(await statements.balances()) == 3
    assert await statements.balances("org_z") == []


async def test_balances_are_paged_by_the_other_side(db: None) -> None:
    await some_history()
    first = await statements.balances("org_a", limit=1)
    second = await statements.balances("org_a", limit=1, before=first[0].partner_id)
    assert [row.partner_id for row in first + second] == ["org_s", "org_r"]
    mine = await statements.balances(partner_id="org_r", limit=5, before="org_b")
    assert [row.merchant_id for row in mine] == ["org_a"]


async def test_the_trial_balance_is_zero(db: None) -> None:
    await some_history()
    rows = dict(await statements.trial_balance())
    assert sum(rows.values()) == 0
    assert rows[EXPENSE] == -(1000 + 1001 + 1002 - 300)
    assert rows["partner:owed_back"] == -230
    assert dict(await statements.trial_balance("org_b"))["partner:pending"] == 602


async def test_opening_and_movements_give_the_balance(db: None) -> None:
    await some_history()
    at = world.now() - timedelta(days=7)
    span = (at, world.now() + timedelta(days=1))
    for shop, who in ((None, "org_r"), ("org_a", None), ("org_a", "org_r"), (None, None)):
        sums = await statements.opening(shop, who, at)
        for movement in await statements.movements(shop, who, span, limit=100):
            for name, change in movement.changes.items():
                sums[movement.merchant_id, movement.partner_id][name] += change
        for row in await statements.balances(shop, who):
            parts = sums[row.merchant_id, row.partner_id]
            assert parts["pending"] == row.pending
            assert parts["payable"] == row.payable
            assert parts["owed_back"] == -row.owed_back


async def test_a_partner_sees_own_movements_only(db: None) -> None:
    await some_history()
    span = (world.ago(days=30), world.now())
    mine = await statements.movements(None, "org_r", span, limit=100, newest_first=True)
    assert {m.partner_id for m in mine} == {"org_r"}
    assert [m.amount for m in mine] == [20, 50, -300, 0, 1002, 0, 1000]
    assert len(await statements.movements(None, "org_r", span, limit=2)) == 2


async def test_sound_books_have_no_differences(db: None) -> None:
    await some_history()
    assert await transact(audit) == []


async def spoil(*queries: str) -> set[str]:
    if ON_POSTGRES:
        queries = ("SET session_replication_role = replica", *queries)
        queries = (*queries, "SET session_replication_role = DEFAULT")
    else:
        for table in ("ledger_entry", "ledger_posting"):
            for act in ("update", "delete"):
                await sql.rows(f"DROP TRIGGER {table}_no_{act}")

    async def run() -> None:
        for query in queries:
            await sql.rows(query)

    await transact(run)
    return {difference.what for difference in await transact(audit)}


async def test_a_changed_amount_is_found(db: None) -> None:
    await some_history()
    found = await spoil("UPDATE ledger_posting SET amount = 5000 WHERE amount = 1002")
    assert found == {"balance", "content"}


async def test_a_lost_posting_is_found(db: None) -> None:
    await some_history()
    found = await spoil("DELETE FROM ledger_posting WHERE amount = 1002")
    assert found == {"balance", "sign", "entry_without_postings"}


async def test_a_lost_entry_is_found(db: None) -> None:
    await some_history()
    assert await spoil("DELETE FROM ledger_entry WHERE key = 'accrue:org_s'") == {
        "posting_without_entry"
    }


async def test_a_posting_of_another_merchant_or_to_an_unknown_account_is_found(db: None) -> None:
    await some_history()
    found = await spoil(
        "UPDATE ledger_posting SET merchant_id = 'org_z' WHERE amount = 1002",
        "UPDATE ledger_posting SET from_account = 'pocket' WHERE amount = 20",
    )
    assert found == {"balance", "sign", "foreign_posting", "unknown_account", "content"}


async def test_the_journal_pages_entries_newest_first_with_their_postings(db: None) -> None:
    await some_history()
    assert await journal.count() == 9
    assert await journal.count("org_b") == 2
    rows, cursor = await journal.page("org_a", limit=5)
    assert [row.key for row in rows][:3] == ["repay:r", "writeoff:r", "reverse:r"]
    assert rows[0].postings[0].amount == 20
    rest, end = await journal.page("org_a", cursor=cursor)
    assert ([row.key for row in rest], end) == (["release:org_r", "accrue:org_r"], None)
    with pytest.raises(Invalid):
        await journal.page(None, cursor=paging.encode(paging.Cursor(world.now(), "x")))


async def test_partners_balances_in_all_are_shown_positive(db: None) -> None:
    await some_history()
    assert await journal.standing("org_a") == {
        "pending": 1201,
        "held": 0,
        "payable": 800,
        "in_payout": 0,
        "owed_back": 230,
    }
    assert (await journal.standing())["pending"] == 1803
