"""JSON routes of sales and refunds: the machine door."""

import json

from starlette.requests import Request

from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.kit import text
from jejaring.kit.errors import BadField, Invalid, Refusal
from jejaring.web.api import Endpoint, Reply, delete, get, parse_body, post, put
from jejaring.web.language import pick
from jejaring.web.problems import document
from jejaring.web.shapes import PageOf, PageQuery
from referrals.attribution import creators
from referrals.attribution.models import CreatorName
from referrals.intake import dispute, grouped, move, queries, recredit, refund, shown, upsert
from referrals.intake.dispute import DisputeDraft
from referrals.intake.record import Entry, Outcome
from referrals.intake.recredit import Wanted
from referrals.intake.refund import RefundDraft, RefundOutcome
from referrals.intake.shapes import (
    BatchIn,
    BatchOut,
    BatchResult,
    CreatorIn,
    CreatorOut,
    CreditIn,
    DisputeIn,
    DisputeReply,
    OrderRefundIn,
    RefundIn,
    RefundReply,
    SaleBody,
    SaleDetail,
    SaleIn,
    SaleOut,
    SalePut,
    SaleQuery,
    StateIn,
)
from referrals.orders.rules import SOURCES, LineDraft, SaleDraft, Shop


async def record_sale(caller: Caller, body: SaleIn, request: Request) -> SaleOut | Reply:
    """Record a sale.

    201 with the sale, its credit and commissions; 200 for the same order with the same content
    again; 409 `order_exists` for other content (PUT changes an order).
    """
    shop = shop_of(caller)
    outcome = await grouped.record(shop, draft_of(body, body.source, body.order_id))
    return await _reply(shop, outcome, pick(request))


async def put_sale(
    caller: Caller, source: str, order_id: str, body: SalePut, request: Request
) -> SaleOut | Reply:
    """Record a sale, or change it to what the body says.

    201 when it is new, else 200. Credit stays; amounts are priced anew with the same touches and
    terms, and the difference is posted. An `updated_at` older than the last changes nothing;
    without one, states only move forward.
    """
    faults = [
        BadField(f"/{name}", "path_differs", {"value": wanted})
        for name, given, wanted in (
            ("source", body.source, source),
            ("order_id", body.order_id, order_id),
        )
        if given is not None and given != wanted
    ]
    if source not in SOURCES:
        faults.append(BadField("/source", "unknown_source", {"sources": list(SOURCES)}))
    if len(order_id) > 80:
        faults.append(BadField("/order_id", "field.string_too_long", {"max_length": 80}))
    if faults:
        raise Invalid(fields=faults)
    shop = shop_of(caller)
    outcome = await upsert.upsert(shop, draft_of(body, source, order_id))
    return await _reply(shop, outcome, pick(request))


async def record_batch(caller: Caller, body: BatchIn, request: Request) -> BatchOut:
    """Record up to 1 000 sales, each on its own: its status, and the sale or the problem."""
    shop, lang, now = shop_of(caller), pick(request), world.now()
    results: dict[int, BatchResult] = {}
    entries: dict[int, Entry] = {}
    for i, raw in enumerate(body.sales):
        try:
            sale = parse_body(SaleIn, json.dumps(raw).encode())
        except Refusal as refusal:
            results[i] = _refused(refusal, lang)
            continue
        assert isinstance(sale, SaleIn)  # noqa: S101 — parse_body answers with its model
        entries[i] = Entry(shop, draft_of(sale, sale.source, sale.order_id), now)
    answers = await grouped.record_each(list(entries.values()))
    known = [a.sale_id for a in answers if isinstance(a, Outcome) and not _is_fresh(a)]
    sales = {s.id: s for s in await queries.plains(shop, list(dict.fromkeys(known)), lang)}
    for i, answer in zip(entries, answers, strict=True):
        if isinstance(answer, Refusal):
            results[i] = _refused(answer, lang)
        else:
            whole = sales.get(answer.sale_id) or _fresh(answer, lang)
            results[i] = BatchResult(status=_status(answer), sale=whole)
    return BatchOut(results=[results[i] for i in range(len(body.sales))])


