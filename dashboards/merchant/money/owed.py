"""What a partner owes back, settled on their page: written off, or repaid, with a reason."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant import partners, queries
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, Refusal
from jejaring.payouts import owed
from jejaring.payouts.owed import Kind, Settling
from jejaring.payouts.shapes import OwedIn
from jejaring.web import pages

KINDS: dict[str, Kind] = {"write_off": "write_off", "repay": "repay"}


async def settle(request: Request, caller: Caller) -> Response:
    """Write off or record a repayment; above the limit it waits for a second person."""
    partner_id = request.path_params["partner_id"]
    partner, _ = await queries.partner(caller.organisation_id, partner_id)
    typed = {n: pages.text(request, n, 200) for n in ("kind", "amount", "reason", "reference")}
    try:
        body, kind = _read(request, partner.slug)
        done = await owed.settle(caller, Settling(kind, **body.model_dump()))
    except Refusal as exc:
        if exc.status == 404:
            raise
        wrong = forms.words(request, exc)
        settling: dict[str, Any] = {"typed": typed, "errors": wrong, "status": exc.status}
        return await partners.show(request, caller, settling=settling)
    flash = "owed_waiting" if done.status == "waiting" else f"owed_{kind}"
    return pages.go(f"/merchant/partners/{partner_id}", flash, amount=done.row.amount)


def _read(request: Request, partner: str) -> tuple[OwedIn, Kind]:
    reader = Reader(request)
    kind = KINDS.get(reader.text("kind", limit=20))
    amount = reader.rupiah("amount")
    reason = reader.text("reason", limit=200)
    reference = reader.text("reference", required=False, limit=80)
    reader.done()
    if kind is None:
        raise Invalid.at("/kind", "field.missing")
    values = {"partner": partner, "amount": amount, "reason": reason}
    values["reference"] = reference or world.token(8)
    return forms.shaped(OwedIn, values), kind


PAGES = [
    pages.act(
        "/merchant/partners/{partner_id}/owed", settle, guards.signed_in("merchant", "decide")
    ),
]
