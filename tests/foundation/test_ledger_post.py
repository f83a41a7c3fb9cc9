"""Posting: once per key, a few statements, balances kept, nothing overdrawn."""

import asyncio

import pytest

from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.ledger import accounts
from jejaring.ledger.post import lock, post, post_many
from jejaring.ledger.rules import ContentDiffers, Draft, Move, Overdrawn

SHOP = "org_shop"
EXPENSE = accounts.EXPENSE_COMMISSION


def part(name: str, who: str = "org_rina") -> str:
    return accounts.partner(who, name)


async def give(key: str, amount: int, who: str = "org_rina") -> bool:
    moves = [Move(EXPENSE, part("pending", who), amount)]
    return await transact(lambda: post(SHOP, key, "accrue", moves))


async def balances() -> dict[str, int]:
    rows = await sql.rows("SELECT account, amount FROM ledger_balance")
    return {row["account"]: row["amount"] for row in rows}


async def entries() -> int:
    return int((await sql.rows("SELECT count(*) AS n FROM ledger_entry"))[0]["n"])


async def test_a_post_moves_money_and_keeps_the_balance(db: None) -> None:
    assert await give("accrue:1", 500)
    assert await give("accrue:2", 250)
    assert await balances() == {part("pending"): 750}


async def test_the_same_key_and_content_again_changes_nothing(db: None) -> None:
    assert await give("accrue:1", 500)
    assert not await give("accrue:1", 500)
    assert await balances() == {part("pending"): 500}


async def test_the_same_key_with_other_content_is_a_fault(db: None) -> None:
    await give("accrue:1", 500)
    with pytest.raises(ContentDiffers):
        await give("accrue:1", 501)
    assert await balances() == {part("pending"): 500}


async def test_two_merchants_may_use_one_key(db: None) -> None:
    move = Move(EXPENSE, part("pending"), 5)
    drafts = [Draft(shop, "accrue:1", "accrue", (move,)) for shop in ("org_a", "org_b")]
    assert await transact(lambda: post_many(drafts)) == [True, True]


async def test_nothing_but_zeros_makes_no_entry(db: None) -> None:
    moves = [Move(EXPENSE, part("pending"), 0)]
    assert await transact(lambda: post(SHOP, "accrue:1", "accrue", moves))
    assert await entries() == 0
    assert await transact(lambda: post(SHOP, "accrue:1", "accrue", []))


async def test_a_batch_answers_for_each_draft_in_order(db: None) -> None:
    await give("accrue:1", 1)
    drafts = [
        Draft(SHOP, f"accrue:{n}", "accrue", (Move(EXPENSE, part("pending"), n),))
        for n in (3, 1, 2, 3)
    ]
    assert await transact(lambda: post_many(drafts)) == [True, False, True, False]
    assert await balances() == {part("pending"): 6}


async def test_a_batch_with_two_contents_for_one_key_is_a_fault(db: None) -> None:
    drafts = [
        Draft(SHOP, "accrue:1", "accrue", (Move(EXPENSE, part("pending"), n),)) for n in (1, 2)
    ]
    with pytest.raises(ContentDiffers):
        await transact(lambda: post_many(drafts))


async def test_a_batch_larger_than_a_statement_is_posted_whole(db: None) -> None:
    drafts = [
        Draft(SHOP, f"accrue:{n}", "accrue", (Move(EXPENSE, part("pending", f"org_{n}"), 7),))
        for n in range(2300)
    ]
    assert all(await transact(lambda: post_many(drafts)))
    assert not any(await transact(lambda: post_many(drafts)))
    assert sum((await balances()).values()) == 7 * 2300


async def test_accrual_and_release_in_one_batch_may_pass_through_pending(db: None) -> None:
    drafts = [
        Draft(SHOP, "accrue:1", "accrue", (Move(EXPENSE, part("pending"), 9),)),
        Draft(SHOP, "release:1", "release", (Move(part("pending"), part("payable"), 9),)),
    ]
    assert await transact(lambda: post_many(drafts)) == [True, True]
    assert await balances() == {part("pending"): 0, part("payable"): 9}


async def test_an_account_is_never_overdrawn(db: None) -> None:
    await give("accrue:1", 500)
    moves = [Move(part("pending"), part("payable"), 501)]
    with pytest.raises(Overdrawn) as caught:
        await transact(lambda: post(SHOP, "release:1", "release", moves))
    assert caught.value.accounts == (part("pending"),)
    assert await balances() == {part("pending"): 500}
    assert await entries() == 1


async def test_nobody_can_be_owed_back_less_than_nothing(db: None) -> None:
    await transact(
        lambda: post(SHOP, "reverse:1", "reverse", [Move(part("owed_back"), EXPENSE, 10)])
    )
    with pytest.raises(Overdrawn):
        await transact(
            lambda: post(SHOP, "repay:1", "repay", [Move(accounts.CASH_OUT, part("owed_back"), 11)])
        )
    assert await balances() == {part("owed_back"): -10}


async def test_an_overdrawn_post_in_a_savepoint_leaves_the_rest(db: None) -> None:
    async def both() -> None:
        await post(SHOP, "accrue:1", "accrue", [Move(EXPENSE, part("pending"), 5)])
        with pytest.raises(Overdrawn):
            await transact(
                lambda: post(SHOP, "release:1", "release", [Move(part("held"), EXPENSE, 1)])
            )

    await transact(both)
    assert await balances() == {part("pending"): 5}


async def test_posting_outside_a_transaction_is_a_fault(db: None) -> None:
    with pytest.raises(RuntimeError):
        await post(SHOP, "accrue:1", "accrue", [Move(EXPENSE, part("pending"), 1)])


async def test_many_at_once_lose_nothing_and_never_deadlock(db: None) -> None:
    people = [f"org_{n}" for n in range(6)]

    async def one(n: int) -> bool:
        ordered = people if n % 2 else people[::-1]
        moves = [Move(EXPENSE, part("pending", who), 1) for who in ordered]
        return await transact(lambda: post(SHOP, f"accrue:{n // 2}", "accrue", moves))

    assert sum(await asyncio.gather(*[one(n) for n in range(40)])) == 20
    assert set((await balances()).values()) == {20}


async def test_two_draw_on_one_balance_at_once_and_one_is_refused(db: None) -> None:
    await give("accrue:1", 100)

    async def take(n: int) -> bool:
        moves = [Move(part("pending"), part("payable"), 60)]
        try:
            return await transact(lambda: post(SHOP, f"release:{n}", "release", moves))
        except Overdrawn:
            return False

    assert sorted(await asyncio.gather(take(1), take(2))) == [False, True]
    assert await balances() == {part("pending"): 40, part("payable"): 60}


async def test_a_lock_makes_and_reads_the_balances(db: None) -> None:
    await give("accrue:1", 100)
    held = await transact(lambda: lock(SHOP, [part("pending"), part("owed_back")]))
    assert held == {part("pending"): 100, part("owed_back"): 0}
