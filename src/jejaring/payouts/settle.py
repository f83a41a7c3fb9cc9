"""Outcomes of payouts, by hand: paid, failed, returned; each transition is one conditional UPDATE.

The run's row is locked first, then the payout: so a run knows when its last payout is settled.
"""

from collections.abc import Sequence

from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound
from jejaring.ledger.post import post_many
from jejaring.ledger.rules import Draft
from jejaring.payouts import items, rules
from jejaring.payouts.items import ItemDraft
from jejaring.payouts.models import Payout, PayoutRun
from jejaring.payouts.rules import Outcome, Step
from jejaring.trail.write import note

RETURNED_ITEM = "payout"
_TOLD: dict[Step, str] = {
    "success": "payout.paid",
    "fail": "payout.failed",
    "return": "payout.returned",
}


def facts(row: Payout) -> rules.PayoutFacts:
    """The money of a stored payout."""
    return rules.PayoutFacts(
        row.id, row.partner_id, row.gross, row.netted, row.tax, row.fee, row.net
    )


async def settle(
    caller: Caller, payout_id: str, outcome: Outcome, reference: str | None = None
) -> Payout:
    """Say what became of a payout; the same outcome again changes nothing.

    `failed` after `paid` is a return. Raises NotFound, Conflict `payout_settled` where the outcome
    contradicts what is known (or `paid` comes with another reference).
    """
    return await transact(lambda: _settle(caller, payout_id, outcome, reference))


async def _settle(
    caller: Caller, payout_id: str, outcome: Outcome, reference: str | None
) -> Payout:
    row = await Payout.get_or_none(id=payout_id, merchant_id=caller.organisation_id)
    if row is None:
        raise NotFound
    await PayoutRun.filter(id=row.run_id).select_for_update().get()
    row = await Payout.get(id=payout_id)
    wanted = rules.steps(row.state, outcome)
    if wanted is None or (not wanted and _is_other(row, outcome, reference)):
        raise Conflict("payout_settled", state=row.state, reference=row.settled_reference or "")
    for step in wanted:
        await _take(row, step, reference)
    if not wanted and outcome == "paid" and row.settled_reference is None:
        row.settled_reference = reference  # paid first, its reference told later
        await row.save(update_fields=["settled_reference"])
    if wanted:
        await note(
            f"payout.{outcome}",
            row.id,
            actor=caller.actor,
            organisation_id=caller.organisation_id,
            reference=reference,
        )
        await finish(row.run_id)
    return row


def _is_other(row: Payout, outcome: Outcome, reference: str | None) -> bool:
    """Whether a repeated `paid` names another transfer than the first."""
    known = row.settled_reference
    return outcome == "paid" and None not in (reference, known) and reference != known


async def _take(row: Payout, step: Step, reference: str | None) -> None:
    """One transition: the row, its entry, and the item that its money comes back as."""
    now = world.now()
    changed: dict[str, object] = {"state": rules.reached(step)}
    if step == "return":
        changed["returned_at"] = now
    else:
        changed |= {"settled_at": now, "settled_reference": reference}
    moved = await Payout.filter(id=row.id, state=row.state).update(**changed)
    if not moved:
        raise Conflict("payout_settled", state=row.state, reference="")
    row.update_from_dict(changed)
    await post_many([entry(step, row, reference)])
    if step != "success":
        await give_back(step, [row])
    await announce(_TOLD[step], [row])


def entry(step: Step, row: Payout, reference: str | None = None) -> Draft:
    """The entry of a step, under its key: `success:`, `fail:` or `return:` and the payout."""
    return Draft(
        row.merchant_id,
        f"{step}:{row.id}",
        f"payout.{step}",
        rules.step_moves(step, facts(row)),
        {"bank_reference": row.bank_reference, "reference": reference},
    )


async def give_back(step: Step, rows: Sequence[Payout]) -> None:
    """The money of failed, returned or cancelled payouts, each as one new payable item; what they
    netted stays settled.
    """
    now = world.now()
    await items.add_many(
        [
            ItemDraft(
                merchant_id=row.merchant_id,
                partner_id=row.partner_id,
                key=f"{step}:{row.id}",
                kind=RETURNED_ITEM,
                source_id=row.id,
                label=row.bank_reference,
                amount=facts(row).freed(step),
                not_before=now,
            )
            for row in rows
        ]
    )


async def finish(run_id: str) -> None:
    """Mark an approved run done when none of its payouts is open; its row is locked already."""
    if not await Payout.filter(run_id=run_id, state__in=rules.OPEN).exists():
        await PayoutRun.filter(id=run_id, state="approved").update(
            state="done", done_at=world.now()
        )


async def announce(name: str, rows: Sequence[Payout]) -> None:
    """Tell each payout's merchant and partner."""
    told = [
        publish.draft(
            name, organisation_id, row.id, run_id=row.run_id, net=row.net, last4=row.method_last4
        )
        for row in rows
        for organisation_id in (row.merchant_id, row.partner_id)
    ]
    if told:
        await Event.bulk_create(told, batch_size=500)
