"""Earnings: why each rupiah, when it is paid, what each number means; and appeals."""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.goodwill import queries as goodwill
from dashboards.frame import forms
from dashboards.partner import lines, queries, rules
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Invalid, NotFound, Refusal
from jejaring.payouts import methods
from jejaring.payouts import queries as money
from jejaring.payouts.queries import BalanceView
from jejaring.payouts.statements import paper, table
from jejaring.payouts.statements import read as statements
from jejaring.settings import settings
from jejaring.web import language, pages, render
from referrals.attribution import queries as touches
from referrals.commissions import queries as commissions
from referrals.commissions.models import Commission
from referrals.commissions.shapes import CommissionQuery
from referrals.months import true_up
from referrals.review import appeal
from referrals.review import queries as review
from referrals.review import rules as decisions

PAGE = 20
SHOWN_PAYOUTS = 5
SHOWN_LOST = 10
SHOWN_GIFTS = 5
SHOWN_MONTHS = 4
CSV_DAYS = 365
APPEAL = "/partner/commissions/{commission_id}/appeal"
MAX_TEXT = 1000


async def show(request: Request, caller: Caller) -> Response:
    """The balance of a shop (or the total), the next payout, every commission with its reasons."""
    partner_id = caller.organisation_id
    balances, _ = await money.balances(partner_id=partner_id)
    chosen = _chosen(request, balances)
    outlook = await queries.outlook(partner_id, chosen) if chosen else None
    merchant_id = outlook.merchant_id if outlook else None
    state = request.query_params.get("state")
    cursor = request.query_params.get("cursor")
    wanted = {"limit": PAGE, "state": state if state in lines.STATES else None, "cursor": cursor}
    query = forms.shaped(CommissionQuery, wanted)
    shown, following = await lines.page(caller, query, language.pick(request), merchant_id)
    gifts, _ = await goodwill.page(caller, SHOWN_GIFTS, other=merchant_id)
    paid, _ = await queries.payouts(partner_id, SHOWN_PAYOUTS, None, merchant_id)
    context: dict[str, Any] = {
        "balances": balances,
        "chosen": chosen,
        "total": rules.added([chosen] if chosen else balances),
        "outlook": outlook,
        "held": (await methods.of([partner_id])).get(partner_id, methods.Held()),
        "lines": shown,
        "names": {one.merchant: one.merchant_name for one in balances},
        "states": lines.STATES,
        "state": query.state,
        "following": following,
        "cursor": cursor,
        "counts": await lines.counts(partner_id, merchant_id),
        "payouts": paid,
        "shops": await queries.shops(
            {one.merchant_id for one in paid} | {one.merchant_id for one in gifts}
        ),
        "gifts": gifts,
        "lost": await touches.lost(partner_id, merchant_id, SHOWN_LOST),
        "months": await true_up.estimates(SHOWN_MONTHS, **_side(partner_id, merchant_id)),
        "paid_days": settings().paid_counts_after_days,
        "is_capped": rules.is_capped,
    }
    return render.page(request, "partner/earnings.html", context)


def _side(partner_id: str, merchant_id: str | None) -> dict[str, str]:
    return {"partner_id": partner_id} | ({"merchant_id": merchant_id} if merchant_id else {})


def _chosen(request: Request, balances: list[BalanceView]) -> BalanceView | None:
    """The shop that the address names, or the only one there is. NotFound for a foreign one."""
    slug = request.query_params.get("shop", "")
    if slug:
        found = next((one for one in balances if one.merchant == slug), None)
        if found is None:
            raise NotFound
        return found
    return balances[0] if len(balances) == 1 else None


async def download(request: Request, caller: Caller) -> Response:
    """The statement of the last year as CSV: opening, every movement, closing, by shop."""
    end = world.now() + timedelta(seconds=1)
    within = (end - timedelta(days=CSV_DAYS), end)
    lang = language.pick(request)
    found = await statements.statement(caller, within, lang)
    headers = {"Content-Disposition": 'attachment; filename="jejaring-pendapatan.csv"'}
    headers["Cache-Control"] = "no-store"
    content = table.as_csv(found, within, lang)
    return Response(content, 200, headers, media_type="text/csv; charset=utf-8")


async def printed(request: Request, caller: Caller) -> Response:
    """The same on paper."""
    end = world.now() + timedelta(seconds=1)
    content = await paper.pdf(caller, (end - timedelta(days=CSV_DAYS), end), language.pick(request))
    headers = {"Content-Disposition": 'attachment; filename="jejaring-pendapatan.pdf"'}
    headers["Cache-Control"] = "no-store"
    return Response(content, 200, headers, media_type="application/pdf")


async def objection(request: Request, caller: Caller) -> Response:
    """The decision, and the form or the answer."""
    return await _objection(request, caller)


async def _objection(
    request: Request, caller: Caller, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    wanted = Commission.filter(
        id=request.path_params["commission_id"], partner_id=caller.organisation_id
    )
    row = await wanted.first()
    if row is None:
        raise NotFound
    shown = await commissions.shown(row, language.pick(request))
    last = (await review.appeals_of([row.id])).get(row.id)
    until = decisions.appeal_until(row.decided_at, row.created_at)
    since = row.decided_at or row.created_at
    answered = last is not None and (last.state == "open" or last.opened_at >= since)
    open_to = decisions.appealable(row.state, row.reason_code) and not answered
    context: dict[str, Any] = {
        "row": shown,
        "reason": lines.reason(shown, row, language.pick(request)),
        "shop": await Organisation.get(id=row.merchant_id),
        "appeal": last,
        "until": until,
        "may": open_to and world.now() <= until,
        "late": open_to and world.now() > until,
        "typed": typed,
        "errors": forms.words(request, refusal) if refusal else {},
    }
    status = refusal.status if refusal else 200
    return render.page(request, "partner/appeal.html", context, status)


async def object_to(request: Request, caller: Caller) -> Response:
    """Send the appeal."""
    text = pages.text(request, "text", MAX_TEXT)
    commission_id = request.path_params["commission_id"]
    try:
        if not text:
            raise Invalid.at("/text", "field.missing")
        await appeal.file(caller.organisation_id, commission_id, text, caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await _objection(request, caller, exc, text)
    return pages.go(APPEAL.replace("{commission_id}", commission_id), "appeal_sent")


PAGES = [
    pages.show("/partner/earnings", show, guards.signed_in("partner")),
    pages.show("/partner/earnings/statement.csv", download, guards.signed_in("partner")),
    pages.show("/partner/earnings/statement.pdf", printed, guards.signed_in("partner")),
    pages.show(APPEAL, objection, guards.signed_in("partner")),
    pages.act(APPEAL, object_to, guards.signed_in("partner", "edit")),
]
