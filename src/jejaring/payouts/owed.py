"""What a partner owes back, settled by a person: written off, or repaid; never below zero."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish_each
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict
from jejaring.ledger import accounts
from jejaring.ledger.post import lock, post
from jejaring.ledger.rules import Move
from jejaring.payouts import run
from jejaring.payouts.models import OwedSettlement
from jejaring.trail.write import note

Kind = Literal["write_off", "repay"]
_KEY = {"write_off": "writeoff", "repay": "repay"}
_TOLD = {"write_off": "owed_back.written_off", "repay": "owed_back.repaid"}


@dataclass(frozen=True)
class Settling:
    """Rupiah that a partner (handle or id) need not, or did, pay back, with the reason that both
    sides see. `reference` makes it unique per merchant and kind; None: always another one.
    """

    kind: Kind
    partner: str
    amount: int
    reason: str
    reference: str | None = None


@dataclass(frozen=True)
class Settled:
    """What became of it: `created`, `waiting` (for a second person) or `unchanged`."""

    row: OwedSettlement
    status: str


async def settle(caller: Caller, wanted: Settling) -> Settled:
    """Write off, or record as repaid, a part of what a partner owes back.

    A write-off above the merchant's payout limit waits until another person says the same. The
    same again is `unchanged`. Raises Invalid `unknown_partner`; Conflict `settlement_exists` for
    other content, `over_owed` for more than is owed, `second_person` where it waits for another.
    """
    partner_id = await run.partner_of(wanted.partner)
    work = partial(_settle, caller, wanted, partner_id)
    try:
        return await transact(work)
    except IntegrityError:  # another process was first with this reference; now it is known
        return await transact(work)


async def _settle(caller: Caller, wanted: Settling, partner_id: str) -> Settled:
    merchant_id = caller.organisation_id
    account = accounts.partner(partner_id, "owed_back")
    # The balance first: two settlements of one debt take their turns.
    owed = -(await lock(merchant_id, [account]))[account]
    reference = wanted.reference or world.new_id("set")
    known = await OwedSettlement.get_or_none(
        merchant_id=merchant_id, kind=wanted.kind, reference=reference
    )
    if known is not None:
        if (known.partner_id, known.amount) != (partner_id, wanted.amount):
            raise Conflict("settlement_exists", reference=reference)
        if known.state == "done":
            return Settled(known, "unchanged")
    if wanted.amount > owed:
        raise Conflict("over_owed", amount=owed)
    row = known or await _ask(caller, wanted, partner_id, reference)
    if await _needs_another(caller, row):
        if known is not None:
            raise Conflict("second_person", limit=await _limit(merchant_id))
        return Settled(row, "waiting")
    await _post(caller, row)
    return Settled(row, "created")


async def _ask(caller: Caller, wanted: Settling, partner_id: str, reference: str) -> OwedSettlement:
    row = await OwedSettlement.create(
        id=world.new_id("set"),
        merchant_id=caller.organisation_id,
        partner_id=partner_id,
        kind=wanted.kind,
        reference=reference,
        amount=wanted.amount,
        reason=wanted.reason,
        state="waiting",
        asked_by=caller.actor,
        asked_at=world.now(),
    )
    await _wrote(caller, row, "owed_back.asked")
    return row


async def _limit(merchant_id: str) -> int | None:
    merchant = await Organisation.get(id=merchant_id)
    limit: int | None = merchant.payout_limit
    return limit


async def _needs_another(caller: Caller, row: OwedSettlement) -> bool:
    """Whether a write-off is above the limit, and this is who asked for it."""
    if row.kind != "write_off":
        return False
    limit = await _limit(row.merchant_id)
    return await run.needs_another(caller, row.amount, limit, row.asked_by)


async def _post(caller: Caller, row: OwedSettlement) -> None:
    """The entry, and the news of it to both sides."""
    changed = {"state": "done", "decided_by": caller.actor, "decided_at": world.now()}
    await OwedSettlement.filter(id=row.id, state="waiting").update(**changed)
    row.update_from_dict(changed)
    source = accounts.EXPENSE_WRITE_OFF if row.kind == "write_off" else accounts.CASH_OUT
    move = Move(source, accounts.partner(row.partner_id, "owed_back"), row.amount)
    memo = {"label": row.reason, "reference": row.reference}
    await post(row.merchant_id, f"{_KEY[row.kind]}:{row.id}", f"owed_back.{row.kind}", [move], memo)
    await _wrote(caller, row, _TOLD[row.kind])
    sides = {"merchant_id": row.merchant_id, "partner_id": row.partner_id}
    told = {**sides, "amount": row.amount, "reason": row.reason}
    await publish_each(_TOLD[row.kind], sides.values(), row.id, **told)


async def _wrote(caller: Caller, row: OwedSettlement, action: str) -> None:
    await note(
        action,
        row.partner_id,
        actor=caller.actor,
        organisation_id=row.merchant_id,
        kind=row.kind,
        amount=row.amount,
        reason=row.reason,
        reference=row.reference,
    )
