"""The merchant's answer to a post: accepted once and for all, or refused with a reason."""

from campaigns.content import rules
from campaigns.content.models import Submission
from campaigns.content.submit import told
from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid, NotFound


async def opened(merchant_id: str, submission_id: str, to: str) -> Submission:
    """The merchant's submission, which may become `to` or is it, locked by the caller's
    transaction. NotFound; Conflict `post_accepted`, `post_refused`.
    """
    row = await Submission.select_for_update().get_or_none(
        id=submission_id, merchant_id=merchant_id
    )
    if row is None:
        raise NotFound
    fault = rules.step_fault(row.state, to)
    if fault is not None:
        raise Conflict(fault)
    return row


async def accepted(row: Submission, terms_number: int, actor: str) -> None:
    """Write down that a locked one is accepted, under this version of the terms. Only who accrues
    what it earns may call this, in the same transaction (referrals/posts).
    """
    row.state, row.terms_number = "accepted", terms_number
    row.decided_at, row.decided_by = world.now(), actor
    await row.save(update_fields=["state", "terms_number", "decided_at", "decided_by"])
    await told("accepted", row, actor)


async def refuse(merchant_id: str, submission_id: str, reason_code: str, actor: str) -> Submission:
    """Refuse a waiting post with a reason that the partner reads; they may send it in again. The
    same refusal again changes nothing. NotFound, Invalid, Conflict.
    """
    if reason_code not in rules.REFUSE_REASONS:
        raise Invalid.at("/reason_code", "unknown_reason", codes=rules.REFUSE_REASONS)

    async def work() -> Submission:
        row = await opened(merchant_id, submission_id, "refused")
        if row.state == "refused":
            if row.reason_code != reason_code:
                raise Conflict("post_refused")
            return row
        row.state, row.reason_code, row.post_key = "refused", reason_code, None
        row.decided_at, row.decided_by = world.now(), actor
        fields = ["state", "reason_code", "post_key", "decided_at", "decided_by"]
        await row.save(update_fields=fields)
        await told("refused", row, actor)
        return row

    return await transact(work)
