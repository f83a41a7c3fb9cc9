"""Credit a sale: judge its touches, keep what was considered and what was decided as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jejaring import world
from jejaring.db import bulk
from jejaring.settings import settings
from referrals.attribution import evidence, rules
from referrals.attribution.evidence import Ask, Evidence
from referrals.attribution.models import Credit, Touch
from referrals.attribution.rules import Seen, Share, Sold, Verdict
from referrals.orders.models import SaleLine
from referrals.orders.store import Note, Order


@dataclass(frozen=True)
class Attribution:
    """Who was credited for an order, and every touch considered; rows not stored yet."""

    credits: list[Credit]
    touches: list[Touch]


def attribute(found: Evidence, order: Order, ask: Ask) -> Attribution:
    """Decide the credit of a new order from the evidence, and count the uses of its clicks.

    What the asker should know of it is added to the order's notes.
    """
    notes: list[Note] = list(order.sale.notes)
    seen = [replace(t, uses=found.uses.get(t.id, 0)) for t in evidence.touches(found, ask, notes)]
    verdict = judge(found, order, order.lines, seen)
    for touch_id in {judged.touch.id for judged in verdict.judged if judged.won}:
        found.uses[touch_id] = found.uses.get(touch_id, 0) + 1
    selfish = _selves(found, ask, seen, verdict)
    rows = credit_rows(found, order, verdict, selfish)
    notes += _line_notes(seen, verdict)
    order.sale.notes = notes
    return Attribution(rows, touch_rows(order, verdict))


def judge(
    found: Evidence, order: Order, lines: Sequence[SaleLine], seen: Sequence[Seen]
) -> Verdict:
    """The verdict on these lines of the order."""
    placed_at = rules.moment(order.sale.placed_at)
    promises = found.promises({t.campaign_id for t in seen}, placed_at)
    sold = Sold(placed_at, tuple((line.position, line.product_id) for line in lines))
    return rules.credit(seen, promises, found.enrolments, sold, settings().click_order_limit)


def _selves(found: Evidence, ask: Ask, seen: Sequence[Seen], verdict: Verdict) -> set[str]:
    """The credited partners who bought from themselves."""
    buyer = evidence.buyer(ask.draft)
    selves = set()
    for partner_id in {share.touch.partner_id for share in verdict.shares}:
        known = found.contacts.get(partner_id)
        contacts = (known.phones, known.emails) if known else ((), ())
        if rules.is_self(partner_id, seen, buyer, contacts):
            selves.add(partner_id)
    return selves


def _line_notes(seen: Sequence[Seen], verdict: Verdict) -> list[Note]:
    """Lines that were brought but not credited are named with the reason; without any touch there
    is nothing to say.
    """
    if not seen:
        return []
    by_reason: dict[str, list[int]] = {}
    for position, why in sorted(verdict.uncredited.items()):
        by_reason.setdefault(why, []).append(position)
    return [{"code": why, "lines": lines} for why, lines in by_reason.items()]


def credit_rows(found: Evidence, order: Order, verdict: Verdict, selfish: set[str]) -> list[Credit]:
    """The credits of a verdict as rows. Each copies what it needs of its touch (clicks are pruned)
    and keeps the partner's role and tier of that day, so that a later re-pricing sees the same.
    """
    lines = {line.position: line for line in order.lines}
    return [_credit(found, order, lines[s.position], s, selfish) for s in verdict.shares]


def _credit(
    found: Evidence, order: Order, line: SaleLine, share: Share, selfish: set[str]
) -> Credit:
    touch = share.touch
    partner = found.enrolments[touch.enrolment_id]
    version = found.terms_at(touch.campaign_id, rules.moment(order.sale.placed_at))
    assert version is not None  # noqa: S101 — a campaign without terms is never eligible
    return bulk.new(
        Credit,
        id=world.new_id("crd"),
        sale_id=order.sale.id,
        line_id=line.id,
        enrolment_id=touch.enrolment_id,
        partner_id=touch.partner_id,
        campaign_id=touch.campaign_id,
        share_bp=share.share_bp,
        by=touch.by,
        touch_id=touch.id,
        touch_at=touch.at,
        item=share.item,
        terms_number=version[0],
        because={
            "code": share.why,
            "role": partner.role,
            "tier": partner.tier,
            "partner": partner.partner_slug,
            "link_id": touch.link_id,
        },
        self_referral=touch.partner_id in selfish,
        created_at=world.now(),
    )


def touch_rows(order: Order, verdict: Verdict) -> list[Touch]:
    """Every touch that was considered, with its reason."""
    return [
        bulk.new(
            Touch,
            sale_id=order.sale.id,
            touch_id=judged.touch.id,
            by=judged.touch.by,
            at=judged.touch.at,
            enrolment_id=judged.touch.enrolment_id,
            partner_id=judged.touch.partner_id,
            campaign_id=judged.touch.campaign_id,
            product_id=judged.touch.product_id,
            won=judged.won,
            reason=judged.reason,
        )
        for judged in verdict.judged
    ]


def credited_again(
    found: Evidence, order: Order, lines: Sequence[SaleLine], stored: Sequence[Touch]
) -> list[Credit]:
    """Credit for lines that an upsert added, by the touches of the first recording."""
    seen = [
        Seen(
            id=row.touch_id,
            by=row.by,
            at=row.at,
            enrolment_id=row.enrolment_id,
            partner_id=row.partner_id,
            campaign_id=row.campaign_id,
            product_id=row.product_id,
        )
        for row in stored
        if row.reason != "used_up"
    ]
    return credit_rows(found, order, judge(found, order, lines, seen), set())