async def list_sales(caller: Caller, query: SaleQuery, request: Request) -> PageOf[SaleOut]:
    """List sales as they came in, newest first."""
    rows, cursor = await queries.page(shop_of(caller), query, pick(request))
    return PageOf(data=rows, next_cursor=cursor)


async def get_sale(caller: Caller, sale_id: str, request: Request) -> SaleDetail:
    """Get a sale with its lines' own credit, the touches that were considered, its refunds."""
    return await queries.sale(shop_of(caller), sale_id, pick(request))


async def move_sale(caller: Caller, sale_id: str, body: StateIn, request: Request) -> SaleOut:
    """Say which state the order is in; cancelled or returned takes its commissions back."""
    shop = shop_of(caller)
    await move.move(shop, sale_id, body.state, body.at, caller.actor)
    return await queries.plain(shop, sale_id, pick(request))


async def credit_sale(caller: Caller, sale_id: str, body: CreditIn, request: Request) -> SaleDetail:
    """Decide by hand who is credited for an order (null: nobody), with a reason that both partners
    read.

    What its lines earned goes off the books, and the new credit accrues. 409
    `commission_in_payout` once any of its commissions is in an approved payout, `cannot_credit_…`
    where the campaign or the partner did not count at the time of the order.
    """
    shop = shop_of(caller)
    wanted = Wanted(body.enrolment_id, body.reason, caller.actor)
    await recredit.recredit(shop, sale_id, wanted)
    return await queries.sale(shop, sale_id, pick(request))


async def refund_sale(
    caller: Caller, sale_id: str, body: RefundIn, request: Request
) -> RefundReply | Reply:
    """Refund a part of a sale, by amount or by items.

    200 for the same refund_id with the same content again, 409 `refund_exists` for other content.
    """
    outcome = await refund.refund(shop_of(caller), sale_id, refund_draft(body), caller.actor)
    return await _refund_reply(caller, outcome, pick(request))


async def dispute_sale(
    caller: Caller, sale_id: str, body: DisputeIn, request: Request
) -> DisputeReply | Reply:
    """Say that a dispute (chargeback) was lost, or won back.

    Lost takes commissions back like a refund by amount, won gives them again, whatever order the
    two are told in. 200 for what is known already, 409 `dispute_exists` for another amount.
    """
    draft = DisputeDraft(body.dispute_id, body.outcome, body.amount)
    outcome = await dispute.dispute(shop_of(caller), sale_id, draft, caller.actor)
    sale = await queries.plain(shop_of(caller), sale_id, pick(request))
    reply = DisputeReply(**shown.dispute(outcome.refund).model_dump(), sale=sale)
    return Reply(reply, 201 if outcome.status == "created" else 200)


async def refund_order(
    caller: Caller, body: OrderRefundIn, request: Request
) -> RefundReply | Reply:
    """Refund an order by its source and order id.

    It may come before its order: then 202, state `waiting`, and it is applied when that arrives.
    """
    outcome = await refund.refund_order(
        shop_of(caller), (body.source, body.order_id), refund_draft(body), caller.actor
    )
    return await _refund_reply(caller, outcome, pick(request))


async def match_creator(caller: Caller, body: CreatorIn) -> CreatorOut | Reply:
    """Match a marketplace's creator or affiliate name to a partner of yours.

    Sales that name it as `creator` from then on are credited to that partner. 201 when the name is
    new, else 200: it then means this partner from now on.
    """
    wanted = creators.Match(body.source, body.name, body.partner, caller.actor)
    row, is_new = await creators.match(caller.organisation_id, wanted)
    return Reply(_creator(row, await creators.handle_of(row)), 201 if is_new else 200)


async def list_creators(caller: Caller, query: PageQuery) -> PageOf[CreatorOut]:
    """List the creator names that are matched, newest first."""
    rows, cursor = await creators.page(caller.organisation_id, query.limit, query.cursor)
    return PageOf(data=[_creator(row, handle) for row, handle in rows], next_cursor=cursor)


