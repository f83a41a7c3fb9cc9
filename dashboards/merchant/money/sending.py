"""After approval: the files for the bank, and what became of each payout."""

from starlette.requests import Request
from starlette.responses import Response

from dashboards.merchant.money.payouts import run_page
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound
from jejaring.payouts import queries, settle
from jejaring.payouts.rails import download
from jejaring.payouts.rules import Outcome
from jejaring.web import pages

OUTCOMES: dict[str, Outcome] = {"paid": "paid", "failed": "failed", "returned": "returned"}
FILES: dict[str, download.Format] = {"bca": "bca", "csv": "csv"}


async def file(request: Request, caller: Caller) -> Response:
    """BCA's workbook, or a CSV of all; the first download marks the payouts as on their way."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    shape = FILES.get(pages.text(request, "format", 5))
    if shape is None:
        raise NotFound
    try:
        made = await download.download(caller, view.id, shape)
    except Conflict as exc:
        return await run_page(request, caller, view, exc)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Cache-Control": "no-store",
    }
    return Response(made.content, 200, headers, media_type=made.media_type)


async def outcome(request: Request, caller: Caller) -> Response:
    """Mark a payout as paid, failed or returned by the bank."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    payout = next((p for p in view.payouts if p.id == pages.text(request, "payout", 40)), None)
    wanted = OUTCOMES.get(pages.text(request, "outcome", 10))
    if payout is None or wanted is None:
        raise NotFound
    reference = pages.text(request, "reference", 80) or None
    try:
        await settle.settle(caller, payout.id, wanted, reference)
    except Conflict as exc:
        return await run_page(request, caller, view, exc)
    flash = {"paid": "payout_paid", "failed": "wait_payout_failed", "returned": "wait_returned"}
    return pages.go(
        f"/merchant/payouts/{view.id}", flash[wanted], name=payout.partner_name, amount=payout.net
    )


_ONE = "/merchant/payouts/{run_id}"
PAGES = [
    pages.act(f"{_ONE}/file", file, guards.signed_in("merchant", "prepare")),
    pages.act(f"{_ONE}/settle", outcome, guards.signed_in("merchant", "approve")),
]
