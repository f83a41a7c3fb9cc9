"""One order: why this partner, what it cost, what came back; its state and refunds."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.catalog import products
from campaigns.lifecycle.models import Campaign
from campaigns.terms import versions
from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.frame.rules import part_back
from dashboards.merchant import hang, queries
from dashboards.merchant.sales import rules
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.trail import queries as trail
from jejaring.web import language, pages
from referrals.attribution.models import Credit
from referrals.commissions.models import Reversal
from referrals.intake import move, refund
from referrals.intake import queries as sales
from referrals.intake.api import refund_draft, shop_of
from referrals.intake.shapes import RefundIn, SaleDetail
from referrals.orders.rules import STATES, may_move

_LINE = re.compile(r"line-\d{1,5}")


async def show(request: Request, caller: Caller) -> Response:
    """The order with its reasons."""
    return await page(request, caller)


async def page(
    request: Request,
    caller: Caller,
    refusal: Refusal | None = None,
    typed: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
) -> Response:
    """The order's page; `typed` is a refused refund, `told` a refused dispute."""
    sale_id = request.path_params["sale_id"]
    sale = await sales.sale(shop_of(caller), sale_id, language.pick(request), named=True)
    promises = await _promises(sale_id)
    people = {t.enrolment_id: t.partner for t in sale.touches}
    people |= await queries.handles({c.enrolment_id for c in sale.commissions} - people.keys())
    handles = {c.partner for c in sale.credit} | set(people.values())
    sold = {line.product_id for line in sale.items if line.product_id}
    goods = {
        pid: one.name for pid, one in (await products.by_id(caller.organisation_id, sold)).items()
    }
    left = sum(line.base - line.refunded for line in sale.items)
    context: dict[str, Any] = {
        "sale": sale,
        "state": rules.chip(sale.state, [c.state for c in sale.commissions]),
        "names": await queries.names(handles),
        "touches": sorted(sale.touches, key=lambda t: (t.at, t.id)),
        "people": people,
        "reversals": await _reversals([c.id for c in sale.commissions]),
        "parts": _parts(sale),
        "goods": goods,
        "lines": {i.line: goods.get(i.product_id or "", i.sku) for i in sale.items},
        "promises": promises,
        "campaigns": await _campaigns({t.campaign_id for t in sale.touches}),
        "left": left,
        "next_states": [s for s in STATES if s != sale.state and may_move(sale.state, s)],
        "typed": typed or {"amount": "", "reason": "", "refund_id": f"R-{world.token(6).upper()}"},
        "told": told or {"dispute_id": "", "outcome": "lost", "disputed": ""},
        "trail": (await trail.page(caller.organisation_id, subject=sale_id, limit=20)).entries,
        "errors": _errors(request, refusal, typed or told),
    }
    context["actors"] = await queries.actors({entry.actor for entry in context["trail"]})
    status = refusal.status if refusal is not None else 200
    return await hang.page(request, "merchant/sale.html", context, status)


def _parts(sale: SaleDetail) -> dict[str, tuple[int, int] | None]:
    """By commission: the part of its line that explains what was taken of it."""
    lines = {line.line: (line.base, line.refunded) for line in sale.items}
    return {
        c.id: part_back((c.amount, c.reversed), lines[c.line])
        for c in sale.commissions
        if c.line in lines
    }


async def _reversals(commission_ids: list[str]) -> dict[str, list[Reversal]]:
    """What was taken of each commission, and given back, in time order."""
    found: dict[str, list[Reversal]] = {}
    rows = Reversal.filter(commission_id__in=commission_ids)
    for one in await rows.order_by("created_at", "id"):
        found.setdefault(one.commission_id, []).append(one)
    return found


def _errors(
    request: Request, refusal: Refusal | None, sent: dict[str, Any] | None
) -> dict[str, str]:
    """What is wrong, by the fields of the form that was sent."""
    if refusal is None:
        return {}
    found: dict[str, str] | None = (sent or {}).get("errors")
    return found or forms.words(request, refusal)


