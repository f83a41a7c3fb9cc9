"""Steps in the life of a commission, as its owner would post them; for tests of money."""

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.rules import Caller
from jejaring.ledger import accounts, statements
from jejaring.ledger import audit as ledger_audit
from jejaring.ledger.post import post, post_many
from jejaring.ledger.rules import Draft, Move
from jejaring.payouts import audit, items, methods
from jejaring.payouts.items import ItemDraft
from jejaring.payouts.methods import MethodDraft
from tests.cast import Member

EXPENSE = accounts.EXPENSE_COMMISSION


def caller(member: Member) -> Caller:
    """The member as verbs see it."""
    org = member.org
    return Caller(org.id, org.kind, org.slug, org.name, org.zone, "usr_test", "owner")


async def with_method(member: Member, number: str = "1234567890") -> None:
    """The partner's account at BCA."""
    await methods.put(caller(member), MethodDraft("bank", "bca", number, member.org.name))


async def earn(shop: Member, partner: Member, commission: str, amount: int) -> None:
    """A commission that is accrued and released at once."""
    pending, payable = (accounts.partner(partner.id, part) for part in ("pending", "payable"))

    async def work() -> None:
        await post_many(
            [
                Draft(shop.id, f"accrue:{commission}", "accrue", (Move(EXPENSE, pending, amount),)),
                Draft(
                    shop.id, f"release:{commission}", "release", (Move(pending, payable, amount),)
                ),
            ]
        )
        await items.add(
            ItemDraft(
                shop.id,
                partner.id,
                f"release:{commission}",
                "commission",
                commission,
                f"INV {commission}",
                amount,
                world.now(),
            )
        )

    await transact(work)


async def refund(shop: Member, partner: Member, commission: str, amount: int, n: int = 1) -> None:
    """A part of a released commission taken back: from its item, else owed back."""
    payable, owed = (accounts.partner(partner.id, part) for part in ("payable", "owed_back"))

    async def work() -> None:
        taken = await items.take_back(shop.id, commission, amount)
        await post(
            shop.id,
            f"reverse:{commission}:{n}",
            "reverse",
            [Move(payable, EXPENSE, taken.from_items), Move(owed, EXPENSE, taken.owed)],
        )

    await transact(work)


async def book(shop: Member, partner: Member) -> list[statements.BalanceRow]:
    """The balances between the two."""
    return await statements.balances(shop.id, partner.id)


async def clean() -> bool:
    """Nothing to find for `check`; fails with what was found."""
    found = [*await transact(ledger_audit.audit), *await transact(audit.audit)]
    assert found == []
    return True
