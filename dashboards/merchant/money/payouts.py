"""Payouts: what is payable, the runs; a run prepared, checked, approved, cancelled."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.merchant import hang, rules
from jejaring.identity import guards
from jejaring.identity.models import User
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, NotFound, Refusal
from jejaring.ledger import journal
from jejaring.members import organisations, signin
from jejaring.payouts import queries, run
from jejaring.payouts.queries import PayoutView, RunView
from jejaring.payouts.rails import bca_codes
from jejaring.web import pages

PAGE = 20


async def shelf(request: Request, caller: Caller) -> Response:
    """What is payable in all, and the runs, newest first."""
    cursor = request.query_params.get("cursor")
    rows, after = await queries.runs(caller.organisation_id, PAGE, cursor)
    shop = await organisations.get(caller.organisation_id)
    context = {
        "standing": await journal.standing(caller.organisation_id),
        "runs": [(row, queries.totals(row)) for row in rows],
        "minimum": shop.payout_minimum,
        "next": after,
        "cursor": cursor,
    }
    return await hang.page(request, "merchant/payouts.html", context)


async def prepare(request: Request, caller: Caller) -> Response:
    """Gather what is payable into a preview; it reserves nothing."""
    made = await run.preview(caller)
    return pages.go(f"/merchant/payouts/{made.id}", "run_prepared")


async def show(request: Request, caller: Caller) -> Response:
    """The run: its lines, who is left out, what became of it."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    return await run_page(request, caller, view)


async def run_page(
    request: Request, caller: Caller, view: RunView, refusal: Refusal | None = None
) -> Response:
    """The page of a run, with what was refused, if something was."""
    shop = await organisations.get(caller.organisation_id)
    context: dict[str, Any] = {
        "run": view,
        "shop": shop,
        "makers": await _people(view),
        "second": await run.needs_another(
            caller, view.totals.net, shop.payout_limit, view.created_by
        ),
        "changes": await _changes(request, caller, view),
        "left_out": [p for p in view.payouts if not _in_bca(p)],
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/run.html", context, status)


def _in_bca(payout: PayoutView) -> bool:
    """Whether BCA's bulk file can carry the payout."""
    method = payout.method
    return method["kind"] == "bank" and (
        bca_codes.transfer(method["provider"], payout.net) is not None
    )


async def _people(view: RunView) -> dict[str, str]:
    """The names of those who prepared and approved; a key stands for itself."""
    ids = [who for who in (view.created_by, view.approved_by) if who]
    return dict(await User.filter(id__in=ids).values_list("id", "name"))


async def _changes(request: Request, caller: Caller, view: RunView) -> list[rules.Changed]:
    """How this run differs from the one that it took the place of (`?dari=`)."""
    earlier = request.query_params.get("dari")
    if not earlier:
        return []
    try:
        old = await queries.run(caller.organisation_id, earlier)
    except NotFound:
        return []
    return rules.changed(
        *({p.partner: (p.partner_name, p.net) for p in v.payouts} for v in (old, view))
    )


async def ask(request: Request, caller: Caller) -> Response:
    """The confirming page: the facts, the amount on the button, the password."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    return await _ask_page(request, caller, view)


async def _ask_page(
    request: Request, caller: Caller, view: RunView, errors: dict[str, str] | None = None
) -> Response:
    if view.state != "preview" or not view.payouts:
        return pages.go(f"/merchant/payouts/{view.id}")
    shop = await organisations.get(caller.organisation_id)
    context = {
        "run": view,
        "shop": shop,
        "makers": await _people(view),
        "second": await run.needs_another(
            caller, view.totals.net, shop.payout_limit, view.created_by
        ),
        "errors": errors or {},
    }
    status = 422 if errors else 200
    return await hang.page(request, "merchant/approve.html", context, status)


async def approve(request: Request, caller: Caller) -> Response:
    """Approve, with the password once more; a run that changed is prepared anew and compared."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    sent = pages.form(request).get("password")
    try:
        await signin.confirm(caller.user_id or "", sent if isinstance(sent, str) else "")
        await run.approve(caller, view.id)
    except Conflict as exc:
        if exc.code != "run_changed":
            return await run_page(request, caller, view, exc)
        fresh = await run.preview(caller)
        await run.cancel(caller, view.id)
        return pages.go(f"/merchant/payouts/{fresh.id}", "no_run_changed", dari=view.id)
    except Refusal as exc:
        if exc.status in (403, 404):
            raise
        return await _ask_page(request, caller, view, forms.words(request, exc))
    return pages.go(f"/merchant/payouts/{view.id}", "run_approved", amount=view.totals.net)


async def cancel(request: Request, caller: Caller) -> Response:
    """Drop a preview, or an approved run of which nothing was sent."""
    view = await queries.run(caller.organisation_id, request.path_params["run_id"])
    try:
        await run.cancel(caller, view.id)
    except Conflict as exc:
        return await run_page(request, caller, view, exc)
    return pages.go("/merchant/payouts", "info_run_cancelled")


_READ = guards.signed_in("merchant", "read")
_PREPARE = guards.signed_in("merchant", "prepare")
_APPROVE = guards.signed_in("merchant", "approve")
_ONE = "/merchant/payouts/{run_id}"
PAGES = [
    pages.show("/merchant/payouts", shelf, _READ),
    pages.act("/merchant/payouts", prepare, _PREPARE),
    pages.show(_ONE, show, _READ),
    pages.show(f"{_ONE}/approve", ask, _APPROVE),
    pages.act(f"{_ONE}/approve", approve, _APPROVE),
    pages.act(f"{_ONE}/cancel", cancel, _PREPARE),
]