async def _promises(sale_id: str) -> list[dict[str, Any]]:
    """The policies and terms versions that decided, one per credited campaign."""
    found = []
    given = Credit.filter(sale_id=sale_id, ended_by=None)
    pairs = await given.values_list("campaign_id", "terms_number")
    names = await _campaigns({campaign_id for campaign_id, _ in pairs})
    for campaign_id, number in sorted(set(pairs))[:5]:
        terms = await versions.by_number(campaign_id, number)
        policy = terms.attribution
        found.append(
            {
                "id": campaign_id,
                "campaign": names.get(campaign_id, campaign_id),
                "number": number,
                "model": policy.model,
                "days": policy.window_days,
            }
        )
    return found


async def _campaigns(ids: set[str]) -> dict[str, str]:
    return dict(await Campaign.filter(id__in=sorted(ids)).values_list("id", "name"))


async def state(request: Request, caller: Caller) -> Response:
    """Move the order on; cancelled and returned take its commissions back."""
    sale_id = request.path_params["sale_id"]
    wanted = pages.text(request, "state", 20)
    try:
        if wanted in STATES:
            await move.move(shop_of(caller), sale_id, wanted, actor=caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await page(request, caller, exc)
    return pages.go(f"/merchant/sales/{sale_id}", "sale_moved")


async def give_back(request: Request, caller: Caller) -> Response:
    """Record a refund, by amount or by units of lines."""
    sale_id = request.path_params["sale_id"]
    lines = [name for name in pages.form(request) if _LINE.fullmatch(name)]
    typed = {n: pages.text(request, n, 200) for n in ("amount", "reason", "refund_id", *lines)}
    body: dict[str, Any] = {}
    try:
        sale = await sales.sale(shop_of(caller), sale_id, language.pick(request))
        body |= _refund(request, typed, _most(sale, typed["refund_id"]))
        draft = refund_draft(forms.shaped(RefundIn, body))
        outcome = await refund.refund(shop_of(caller), sale_id, draft, caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        names = {"/reason": "reason", "/amount": "amount"}
        for i, item in enumerate(body.get("items", ())):
            at = dict.fromkeys((f"/items/{i}/quantity", f"/items/{i}/line"), f"line-{item['line']}")
            names |= at
        return await _refused(request, caller, exc, typed, names)
    taken = sum(outcome.refund.spread.values())
    return pages.go(f"/merchant/sales/{sale_id}", "refunded", amount=taken)


async def _refused(
    request: Request,
    caller: Caller,
    exc: Refusal,
    typed: dict[str, Any],
    names: dict[str, str],
) -> Response:
    typed["errors"] = forms.words(request, exc, names)
    return await page(request, caller, exc, typed)


def _most(sale: SaleDetail, refund_id: str) -> tuple[int, int] | None:
    """What can still be refunded by amount, in rupiah: of the goods, and of the shipping. None for
    a refund that is there already: the same form sent twice.
    """
    if any(one.refund_id == refund_id for one in sale.refunds):
        return None
    shipping = sale.shipping - sum(one.over_base for one in sale.refunds)
    return sum(line.base - line.refunded for line in sale.items), max(shipping, 0)


def _refund(
    request: Request, typed: dict[str, str], most: tuple[int, int] | None
) -> dict[str, Any]:
    reader = Reader(request)
    reason = reader.text("reason", limit=200)
    amount = reader.rupiah("amount", required=False)
    items = []
    for name in (n for n in typed if _LINE.fullmatch(n)):
        quantity = reader.number(name, required=False)
        if quantity:
            items.append({"line": int(name.removeprefix("line-")), "quantity": quantity})
    if amount is not None and most is not None and amount > sum(most):
        reader.fault("amount", "form.refund_over", left=most[0], shipping=most[1])
    if amount is None and not items and not reader.wrong:
        reader.fault("amount", "form.refund")
    if amount is not None and items:
        reader.fault("amount", "form.refund_one")
    reader.done()
    body: dict[str, Any] = {"refund_id": typed["refund_id"] or world.token(8), "reason": reason}
    return body | ({"items": items} if items else {"amount": amount})


_READ, _SELL = guards.signed_in("merchant", "read"), guards.signed_in("merchant", "sell")
PAGES = [
    pages.show("/merchant/sales/{sale_id}", show, _READ),
    pages.act("/merchant/sales/{sale_id}/state", state, _SELL),
    pages.act("/merchant/sales/{sale_id}/refund", give_back, _SELL),
]
