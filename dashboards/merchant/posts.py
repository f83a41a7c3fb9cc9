"""Posts that partners sent in as proof: what waits, the oldest first; accept or refuse."""

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from campaigns.content import judge, rules
from campaigns.content import queries as content
from campaigns.content.queries import Sieve
from campaigns.lifecycle import queries as lifecycle
from dashboards.frame import forms
from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import pages
from referrals.posts import accept as posts
from referrals.posts.queries import with_money

PAGE = 20
PATH = "/merchant/posts"


async def queue(request: Request, caller: Caller) -> Response:
    """What waits for an answer, or what was accepted or refused; of one campaign, if given."""
    org = caller.organisation_id
    query = request.query_params
    campaign_id, cursor = query.get("campaign"), query.get("cursor")
    campaign = await lifecycle.get(org, campaign_id) if campaign_id else None
    own = campaign.id if campaign else None
    state = query.get("state", "waiting")
    state = state if state in rules.STATES else "waiting"
    if state == "waiting":
        rows, after = await content.queue(org, own, PAGE, cursor)
    else:
        rows, after = await content.page(org, Sieve(own, None, state), PAGE, cursor)
    context: dict[str, Any] = {
        "campaign": campaign,
        "state": state,
        "posts": await with_money(rows),
        "counts": await content.counts(org, [own] if own else ()),
        "reasons": rules.REFUSE_REASONS,
        "is_short": rules.is_short,
        "next": after,
        "cursor": cursor,
    }
    return await hang.page(request, "merchant/posts.html", context)


async def accept(request: Request, caller: Caller) -> Response:
    """Accept a post: its fee is accrued."""
    org = caller.organisation_id
    try:
        row = await posts.accept(org, request.path_params["submission_id"], caller.actor)
    except Refusal as exc:
        return _refused(request, exc)
    (sent,) = await with_money([row])
    back = {"name": sent.partner.name, "amount": sent.earned}
    return pages.go(_back(request), "post_accepted", **back)


async def refuse(request: Request, caller: Caller) -> Response:
    """Refuse a post, with a reason that the partner reads."""
    org, reason = caller.organisation_id, pages.text(request, "reason_code", 40)
    try:
        row = await judge.refuse(org, request.path_params["submission_id"], reason, caller.actor)
    except Refusal as exc:
        return _refused(request, exc)
    partner = await Organisation.get(id=row.partner_id)
    return pages.go(_back(request), "info_post_refused", name=partner.name)


def _refused(request: Request, exc: Refusal) -> Response:
    """Back to the queue with the reason; a thing that is not there stays a 404."""
    if exc.status == 404:
        raise exc
    why = next(iter(forms.words(request, exc).values()))
    return pages.go(_back(request), "no_answer", why=why)


def _back(request: Request) -> str:
    """The queue that the form was sent from: of one campaign, or of all."""
    campaign_id = pages.text(request, "campaign", 32)
    return f"{PATH}?campaign={quote(campaign_id)}" if campaign_id else PATH


_READ, _EDIT = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "edit")
PAGES = [
    pages.show(PATH, queue, _READ),
    pages.act(PATH + "/{submission_id}/accept", accept, _EDIT),
    pages.act(PATH + "/{submission_id}/refuse", refuse, _EDIT),
]
