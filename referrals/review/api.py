"""JSON routes of decisions on commissions, and of appeals."""

from starlette.requests import Request

from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, get, post
from jejaring.web.language import pick
from jejaring.web.shapes import PageOf
from referrals.commissions import queries as commissions
from referrals.commissions.shapes import CommissionRow
from referrals.review import appeal, decide, queries
from referrals.review.shapes import AnswerIn, AppealIn, AppealOut, AppealQuery, ReasonIn


async def hold(
    caller: Caller, commission_id: str, body: ReasonIn, request: Request
) -> CommissionRow:
    """Hold a commission that is pending or payable.

    It waits for a decision; the partner reads the reason and may appeal.
    """
    row = await decide.hold(caller.organisation_id, commission_id, body.reason_code, caller.actor)
    return await commissions.shown(row, pick(request))


async def unhold(caller: Caller, commission_id: str, request: Request) -> CommissionRow:
    """Let a held commission go on.

    It is pending again; where its hold is over the clock makes it payable within seconds.
    """
    row = await decide.unhold(caller.organisation_id, commission_id, caller.actor)
    return await commissions.shown(row, pick(request))


async def reject(
    caller: Caller, commission_id: str, body: ReasonIn, request: Request
) -> CommissionRow:
    """Reject a commission that is not yet in a payout.

    Its further commissions (the order was raised later) go with it. The partner reads the reason
    and may appeal within 30 days.
    """
    row = await decide.reject(caller.organisation_id, commission_id, body.reason_code, caller.actor)
    return await commissions.shown(row, pick(request))


async def file(caller: Caller, commission_id: str, body: AppealIn) -> AppealOut:
    """Appeal against a hold or a rejection.

    Within 30 days, once for each decision.
    """
    made = await appeal.file(caller.organisation_id, commission_id, body.text, caller.actor)
    return queries.appeal_out(made)


async def list_appeals(caller: Caller, query: AppealQuery) -> PageOf[AppealOut]:
    """List appeals, newest first: a partner's own, or those made to the merchant."""
    rows, cursor = await queries.appeals(caller, query)
    return PageOf(data=[queries.appeal_out(row) for row in rows], next_cursor=cursor)


async def answer(caller: Caller, appeal_id: str, body: AnswerIn) -> AppealOut:
    """Answer an appeal.

    Won: the commission is pending again. Lost: it stays as it is, and the partner reads why.
    """
    words = body.reason.strip()
    org = caller.organisation_id
    made = await appeal.answer(org, appeal_id, body.outcome, words, caller.actor)
    return queries.appeal_out(made)


_DECIDE = guards.merchant("money.decide")
ENDPOINTS: list[Endpoint] = [
    post("/v1/commissions/{commission_id}/hold", hold, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/unhold", unhold, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/reject", reject, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/appeal", file, guards.partner("money.read")),
    get("/v1/appeals", list_appeals, guards.both("money.read")),
    post("/v1/appeals/{appeal_id}/answer", answer, _DECIDE, 200),
]
