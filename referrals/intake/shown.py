"""Sales as replies: rows in, words added, shapes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from referrals.attribution.models import Credit, Decision, Touch
from referrals.attribution.rules import summary
from referrals.commissions import words as commission_words
from referrals.commissions.models import Commission
from referrals.intake import words
from referrals.intake.shapes import (
    CreditOut,
    DecisionOut,
    DisputeOut,
    LineOut,
    RefundOut,
    RefundPart,
    SaleDetail,
    SaleOut,
    TouchOut,
)
from referrals.orders.models import Refund, SaleLine
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order


@dataclass(frozen=True)
class Whole:
    """A sale with everything that hangs on it; `handles` and `names` of partners by id."""

    order: Order
    credits: Sequence[Credit]
    commissions: Sequence[Commission]
    standings: Mapping[str, str] = field(default_factory=dict)
    touches: Sequence[Touch] = ()
    decisions: Sequence[Decision] = ()
    refunds: Sequence[Refund] = ()
    handles: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def sale(whole: Whole, lang: str) -> SaleOut:
    """The sale without its lines."""
    return SaleOut.model_construct(**_values(whole, lang))


def detail(whole: Whole, lang: str) -> SaleDetail:
    """The sale with its lines, touches and refunds."""
    row = whole.order.sale
    return SaleDetail.model_construct(
        **_values(whole, lang),
        version=row.version,
        paid_at=row.paid_at,
        delivered_at=row.delivered_at,
        closed_at=row.closed_at,
        new_buyer=row.new_buyer,
        click_id=row.click_id,
        coupon=row.coupon,
        note=row.note,
        items=[_line(whole, line, lang) for line in whole.order.lines],
        touches=[_touch(whole, touch, lang) for touch in whole.touches],
        decisions=[_decision(d) for d in whole.decisions],
        refunds=[refund(r) for r in whole.refunds if r.kind == "refund"],
        disputes=[dispute(r) for r in whole.refunds if r.kind == "dispute"],
    )


def _values(whole: Whole, lang: str) -> dict[str, Any]:
    row = whole.order.sale
    return {
        "id": row.id,
        "order_id": row.order_id,
        "source": row.source,
        "state": row.state,
        "placed_at": row.placed_at,
        "received_at": row.received_at,
        "items_total": row.items_total,
        "discount": row.discount,
        "shipping": row.shipping,
        "base": row.base,
        "currency": row.currency,
        "credit": _summary(whole, lang),
        "commissions": [
            commission_words.shown(c, lang, whole.standings)
            for c in sorted(whole.commissions, key=_in_order)
        ],
        "notes": [words.note(note, lang) for note in row.notes],
    }


def _in_order(row: Commission) -> tuple[datetime, int, str]:
    """As they were made, and within one moment by line (ids of one millisecond are in no order)."""
    line = row.because.get("line")
    return (row.created_at, line if isinstance(line, int) else 0, row.id)


def _summary(whole: Whole, lang: str) -> list[CreditOut]:
    """The order's credit: each partner once, with their part of the credited base."""
    lines = {line.id: line for line in whole.order.lines}
    given = sorted(whole.credits, key=lambda c: (lines[c.line_id].position, c.id))
    parts = summary([(c.enrolment_id, lines[c.line_id].base, c.share_bp) for c in given])
    first = {c.enrolment_id: c for c in reversed(given)}
    return [_credit(whole, first[e], share_bp, lang) for e, share_bp in parts.items()]


def _credit(
    whole: Whole, row: Credit, share_bp: int, lang: str, item: str | None = None
) -> CreditOut:
    return CreditOut(
        enrolment_id=row.enrolment_id,
        partner=str(row.because["partner"]),
        share_bp=share_bp,
        by=row.by,
        because=words.credit(row, whole.order, lang, whole.names.get(row.partner_id)),
        code=str(row.because["code"]),
        item=item,
        self_referral=row.self_referral,
    )


def _line(whole: Whole, line: SaleLine, lang: str) -> LineOut:
    closed = whole.order.sale.state in CLOSED_STATES
    return LineOut(
        line=line.position,
        sku=line.sku,
        product_id=line.product_id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        base=line.base,
        refunded=line.base if closed else line.refunded,
        returned=line.quantity if closed else line.returned,
        credit=[
            _credit(whole, c, c.share_bp, lang, c.item)
            for c in whole.credits
            if c.line_id == line.id
        ],
    )


def _touch(whole: Whole, row: Touch, lang: str) -> TouchOut:
    return TouchOut(
        id=row.touch_id,
        by=row.by,
        at=row.at,
        enrolment_id=row.enrolment_id,
        partner=whole.handles.get(row.partner_id, ""),
        campaign_id=row.campaign_id,
        won=row.won,
        reason=row.reason,
        text=words.touch(row, lang, whole.order.shop.zone),
    )


def _decision(row: Decision) -> DecisionOut:
    return DecisionOut(
        id=row.id,
        enrolment_id=row.enrolment_id,
        reason=row.reason,
        actor=row.actor,
        before=row.before,
        at=row.created_at,
    )


def refund(row: Refund) -> RefundOut:
    """A refund as the outside sees it."""
    return RefundOut(
        id=row.id,
        refund_id=row.refund_id,
        source=row.source,
        order_id=row.order_id,
        sale_id=row.sale_id,
        state=row.state,
        amount=row.amount,
        items=list(row.items),
        reason=row.reason,
        lines=_parts(row),
        over_base=_over(row),
        received_at=row.received_at,
        applied_at=row.applied_at,
    )


def dispute(row: Refund) -> DisputeOut:
    """A dispute as the outside sees it."""
    return DisputeOut(
        id=row.id,
        dispute_id=row.refund_id,
        sale_id=row.sale_id,
        outcome="lost" if row.state == "applied" else "won",
        amount=row.amount,
        lines=_parts(row),
        over_base=_over(row),
        lost_at=row.applied_at,
        won_at=row.undone_at,
    )


def _parts(row: Refund) -> list[RefundPart]:
    """What it took (and, undone, gave back) by line."""
    taken = sorted((int(line), amount) for line, amount in row.spread.items())
    return [RefundPart(line=line, amount=amount) for line, amount in taken]


def _over(row: Refund) -> int:
    """The part of its amount that exceeded what was left."""
    if row.amount is None or row.applied_at is None:
        return 0
    over: int = row.amount - sum(row.spread.values())
    return over
