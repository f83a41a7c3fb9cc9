"""JSON routes of commissions."""

from starlette.requests import Request

from campaigns.lifecycle import fields
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms.shapes import TermsIn, normal
from campaigns.terms.stored import read
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, get, post
from jejaring.web.language import pick
from jejaring.web.shapes import PageOf
from referrals.commissions import queries
from referrals.commissions.shapes import (
    CommissionQuery,
    CommissionRow,
    SimulatedPartner,
    SimulatedRule,
    SimulationOut,
)
from referrals.commissions.simulate import simulate

SHOWN = 200


async def list_commissions(
    caller: Caller, query: CommissionQuery, request: Request
) -> PageOf[CommissionRow]:
    """List commissions, newest first.

    A merchant sees those it owes, a partner its own. Each says by which rule it came about.
    """
    rows, cursor = await queries.page(caller, query, pick(request))
    return PageOf(data=rows, next_cursor=cursor)


async def simulate_terms(caller: Caller, campaign_id: str, body: TermsIn) -> SimulationOut:
    """Simulate terms: last month's sales under them, beside what they really earned.

    Credit stays as it was given; refunds, limits and month's ends count, the budget does not.
    Nothing is stored.
    """
    row = await lifecycle.get(caller.organisation_id, campaign_id)
    await fields.check(caller.organisation_id, terms=body, terms_at="")
    found = await simulate(row, read(normal(body)))
    return SimulationOut(
        since=found.since,
        until=found.until,
        sales=found.sales,
        real=found.real,
        new=found.new,
        difference=found.new - found.real,
        partners=[SimulatedPartner(**vars(side)) for side in found.partners[:SHOWN]],
        rules=[SimulatedRule(rule=rule, new=new) for rule, new in found.rules.items()],
        left_out=list(found.left_out),
        whole=found.whole,
    )


ENDPOINTS: list[Endpoint] = [
    post(
        "/v1/campaigns/{campaign_id}/terms/simulate",
        simulate_terms,
        guards.merchant("campaigns"),
        status=200,
    ),
    get("/v1/commissions", list_commissions, guards.both("money.read")),
]
