"""The review: cases with their evidence, what is held, what partners say against it; decisions."""

from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import NotFound, Refusal
from jejaring.web import language, pages
from referrals.commissions import queries as commissions
from referrals.commissions.models import Commission
from referrals.orders.models import Sale
from referrals.review import appeal, cases, decide, queries, rules, words
from referrals.review.queries import Case

PAGE = 20
APPEALS = 50
PATH = "/merchant/review"
SHOWS = ("cases", "appeals", "held")


async def queue(request: Request, caller: Caller) -> Response:
    """What waits, the oldest first: cases, appeals, or everything held."""
    return await _queue(request, caller)


async def _queue(
    request: Request,
    caller: Caller,
    refusal: Refusal | None = None,
    answered: tuple[str, str] | None = None,
) -> Response:
    """The list; `answered` is an appeal and its answer that was refused, to be mended."""
    org = caller.organisation_id
    counts = await queries.open_counts(org)
    # Without a choice: whatever waits.
    waits = "appeals" if counts["appeals"] and not counts["cases"] else "cases"
    wanted = "appeals" if answered else request.query_params.get("show", waits)
    show = wanted if wanted in SHOWS else waits
    cursor = request.query_params.get("cursor")
    context: dict[str, Any] = {"show": show, "cursor": cursor, "counts": counts}
    if show == "appeals":
        context |= await _appeals(org)
    elif show == "held":
        held, context["next"] = await queries.held(org, PAGE, cursor)
        context |= {"held": held, **await _around(held)}
    else:
        found, context["next"] = await queries.cases(org, PAGE, cursor)
        context |= await _cases(request, found)
    context |= {
        "reasons": rules.REJECT_REASONS,
        "holds": rules.HOLD_REASONS,
        "answered": answered,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal else 200
    return await hang.page(request, "merchant/review.html", context, status)


async def _cases(request: Request, found: list[Case]) -> dict[str, Any]:
    named = {one for case in found for one in words.people(case.row)}
    rows = [row for case in found for row in case.commissions]
    around = await _around(rows, named)
    lang = language.pick(request)
    told = {case.row.id: words.evidence(case.row, lang, around["names"]) for case in found}
    return {"cases": found, "told": told, **around}


async def _appeals(merchant_id: str) -> dict[str, Any]:
    found = await queries.open_appeals(merchant_id, APPEALS)
    rows = await Commission.filter(id__in=[one.commission_id for one in found])
    return {
        "appeals": found,
        "most": APPEALS,
        "rows": {row.id: row for row in rows},
        **await _around(rows),
    }


async def _around(rows: Collection[Commission], more: Collection[str] = ()) -> dict[str, Any]:
    """Names of partners, order numbers and shown states of the commissions."""
    ids = {row.partner_id for row in rows} | set(more)
    names = dict(await Organisation.filter(id__in=sorted(ids)).values_list("id", "name"))
    sales = sorted({row.sale_id for row in rows if row.sale_id})
    orders = dict(await Sale.filter(id__in=sales).values_list("id", "order_id"))
    standings = await commissions.standings_of(list(rows))
    return {"names": names, "orders": orders, "standings": standings}


async def close(request: Request, caller: Caller) -> Response:
    """Release a case, or hold or reject what it is about."""
    outcome = pages.text(request, "outcome", 10)
    reason = pages.text(request, "reason_code", 40)
    try:
        if outcome not in ("released", "held", "rejected"):
            raise NotFound
        case_id = request.path_params["case_id"]
        org = caller.organisation_id
        done = await cases.close(org, case_id, outcome, reason, caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await _queue(request, caller, exc)
    flash = "case_more" if done.more else f"case_{outcome}"
    if done.left:
        flash = "case_left"
    return pages.go(PATH, flash, n=done.done, left=done.left)


async def one(request: Request, caller: Caller) -> Response:
    """One commission, to be held, released or rejected."""
    return await _one(request, caller)


async def _one(request: Request, caller: Caller, refusal: Refusal | None = None) -> Response:
    wanted = Commission.filter(
        id=request.path_params["commission_id"], merchant_id=caller.organisation_id
    )
    row = await wanted.first()
    if row is None:
        raise NotFound
    context: dict[str, Any] = {
        "row": row,
        "com": await commissions.shown(row, language.pick(request)),
        "appeal": (await queries.appeals_of([row.id])).get(row.id),
        "holds": rules.HOLD_REASONS,
        "reasons": rules.REJECT_REASONS,
        "errors": forms.words(request, refusal) if refusal else {},
        **await _around([row]),
    }
    status = refusal.status if refusal else 200
    return await hang.page(request, "merchant/commission.html", context, status)


async def act(request: Request, caller: Caller) -> Response:
    """Hold, release or reject one commission."""
    org, commission_id = caller.organisation_id, request.path_params["commission_id"]
    step, reason = pages.text(request, "step", 10), pages.text(request, "reason_code", 40)
    try:
        if step == "hold":
            await decide.hold(org, commission_id, reason, caller.actor)
        elif step == "reject":
            await decide.reject(org, commission_id, reason, caller.actor)
        elif step == "unhold":
            await decide.unhold(org, commission_id, caller.actor)
        else:
            raise NotFound
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await _one(request, caller, exc)
    flash = {"hold": "com_held", "reject": "com_rejected", "unhold": "com_unheld"}[step]
    return pages.go(f"{PATH}/commissions/{commission_id}", flash)


async def answer(request: Request, caller: Caller) -> Response:
    """Answer an appeal."""
    outcome, reason = pages.text(request, "outcome", 10), pages.text(request, "reason", 500)
    appeal_id = request.path_params["appeal_id"]
    try:
        if outcome not in ("won", "lost"):
            raise NotFound
        org = caller.organisation_id
        await appeal.answer(org, appeal_id, outcome, reason, caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await _queue(request, caller, exc, (appeal_id, reason))
    return pages.go(f"{PATH}?show=appeals", f"appeal_{outcome}")


async def signals(request: Request, caller: Caller) -> Response:
    """What each signal does."""
    context = {"signals": rules.SIGNALS, "does": await queries.does(caller.organisation_id)}
    return await hang.page(request, "merchant/signals.html", context)


async def set_signals(request: Request, caller: Caller) -> Response:
    """Hold on the signals that are ticked, flag on the others."""
    ticked = {one: "hold" if pages.text(request, one, 4) else "flag" for one in rules.SIGNALS}
    await cases.set_rules(caller.organisation_id, ticked, caller.actor)
    return pages.go(f"{PATH}/signals", "signals_saved")


_READ, _DECIDE = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "decide")
PAGES = [
    pages.show(PATH, queue, _READ),
    pages.show(f"{PATH}/signals", signals, _READ),
    pages.act(f"{PATH}/signals", set_signals, _DECIDE),
    pages.act(PATH + "/cases/{case_id}", close, _DECIDE),
    pages.show(PATH + "/commissions/{commission_id}", one, _READ),
    pages.act(PATH + "/commissions/{commission_id}", act, _DECIDE),
    pages.act(PATH + "/appeals/{appeal_id}", answer, _DECIDE),
]
