"""Give a partner of the shop money by hand: payable at once, above the limit by two people."""

from dataclasses import dataclass
from functools import partial

from tortoise.exceptions import IntegrityError

from campaigns.enrolments.models import Enrolment
from campaigns.goodwill.models import Goodwill
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish_each
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid
from jejaring.ledger import accounts
from jejaring.ledger.post import lock, post
from jejaring.ledger.rules import Move
from jejaring.payouts import items, run
from jejaring.payouts.items import ItemDraft
from jejaring.trail.write import note

OF_THE_SHOP = ("active", "ended")


@dataclass(frozen=True)
class Gift:
    """Rupiah for a partner (handle or id), with the reason that both sides see. `reference` makes
    it unique per merchant; None: always another one.
    """

    partner: str
    amount: int
    reason: str
    reference: str | None = None


@dataclass(frozen=True)
class Given:
    """What became of it: `created`, `waiting` (for a second person) or `unchanged`."""

    row: Goodwill
    status: str


async def give(caller: Caller, gift: Gift) -> Given:
    """Give a partner who is or was in one of the merchant's campaigns an amount, payable at once.

    Above the merchant's payout limit it waits until another person says the same. The same again is
    `unchanged`. Raises Invalid `unknown_partner`; Conflict `goodwill_exists` for other content,
    `goodwill_withdrawn`, `second_person` where it waits for another.
    """
    partner_id = await run.partner_of(gift.partner)
    own = Enrolment.filter(merchant_id=caller.organisation_id, partner_id=partner_id)
    if not await own.filter(state__in=OF_THE_SHOP).exists():
        raise Invalid.at("/partner", "unknown_partner", partner=gift.partner)
    work = partial(_give, caller, gift, partner_id)
    try:
        return await transact(work)
    except IntegrityError:  # another process was first with this reference; now it is known
        return await transact(work)


async def _give(caller: Caller, gift: Gift, partner_id: str) -> Given:
    merchant_id = caller.organisation_id
    # The balance first: two people who decide the same take their turns.
    await lock(merchant_id, [accounts.partner(partner_id, "payable")])
    reference = gift.reference or world.new_id("gdw")
    known = await Goodwill.get_or_none(merchant_id=merchant_id, reference=reference)
    if known is not None:
        same = (known.partner_id, known.amount, known.reason)
        if same != (partner_id, gift.amount, gift.reason):
            raise Conflict("goodwill_exists", reference=reference)
        if known.state == "withdrawn":
            raise Conflict("goodwill_withdrawn", reference=reference)
        if known.state == "done":
            return Given(known, "unchanged")
    row = known or await _ask(caller, gift, partner_id, reference)
    limit = (await Organisation.get(id=merchant_id)).payout_limit
    if await run.needs_another(caller, row.amount, limit, row.asked_by):
        if known is not None:
            raise Conflict("second_person", limit=limit)
        return Given(row, "waiting")
    await _post(caller, row)
    return Given(row, "created")


async def _ask(caller: Caller, gift: Gift, partner_id: str, reference: str) -> Goodwill:
    row = await Goodwill.create(
        id=world.new_id("gdw"),
        merchant_id=caller.organisation_id,
        partner_id=partner_id,
        reference=reference,
        amount=gift.amount,
        reason=gift.reason,
        state="waiting",
        created_at=world.now(),
        asked_by=caller.actor,
    )
    await wrote(caller, row, "goodwill.asked")
    return row


async def _post(caller: Caller, row: Goodwill) -> None:
    """The entry, the payable item, and the news of it to both sides."""
    now = world.now()
    row.state, row.decided_by, row.decided_at = "done", caller.actor, now
    await row.save(update_fields=["state", "decided_by", "decided_at"])
    payable = accounts.partner(row.partner_id, "payable")
    move = Move(accounts.EXPENSE_COMMISSION, payable, row.amount)
    key = f"adjust:{row.id}"
    memo = {"label": row.reason, "reference": row.reference}
    await post(row.merchant_id, key, "goodwill", [move], memo)
    await items.add(
        ItemDraft(
            merchant_id=row.merchant_id,
            partner_id=row.partner_id,
            key=key,
            kind="goodwill",
            source_id=row.id,
            label=row.reason,
            amount=row.amount,
            not_before=now,
        )
    )
    await wrote(caller, row, "goodwill.given")
    sides = {"merchant_id": row.merchant_id, "partner_id": row.partner_id}
    told = {**sides, "amount": row.amount, "reason": row.reason}
    await publish_each("goodwill.given", sides.values(), row.id, **told)


async def wrote(caller: Caller, row: Goodwill, action: str, **more: str) -> None:
    """What a person did about it, on the merchant's trail."""
    await note(
        action,
        row.partner_id,
        actor=caller.actor,
        organisation_id=row.merchant_id,
        amount=row.amount,
        reason=row.reason,
        reference=row.reference,
        **more,
    )