async def forget_creator(caller: Caller, creator_id: str) -> None:
    """Take a match back: sales from now on are not credited by it."""
    await creators.forget(caller.organisation_id, creator_id, caller.actor)


def _creator(row: CreatorName, handle: str) -> CreatorOut:
    return CreatorOut(
        id=row.id, source=row.source, name=row.name, partner=handle, created_at=row.created_at
    )


def shop_of(caller: Caller) -> Shop:
    """The merchant that asks."""
    return Shop(caller.organisation_id, caller.zone)


def draft_of(body: SaleBody, source: str, order_id: str) -> SaleDraft:
    """A body as the pipeline takes it; a phone or e-mail that nobody can read counts as none."""
    buyer = body.buyer
    return SaleDraft(
        order_id=order_id,
        source=source,
        placed_at=body.placed_at,
        state=body.state,
        lines=tuple(
            LineDraft(item.sku, item.quantity, item.unit_price, item.discount or 0)
            for item in body.items
        ),
        discount=body.discount or 0,
        shipping=body.shipping or 0,
        currency=body.currency,
        updated_at=body.updated_at,
        click_id=body.click_id or None,
        coupon=body.coupon or None,
        note=body.note,
        creator=body.creator,
        phone=text.phone(buyer.phone) if buyer and buyer.phone else None,
        email=text.email(buyer.email) if buyer and buyer.email else None,
    )


def refund_draft(body: RefundIn) -> RefundDraft:
    """A refund as the verb takes it."""
    items = tuple((item.line, item.quantity) for item in body.items or ())
    return RefundDraft(body.refund_id, body.reason, body.amount, items)


def _status(outcome: Outcome) -> int:
    return 201 if outcome.status == "created" else 200


async def _reply(shop: Shop, outcome: Outcome, lang: str) -> Reply:
    whole = _fresh(outcome, lang) or await queries.plain(shop, outcome.sale_id, lang)
    return Reply(whole, _status(outcome))


def _is_fresh(outcome: Outcome) -> bool:
    return outcome.recorded is not None and not outcome.recorded.changed_since


def _fresh(outcome: Outcome, lang: str) -> SaleOut | None:
    """The reply of a sale just recorded, from the rows in hand."""
    made = outcome.recorded
    if made is None or not _is_fresh(outcome):
        return None
    return shown.sale(shown.Whole(made.order, made.credits, made.commissions), lang)


def _refused(refusal: Refusal, lang: str) -> BatchResult:
    return BatchResult(status=refusal.status, problem=document(refusal, lang))


async def _refund_reply(caller: Caller, outcome: RefundOutcome, lang: str) -> Reply:
    row = outcome.refund
    sale = await queries.plain(shop_of(caller), row.sale_id, lang) if row.sale_id else None
    reply = RefundReply(**shown.refund(row).model_dump(), sale=sale)
    status = {"created": 201, "waiting": 202, "unchanged": 200}[outcome.status]
    return Reply(reply, status)


_GUARD = guards.merchant("sales")
ENDPOINTS: list[Endpoint] = [
    post("/v1/sales", record_sale, _GUARD, statuses=(200,), apart=True),
    post("/v1/sales/batch", record_batch, _GUARD, status=200, apart=True),
    get("/v1/sales", list_sales, _GUARD),
    get("/v1/sales/{sale_id}", get_sale, _GUARD),
    put("/v1/sales/{source}/{order_id:path}", put_sale, _GUARD, statuses=(201,)),
    post("/v1/sales/{sale_id}/state", move_sale, _GUARD, status=200),
    post("/v1/sales/{sale_id}/credit", credit_sale, _GUARD, status=200),
    post("/v1/sales/{sale_id}/refunds", refund_sale, _GUARD, statuses=(200,)),
    post("/v1/sales/{sale_id}/disputes", dispute_sale, _GUARD, statuses=(200,)),
    post("/v1/creators", match_creator, _GUARD, statuses=(200,)),
    get("/v1/creators", list_creators, _GUARD),
    delete("/v1/creators/{creator_id}", forget_creator, _GUARD, status=204),
    post("/v1/refunds", refund_order, _GUARD, statuses=(200, 202)),
]
