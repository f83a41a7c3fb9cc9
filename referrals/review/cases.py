"""Cases: opened and grown by what the signals find, closed by a person's decision."""

from dataclasses import dataclass, field
from typing import Any

from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.trail.write import note
from referrals.commissions.models import Commission
from referrals.review import decide, queries, rules
from referrals.review.models import CasePart, ReviewCase, SignalRule

# How many commissions one answer decides; a larger case stays open for the next.
AT_ONCE = 200
# Which states each answer decides.
_OPEN_TO = {
    "released": ["held"],
    "held": ["pending", "payable"],
    "rejected": ["pending", "held", "payable"],
}


@dataclass(frozen=True)
class Finding:
    """What a signal saw; `subject`: what there is one case of. The merchant reads the evidence."""

    merchant_id: str
    signal: str
    subject: str
    partner_id: str | None
    evidence: dict[str, object]
    commissions: tuple[str, ...] = field(default=())


async def note_finding(found: Finding) -> bool:
    """Open the case or let it grow; seen before: nothing. Where the merchant says so, what is new
    is held. Whether there was anything new.

    Held first: who dies in between finds the same again, and a second hold changes nothing.
    """
    fresh = await _fresh(found)
    if fresh and (await queries.does(found.merchant_id))[found.signal] == "hold":
        reason = rules.HOLDS_AS[found.signal]
        for commission_id in fresh:
            try:
                await decide.hold(found.merchant_id, commission_id, reason, "worker")
            except Conflict:
                continue  # decided, refunded or paid already: it is only flagged
    return await transact(lambda: _grow(found))


def _place(found: Finding) -> dict[str, Any]:
    return {
        "merchant_id": found.merchant_id,
        "signal": found.signal,
        "subject": found.subject[:140],
    }


async def _fresh(found: Finding) -> list[str]:
    """The commissions that are in no such case yet: what a person released is not held again."""
    case = await ReviewCase.get_or_none(**_place(found))
    known: set[str] = set() if case is None else await _known(case, found)
    return sorted(set(found.commissions) - known)


async def _known(case: ReviewCase, found: Finding) -> set[str]:
    parts = CasePart.filter(case_id=case.id, commission_id__in=list(found.commissions))
    return {str(one) for one in await parts.values_list("commission_id", flat=True)}


async def _grow(found: Finding) -> bool:
    place = _place(found)
    made = ReviewCase(
        id=world.new_id("rvc"),
        **place,
        partner_id=found.partner_id,
        evidence=found.evidence,
        opened_at=world.now(),
    )
    await ReviewCase.bulk_create([made], ignore_conflicts=True)
    case = await ReviewCase.select_for_update().get(**place)
    fresh = sorted(set(found.commissions) - await _known(case, found))
    if not fresh and case.id != made.id:
        return False
    await CasePart.bulk_create([CasePart(case_id=case.id, commission_id=one) for one in fresh])
    if case.id != made.id:
        case.evidence = rules.merged(case.evidence, found.evidence)
        if case.closed_at is not None:
            case.opened_at, case.closed_at, case.outcome = world.now(), None, None
        await case.save(update_fields=["evidence", "opened_at", "closed_at", "outcome"])
    return True


@dataclass(frozen=True)
class Closed:
    """What an answer to a case did: how many commissions it decided, how many it had to leave (in a
    payout, refunded or decided before), and whether more wait for the next answer.
    """

    done: int
    left: int
    more: bool


async def close(
    merchant_id: str, case_id: str, outcome: str, reason_code: str | None, actor: str
) -> Closed:
    """`released`: what is held goes on; `rejected`: what is not yet in a payout is rejected with
    the reason; `held`: what could still be paid is held with the reason, and the case stays open.
    NotFound, Invalid, Conflict where it is closed already.
    """
    known = {"rejected": rules.REJECT_REASONS, "held": rules.HOLD_REASONS}.get(outcome)
    if known is not None and reason_code not in known:
        raise Invalid.at("/reason_code", "unknown_reason", codes=known)
    case = await ReviewCase.get_or_none(id=case_id, merchant_id=merchant_id)
    if case is None:
        raise NotFound
    if case.closed_at is not None:
        raise Conflict("case_closed")
    rows = await _undecided(case_id, outcome)
    done = left = 0
    for row in rows[:AT_ONCE]:
        try:
            await _decide(row, outcome, str(reason_code), actor)
            done += 1
        except Conflict:
            left += 1
    more = len(rows) > AT_ONCE
    if not more and outcome != "held":
        await transact(lambda: _closed(case, outcome, actor))
    return Closed(done, left, more)


async def _decide(row: Commission, outcome: str, reason: str, actor: str) -> None:
    if outcome == "released":
        await decide.unhold(row.merchant_id, row.id, actor)
    elif outcome == "held":
        await decide.hold(row.merchant_id, row.id, reason, actor)
    else:
        await decide.reject(row.merchant_id, row.id, reason, actor)


async def _undecided(case_id: str, outcome: str) -> list[Commission]:
    parts = await CasePart.filter(case_id=case_id).values_list("commission_id", flat=True)
    wanted = Commission.filter(id__in=list(parts), state__in=_OPEN_TO[outcome])
    return await wanted.order_by("created_at", "id").limit(AT_ONCE + 1)


async def _closed(case: ReviewCase, outcome: str, actor: str) -> None:
    values = {"closed_at": world.now(), "closed_by": actor, "outcome": outcome}
    await ReviewCase.filter(id=case.id, closed_at=None).update(**values)
    org = case.merchant_id
    await note(f"case.{outcome}", case.id, actor=actor, organisation_id=org, signal=case.signal)


async def set_rules(merchant_id: str, does: dict[str, str], actor: str) -> None:
    """What each signal does at this merchant from now on: `flag` or `hold`. Invalid."""
    for signal, act in does.items():
        if signal not in rules.SIGNALS or act not in rules.DOES:
            raise Invalid.at(f"/{signal}", "unknown_reason", codes=rules.DOES)

    if not does:
        return

    async def work() -> None:
        await SignalRule.filter(merchant_id=merchant_id, signal__in=list(does)).delete()
        await SignalRule.bulk_create(
            [SignalRule(merchant_id=merchant_id, signal=s, does=a) for s, a in does.items()]
        )
        await note("review.changed", merchant_id, actor=actor, organisation_id=merchant_id, **does)

    await transact(work)
