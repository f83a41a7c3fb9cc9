"""A chargeback on an order's page: what became of it, and what it did to the commissions."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import forms
from dashboards.frame.forms import Reader
from dashboards.merchant.sales import order
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import language, pages
from referrals.intake import dispute
from referrals.intake import queries as sales
from referrals.intake.api import shop_of
from referrals.intake.dispute import DisputeDraft
from referrals.intake.shapes import DisputeIn


async def tell(request: Request, caller: Caller) -> Response:
    """Record that a dispute was lost or won; won after lost gives the commissions back."""
    sale_id = request.path_params["sale_id"]
    told = {name: pages.text(request, name, 200) for name in ("dispute_id", "outcome", "disputed")}
    try:
        sale = await sales.sale(shop_of(caller), sale_id, language.pick(request))
        body = forms.shaped(DisputeIn, _read(request, sale.base + sale.shipping))
        before = await _held(request, caller, sale_id)
        draft = DisputeDraft(body.dispute_id, body.outcome, body.amount)
        done = await dispute.dispute(shop_of(caller), sale_id, draft, caller.actor)
    except Refusal as exc:
        if exc.status == 404:
            raise
        return await order.page(request, caller, exc, told=told | {"errors": _words(request, exc)})
    path = f"/merchant/sales/{sale_id}"
    if done.status == "unchanged":
        return pages.go(path, "info_dispute_known", name=body.dispute_id)
    change = await _held(request, caller, sale_id) - before
    taken = sum(done.refund.spread.values())
    flash = "wait_dispute_lost" if change < 0 else f"dispute_{body.outcome}"
    return pages.go(path, flash, name=body.dispute_id, amount=taken, commission=abs(change))


def _read(request: Request, paid: int) -> dict[str, Any]:
    """What was told of an order of so many rupiah, shipping included; nobody disputes more."""
    reader = Reader(request)
    body: dict[str, Any] = {"dispute_id": reader.text("dispute_id", limit=200)}
    body["outcome"] = reader.text("outcome", limit=10)
    body["amount"] = reader.rupiah("disputed", required=False)
    if body["amount"] is not None and body["amount"] > paid:
        reader.fault("disputed", "form.dispute_over", paid=paid)
    reader.done()
    return body


def _words(request: Request, refusal: Refusal) -> dict[str, str]:
    """What is wrong at the form's fields; another amount than was told before is the amount's."""
    if refusal.code == "dispute_exists":
        return {"disputed": forms.words(request, refusal)[""]}
    return forms.words(request, refusal, {"/amount": "disputed"})


async def _held(request: Request, caller: Caller, sale_id: str) -> int:
    """What the order's commissions hold, in rupiah."""
    sale = await sales.plain(shop_of(caller), sale_id, language.pick(request))
    return sum(c.amount - c.reversed for c in sale.commissions if c.state != "rejected")


PAGES = [
    pages.act("/merchant/sales/{sale_id}/dispute", tell, guards.signed_in("merchant", "sell")),
]
