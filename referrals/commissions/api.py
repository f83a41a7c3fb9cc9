"""JSON routes of commissions."""

from starlette.requests import Request

from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, get
from jejaring.web.language import pick
from jejaring.web.shapes import PageOf
from referrals.commissions import queries
from referrals.commissions.shapes import CommissionQuery, CommissionRow


async def list_commissions(
    caller: Caller, query: CommissionQuery, request: Request
) -> PageOf[CommissionRow]:
    """List commissions, newest first.

    A merchant sees those it owes, a partner its own. Each says by which rule it came about.
    """
    rows, cursor = await queries.page(caller, query, pick(request))
    return PageOf(data=rows, next_cursor=cursor)


ENDPOINTS: list[Endpoint] = [
    get("/v1/commissions", list_commissions, guards.both("money.read")),
]
