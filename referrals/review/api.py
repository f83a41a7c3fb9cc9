"""JSON routes of decisions on commissions, of appeals, of cases and of what signals do."""

from starlette.requests import Request

from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, get, post, put
from jejaring.web.language import pick
from jejaring.web.shapes import PageOf
from referrals.commissions import queries as commissions
from referrals.commissions.shapes import CommissionRow
from referrals.review import appeal, cases, decide, queries
from referrals.review.shapes import (
    AnswerIn,
    AppealIn,
    AppealOut,
    AppealQuery,
    CaseDone,
    CaseOut,
    CaseQuery,
    ReasonIn,
    SignalsIn,
    SignalsOut,
)


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


async def list_cases(caller: Caller, query: CaseQuery, request: Request) -> PageOf[CaseOut]:
    """List what looked odd, newest first, with its evidence."""
    found, cursor = await queries.case_page(caller.organisation_id, query)
    return PageOf(data=await queries.cases_out(found, pick(request)), next_cursor=cursor)


async def get_case(caller: Caller, case_id: str, request: Request) -> CaseOut:
    """Get a case with its evidence and the commissions that it is about."""
    case = await queries.case(caller.organisation_id, case_id)
    return (await queries.cases_out([case], pick(request)))[0]


async def dismiss_case(caller: Caller, case_id: str, request: Request) -> CaseDone:
    """Dismiss a case: nothing is wrong.

    What is held goes on, and the case is closed; it opens again when something new is seen. 409
    where it is closed already.
    """
    return await _decided(caller, case_id, ("released", None), request)


async def hold_case(caller: Caller, case_id: str, body: ReasonIn, request: Request) -> CaseDone:
    """Hold what a case is about, as far as it is pending or payable; the case stays open.

    Partners read the reason and may appeal.
    """
    return await _decided(caller, case_id, ("held", body.reason_code), request)


async def reject_case(caller: Caller, case_id: str, body: ReasonIn, request: Request) -> CaseDone:
    """Reject what a case is about, as far as it is not yet in a payout, and close the case.

    Partners read the reason and may appeal within 30 days.
    """
    return await _decided(caller, case_id, ("rejected", body.reason_code), request)


async def _decided(
    caller: Caller, case_id: str, answer: tuple[str, str | None], request: Request
) -> CaseDone:
    org = caller.organisation_id
    done = await cases.close(org, case_id, answer[0], answer[1], caller.actor)
    case = (await queries.cases_out([await queries.case(org, case_id)], pick(request)))[0]
    counts = {"done": done.done, "left": done.left, "more": done.more}
    return CaseDone(**case.model_dump(), **counts)


async def get_signals(caller: Caller) -> SignalsOut:
    """Get what each signal does."""
    return SignalsOut.model_validate(await queries.does(caller.organisation_id))


async def set_signals(caller: Caller, body: SignalsIn) -> SignalsOut:
    """Say what signals do from now on: only show (`flag`), or hold the commissions too (`hold`)."""
    given = {name: act for name, act in body.model_dump().items() if act is not None}
    await cases.set_rules(caller.organisation_id, given, caller.actor)
    return await get_signals(caller)


_READ = guards.merchant("money.read")
_DECIDE = guards.merchant("money.decide")
ENDPOINTS: list[Endpoint] = [
    post("/v1/commissions/{commission_id}/hold", hold, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/unhold", unhold, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/reject", reject, _DECIDE, 200),
    post("/v1/commissions/{commission_id}/appeal", file, guards.partner("money.read")),
    get("/v1/appeals", list_appeals, guards.both("money.read")),
    post("/v1/appeals/{appeal_id}/answer", answer, _DECIDE, 200),
    get("/v1/review/cases", list_cases, _READ),
    get("/v1/review/cases/{case_id}", get_case, _READ),
    post("/v1/review/cases/{case_id}/dismiss", dismiss_case, _DECIDE, 200, apart=True),
    post("/v1/review/cases/{case_id}/hold", hold_case, _DECIDE, 200, apart=True),
    post("/v1/review/cases/{case_id}/reject", reject_case, _DECIDE, 200, apart=True),
    get("/v1/review/signals", get_signals, _READ),
    put("/v1/review/signals", set_signals, _DECIDE),
]
