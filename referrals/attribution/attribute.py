"""Credit a sale: judge its touches, keep what was considered and what was decided as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jejaring import world
from jejaring.db import bulk
from jejaring.kit.text import fold_code
from jejaring.settings import settings
from referrals.attribution import rules, touches
from referrals.attribution.evidence import Ask, Evidence
from referrals.attribution.models import Credit, Touch
from referrals.attribution.rules import Person, Seen, Share, Sold, Verdict
from referrals.orders.models import SaleLine
from referrals.orders.store import Note, Order


@dataclass(frozen=True)
class Ruling:
    """A person's decision as credit needs it."""

    id: str
    enrolment_id: str
    reason: str


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
    seen = [replace(t, uses=found.uses.get(t.id, 0)) for t in touches.touches(found, ask, notes)]
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


def decided(
    found: Evidence, order: Order, ruling: Ruling, lines: Sequence[SaleLine] | None = None
) -> Attribution:
    """The credit by a person's decision of the lines (None: of all, by whose time it is judged)
    that the enrolment's campaign covers. It is never a self-referral: the person has seen to that.
    """
    enrolment = found.enrolments[ruling.enrolment_id]
    touch = Seen(
        id=ruling.id,
        by="manual",
        at=rules.moment(order.sale.placed_at),
        enrolment_id=enrolment.id,
        partner_id=enrolment.partner_id,
        campaign_id=enrolment.campaign_id,
        stands=lines is not None,
    )
    verdict = judge(found, order, order.lines if lines is None else lines, [touch])
    credits_made = credit_rows(found, order, verdict, set())
    for row in credits_made:
        row.decision_id = ruling.id
        row.because["reason"] = ruling.reason
    return Attribution(credits_made, touch_rows(order, verdict))


def _selves(found: Evidence, ask: Ask, seen: Sequence[Seen], verdict: Verdict) -> set[str]:
    """The credited partners who bought from themselves."""
    credited = {share.touch.partner_id for share in verdict.shares}
    if not credited:
        return set()
    buyer = touches.buyer(ask.draft)
    return {p for p in credited if rules.is_self(p, seen, buyer, _person(found, p))}


def _person(found: Evidence, partner_id: str) -> Person:
    known = found.contacts.get(partner_id)
    accounts = found.accounts.get(partner_id)
    return Person(
        known.phones if known else frozenset(),
        known.emails if known else frozenset(),
        accounts.indexes if accounts else frozenset(),
    )


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
    placed_at = rules.moment(order.sale.placed_at)
    version = found.terms_at(touch.campaign_id, placed_at)
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
            "tier": partner.tier_at(placed_at),
            "partner": partner.partner_slug,
            "link_id": touch.link_id,
            **_coupon(order, touch),
            **_since(found, touch),
        },
        self_referral=touch.partner_id in selfish,
        created_at=world.now(),
    )


def _coupon(order: Order, touch: Seen) -> dict[str, object]:
    """The code that was used: a later message may say another, or none."""
    code = order.sale.coupon if touch.by == "coupon" else None
    return {} if code is None else {"coupon": fold_code(code)}


def _since(found: Evidence, touch: Seen) -> dict[str, object]:
    """Of a bond: when the buyer's first credited order was placed; `recurring` counts from it."""
    bonds = (b for several in found.bonds.values() for b in several if b.touch.id == touch.id)
    bond = next(bonds, None) if touch.by == "bond" else None
    return {} if bond is None else {"since": bond.since.isoformat()}


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
    """Credit for lines that an upsert added, by the touches of the first recording. What won then
    still stands, though the campaign has ended since (by this very order, perhaps).
    """
    seen = [
        Seen(
            id=row.touch_id,
            by=row.by,
            at=row.at,
            enrolment_id=row.enrolment_id,
            partner_id=row.partner_id,
            campaign_id=row.campaign_id,
            product_id=row.product_id,
            stands=row.won,
        )
        for row in stored
        if row.reason != "used_up"
    ]
    return credit_rows(found, order, judge(found, order, lines, seen), set())
