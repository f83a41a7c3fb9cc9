"""The JSON route of simulations."""

from campaigns.enrolments import naming
from campaigns.lifecycle import fields
from campaigns.lifecycle import queries as lifecycle
from campaigns.terms.shapes import TermsIn, normal
from campaigns.terms.stored import read
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, post
from referrals.months.shapes import SimulatedPartner, SimulatedRule, SimulationOut
from referrals.months.simulate import simulate

SHOWN = 200


async def simulate_terms(caller: Caller, campaign_id: str, body: TermsIn) -> SimulationOut:
    """Simulate terms: last month's sales under them, beside what they really earned.

    Credit stays as it was given; refunds, limits and month's ends count, the budget does not. A
    month's limit holds what is left after refunds: on the books, what was refunded after the limit
    had been reached makes no room for earlier sales. Nothing is stored.
    """
    row = await lifecycle.get(caller.organisation_id, campaign_id)
    await fields.check(caller.organisation_id, terms=body, terms_at="")
    body = await naming.by_handle(caller.organisation_id, body, "")
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
        apart=True,  # it writes nothing, and may take a while
    ),
]
