"""JSON routes of posts that partners send in; they lie here, for they also show what was earned."""

from collections.abc import Sequence

from starlette.requests import Request

from campaigns.content import judge, queries, submit
from campaigns.content.models import Submission
from campaigns.content.queries import Sieve
from campaigns.content.shapes import RefuseIn, SubmissionIn, SubmissionQuery
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, Reply, get, post
from jejaring.web.language import pick
from jejaring.web.shapes import PageOf
from referrals.commissions.queries import standings_of
from referrals.posts import accept
from referrals.posts.queries import with_money
from referrals.posts.shapes import SubmissionOut, submission_out


async def submit_post(
    caller: Caller, body: SubmissionIn, request: Request
) -> SubmissionOut | Reply:
    """Send in a post as proof.

    The same post and note again answers 200 with the one that is there. One that was refused may be
    sent in anew, corrected.
    """
    sent = await submit.submit(caller, body.enrolment_id, body.url, body.note or "")
    (shown,) = await _shown([sent.row], request)
    return Reply(shown, 201 if sent.created else 200)


async def list_submissions(
    caller: Caller, query: SubmissionQuery, request: Request
) -> PageOf[SubmissionOut]:
    """List posts that were sent in, newest first: a partner's own, or those to the merchant."""
    sieve = Sieve(query.campaign_id, query.enrolment_id, query.state)
    rows, cursor = await queries.page(caller.organisation_id, sieve, query.limit, query.cursor)
    return PageOf(data=await _shown(rows, request), next_cursor=cursor)


async def get_submission(caller: Caller, submission_id: str, request: Request) -> SubmissionOut:
    """Get a post that was sent in."""
    (shown,) = await _shown([await queries.get(caller.organisation_id, submission_id)], request)
    return shown


async def accept_submission(caller: Caller, submission_id: str, request: Request) -> SubmissionOut:
    """Accept a post: its fee is reserved and accrued, once.

    It cannot be refused afterwards; its commission can be held.
    """
    row = await accept.accept(caller.organisation_id, submission_id, caller.actor)
    (shown,) = await _shown([row], request)
    return shown


async def refuse_submission(
    caller: Caller, submission_id: str, body: RefuseIn, request: Request
) -> SubmissionOut:
    """Refuse a post, with a reason that the partner reads."""
    org, reason = caller.organisation_id, body.reason_code
    row = await judge.refuse(org, submission_id, reason, caller.actor)
    (shown,) = await _shown([row], request)
    return shown


async def _shown(rows: Sequence[Submission], request: Request) -> list[SubmissionOut]:
    found = await with_money(rows)
    standings = await standings_of([one for sent in found for one in sent.commissions])
    lang = pick(request)
    return [submission_out(sent, lang, standings) for sent in found]


_MERCHANT, _BOTH = guards.merchant("campaigns"), guards.both("campaigns or content")
_ONE = "/v1/submissions/{submission_id}"
ENDPOINTS: list[Endpoint] = [
    post("/v1/submissions", submit_post, guards.partner("content"), statuses=(200,)),
    get("/v1/submissions", list_submissions, _BOTH),
    get(_ONE, get_submission, _BOTH),
    post(f"{_ONE}/accept", accept_submission, _MERCHANT, status=200),
    post(f"{_ONE}/refuse", refuse_submission, _MERCHANT, status=200),
]
