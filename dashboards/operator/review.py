"""The review of all shops, to be read: what is odd, with its evidence and amounts."""

from starlette.requests import Request
from starlette.responses import Response

from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.web import language, pages, render
from referrals.review import queries, words

PAGE = 30


async def queue(request: Request, caller: Caller) -> Response:
    """Open cases of all shops, the oldest first."""
    cursor = request.query_params.get("cursor")
    found, following = await queries.cases(None, PAGE, cursor)
    ids = {case.row.merchant_id for case in found}
    ids |= {one for case in found for one in words.people(case.row)}
    names = dict(await Organisation.filter(id__in=sorted(ids)).values_list("id", "name"))
    lang = language.pick(request)
    context = {
        "cases": found,
        "told": {case.row.id: words.evidence(case.row, lang, names) for case in found},
        "names": names,
        "next": following,
        "cursor": cursor,
    }
    return render.page(request, "operator/review.html", context)


PAGES = [pages.show("/operator/review", queue, guards.signed_in("operator", "read"))]
