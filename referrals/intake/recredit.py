"""A person decides who is credited for an order: the old commissions go, new ones accrue."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.db import bulk
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid
from jejaring.trail.write import note
from referrals.attribution import attribute, evidence
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit, Decision, Touch
from referrals.commissions import accrue, amend, reverse
from referrals.commissions.amend import Pricing
from referrals.commissions.reverse import Cause
from referrals.commissions.rules import RECREDITED
from referrals.commissions.withdraw import withdraw
from referrals.intake import changes
from referrals.intake.changes import Change
from referrals.orders.models import SaleLine
from referrals.orders.rules import Shop
from referrals.review import appeal

CHANGED, REFUND = "order_changed", "refund"


@dataclass(frozen=True)
class Wanted:
    """What the person wants: this enrolment credited (None: nobody), and why; `actor` says who."""

    enrolment_id: str | None
    reason: str
    actor: str


async def recredit(shop: Shop, sale_id: str, wanted: Wanted) -> str:
    """Credit an order to somebody else, or to nobody; its id. Lines that the partner's campaign
    does not cover keep the credit they have; what is credited so already changes nothing.

    Raises NotFound, Invalid `unknown_enrolment`, and Conflict: `commission_in_payout` while an
    approved payout has any of the order's commissions, `cannot_credit_…` where the enrolment could
    not be credited for a single line.
    """
    await transact(lambda: _recredit(shop, sale_id, wanted))
    return sale_id


async def _recredit(shop: Shop, sale_id: str, wanted: Wanted) -> None:
    change = await changes.begin(shop, sale_id)
    decision_id = world.new_id("dec")
    found = await _evidence(change, wanted)
    made, touches = _decided(change, found, decision_id, wanted)
    lines = _changed(change, made, wanted)
    if not lines:
        return
    fresh = [credit for credit in made if credit.line_id in lines]
    change.money.partners |= {credit.partner_id for credit in fresh}
    await budget.lock(found.campaigns)
    await withdraw(change.rows, lines, (decision_id, wanted.reason), change.money)
    await appeal.close((r for r in change.rows if r.line_id in lines), wanted.reason, wanted.actor)
    before = await _replace(change, lines, fresh, decision_id)
    await _keep(change, wanted, decision_id, before)
    await bulk.insert(touches)
    await _overrule(change, decision_id)
    await _earn(change, found, fresh, decision_id)
    await changes.finish(change, "credit.decided", RECREDITED)


async def _earn(change: Change, found: Evidence, fresh: list[Credit], decision_id: str) -> None:
    """What the fresh lines earn. Lines that keep their credit share what an order pays once, and
    its limits, with them: then all are priced anew together.
    """
    order, money = change.order, change.money
    await money.out.store_changes()  # what went off the books counts for no limit any more
    if len(fresh) < len(change.credits):
        order.sale.version += 1
        await order.sale.save(update_fields=["version"])
        rows = [row for row in change.rows if row.reason_code != RECREDITED]
        cause = Cause(decision_id, CHANGED)
        await amend.amend(Pricing(found, order, change.credits, rows, cause, money))
        return
    made = await accrue.accrue(found, [(order, fresh)], money.out, change.rows)
    rows = made.get(order.sale.id, [])
    await reverse.settle(order, rows, Cause(decision_id, REFUND), money)


async def _evidence(change: Change, wanted: Wanted) -> Evidence:
    found = Evidence()
    ids = {credit.enrolment_id for credit in change.credits}
    await evidence.load_promises(found, ids | {wanted.enrolment_id or ""})
    if wanted.enrolment_id is not None:
        enrolment = found.enrolments.get(wanted.enrolment_id)
        if enrolment is None or enrolment.merchant_id != change.order.shop.id:
            raise Invalid.at("/enrolment_id", "unknown_enrolment")
    return found


def _decided(
    change: Change, found: Evidence, decision_id: str, wanted: Wanted
) -> tuple[list[Credit], list[Touch]]:
    """The credits and the touch that the decision makes; none for nobody."""
    if wanted.enrolment_id is None:
        return [], []
    ruling = attribute.Ruling(decision_id, wanted.enrolment_id, wanted.reason)
    made = attribute.decided(found, change.order, ruling)
    if not made.credits:
        raise Conflict(f"cannot_credit_{made.touches[0].reason}")
    change.keep_versions(made.credits)
    return made.credits, made.touches


def _changed(change: Change, made: Sequence[Credit], wanted: Wanted) -> frozenset[str]:
    """The ids of the lines whose credit the decision changes."""
    if wanted.enrolment_id is None:
        return frozenset(credit.line_id for credit in change.credits)
    same = {
        credit.line_id
        for credit in change.credits
        if credit.enrolment_id == wanted.enrolment_id
        and len(_of_line(change.credits, credit.line_id)) == 1
        and not credit.self_referral
    }
    return frozenset(credit.line_id for credit in made if credit.line_id not in same)


def _of_line(given: Sequence[Credit], line_id: str) -> list[Credit]:
    return [credit for credit in given if credit.line_id == line_id]


async def _replace(
    change: Change, lines: frozenset[str], fresh: list[Credit], decision_id: str
) -> list[str]:
    """End the lines' credits and put the new ones in their place; who was credited before."""
    before = sorted({credit.enrolment_id for credit in change.credits})
    ended = [credit for credit in change.credits if credit.line_id in lines]
    for credit in ended:
        credit.ended_by = decision_id
    await bulk.update(ended, "ended_by")
    kept = [credit for credit in change.credits if credit.line_id not in lines]
    change.credits, change.new_credits = [*kept, *fresh], fresh
    return before


async def _keep(change: Change, wanted: Wanted, decision_id: str, before: list[str]) -> None:
    """The decision's row, and its line on the trail."""
    sale = change.order.sale
    await Decision.create(
        id=decision_id,
        sale_id=sale.id,
        enrolment_id=wanted.enrolment_id,
        reason=wanted.reason,
        actor=wanted.actor,
        before=before,
        created_at=world.now(),
    )
    await note(
        "credit.decided",
        sale.id,
        actor=wanted.actor,
        organisation_id=sale.merchant_id,
        order_id=sale.order_id,
        decision=decision_id,
        enrolment_id=wanted.enrolment_id,
        before=before,
        reason=wanted.reason,
    )


async def _overrule(change: Change, decision_id: str) -> None:
    """Touches that hold no credit any more have lost to the decision."""
    kept = [c.enrolment_id for c in change.credits if c.decision_id != decision_id]
    lost = Touch.filter(sale_id=change.order.sale.id, won=True).exclude(touch_id=decision_id)
    if kept:
        lost = lost.exclude(enrolment_id__in=kept)
    await lost.update(won=False, reason="lost_to_manual")


def added(
    change: Change, found: Evidence, fresh: list[SaleLine], decision: Decision | None
) -> list[Credit] | None:
    """Credit of lines that an upsert added to an order that a person has decided on; None where
    nobody has.
    """
    if decision is None:
        return None
    if decision.enrolment_id is None:
        return []
    ruling = attribute.Ruling(decision.id, decision.enrolment_id, decision.reason)
    made = attribute.decided(found, change.order, ruling, fresh).credits
    change.keep_versions(made)
    return made
