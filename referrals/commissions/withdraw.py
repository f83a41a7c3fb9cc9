"""Withdraw: what was earned by a credit that a person has changed goes off the books, whole."""

from collections.abc import Sequence

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.kit.errors import Conflict
from jejaring.ledger.rules import Draft
from jejaring.payouts import items
from referrals.commissions import rules
from referrals.commissions.models import Commission
from referrals.commissions.release import memo
from referrals.commissions.reverse import Changes


async def withdraw(
    rows: Sequence[Commission], lines: frozenset[str], decision: tuple[str, str], out: Changes
) -> None:
    """Reject what these lines earned (what was rejected before stays so, for good), in the caller's
    transaction, which holds the order, the campaigns and the rows. `decision`: its id and the
    reason that was given.

    Raises Conflict `commission_in_payout` where an approved payout has, or had, any of the order's.
    """
    decision_id, why = decision
    await _free(rows, lines)
    await out.hold()
    payable = [row.id for row in rows if row.state == "payable"]
    if payable and await items.in_payouts(payable):
        raise Conflict("commission_in_payout")
    for row in rows:
        if row.line_id in lines and row.state == "rejected":
            row.reason_code = rules.RECREDITED  # no appeal brings it back beside the new ones
            out.out.change(row)
    gone = _gone(rows, lines)
    rests = {row.id: row.amount - row.reversed for row in gone}
    await items.take_back_many(
        out.merchant_id, {r.id: rests[r.id] for r in gone if r.state == "payable" and rests[r.id]}
    )
    for row in gone:
        key = rules.recredit_key(row.id, decision_id)
        moves = rules.reverse_moves(row.partner_id, row.state, rests[row.id])
        out.out.entries.append(Draft(row.merchant_id, key, "recredit", moves, memo(row)))
        row.state, row.reason_code = "rejected", rules.RECREDITED
        row.decided_at, row.released_at = world.now(), None
        row.because = {**row.because, "why": why}
        out.out.change(row)
        out.rows.append((row, -rests[row.id]))


def _gone(rows: Sequence[Commission], lines: frozenset[str]) -> list[Commission]:
    """The lines' rows that are on the books, and those that hang on them."""
    own = [row for row in rows if row.line_id in lines and row.state in rules.ON_BOOKS]
    ids = {row.id for row in own}
    hanging = [r for r in rows if r.parent_id in ids and r.id not in ids]
    return [*own, *(row for row in hanging if row.state in rules.ON_BOOKS)]


async def _free(rows: Sequence[Commission], lines: frozenset[str]) -> None:
    """What the budgets held for them, before any balance is locked."""
    freed: dict[str, int] = {}
    for row in _gone(rows, lines):
        back = rules.of_budget(row.kind, row.amount - row.reversed)
        freed[row.campaign_id] = freed.get(row.campaign_id, 0) + back
    for campaign_id in sorted(freed):
        if freed[campaign_id]:
            await budget.free(campaign_id, freed[campaign_id])
