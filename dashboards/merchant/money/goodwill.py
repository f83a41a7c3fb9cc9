"""Extra money for a partner, given on their page by hand, with a reason."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.goodwill import give, withdraw
from campaigns.goodwill.give import Gift
from campaigns.goodwill.shapes import GoodwillIn
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import partners, queries
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import pages


async def given(request: Request, caller: Caller) -> Response:
    """Give, or say yes to what another person asked for; above the limit it waits for one."""
    partner_id = request.path_params["partner_id"]
    partner, _ = await queries.partner(caller.organisation_id, partner_id)
    try:
        done = await give.give(caller, Gift(**_read(request, partner.slug).model_dump()))
    except Refusal as exc:
        if exc.status == 404:
            raise
        typed = {n: pages.text(request, n, 200) for n in ("amount", "reason", "reference")}
        giving: dict[str, Any] = {"typed": typed, "errors": forms.words(request, exc)}
        return await partners.show(request, caller, giving=giving | {"status": exc.status})
    flash = "wait_goodwill" if done.status == "waiting" else "goodwill_given"
    return pages.go(f"/merchant/partners/{partner_id}", flash, amount=done.row.amount)


async def withdrawn(request: Request, caller: Caller) -> Response:
    """Take it back with a reason, or drop one that waits."""
    partner_id, goodwill_id = (request.path_params[n] for n in ("partner_id", "goodwill_id"))
    await queries.partner(caller.organisation_id, partner_id)
    reader = Reader(request)
    reason = reader.text("reason", limit=200)
    try:
        reader.done()
        row = await withdraw.withdraw(caller, goodwill_id, reason)
    except Refusal as exc:
        if exc.status == 404:
            raise
        taking = {"id": goodwill_id, "typed": reason, "errors": forms.words(request, exc)}
        return await partners.show(request, caller, taking=taking | {"status": exc.status})
    flash = "goodwill_dropped" if row.decided_at is None else "goodwill_withdrawn"
    return pages.go(f"/merchant/partners/{partner_id}", flash, amount=row.amount)


def _read(request: Request, partner: str) -> GoodwillIn:
    reader = Reader(request)
    amount = reader.rupiah("amount")
    reason = reader.text("reason", limit=200)
    reference = reader.text("reference", required=False, limit=80)
    reader.done()
    values = {"partner": partner, "amount": amount, "reason": reason}
    return forms.shaped(GoodwillIn, values | {"reference": reference or world.token(8)})


_APPROVES = guards.signed_in("merchant", "approve")
PAGES = [
    pages.act("/merchant/partners/{partner_id}/goodwill", given, _APPROVES),
    pages.act(
        "/merchant/partners/{partner_id}/goodwill/{goodwill_id}/withdraw", withdrawn, _APPROVES
    ),
]
