"""Bonds: a buyer stays with the partner of their first completed order, until another earns one.

Only completed, credited orders make or move a bond: no list of contacts ever does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q

from campaigns.terms import versions
from jejaring import world
from jejaring.db import bulk
from referrals.attribution import rules
from referrals.attribution.models import Bond, Credit
from referrals.attribution.rules import Standing
from referrals.orders.models import Sale
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order


@dataclass(frozen=True)
class _Earned:
    """A completed order and the credit that leads it, with the bond's days that its terms give."""

    sale: Sale
    credit: Credit
    days: int


async def follow(pairs: Sequence[tuple[Order, Sequence[Credit]]]) -> None:
    """Make, move or end bonds as these orders now stand, in the caller's transaction, which holds
    their rows. Doing it again changes nothing.
    """
    earned = [found for order, given in pairs if (found := await _earned(order, given))]
    kept = {one.sale.id for one in earned}
    gone = [o.sale.id for o, given in pairs if _lost(o, given) and o.sale.id not in kept]
    if gone:
        await Bond.filter(sale_id__in=gone, ended_at=None).update(ended_at=world.now())
    if not earned:
        return
    known = await _known(earned)
    orders = Sale.filter(id__in=list({bond.sale_id for bond in known}))
    placed = dict(await orders.values_list("id", "placed_at")) if known else {}
    placed |= {one.sale.id: one.sale.placed_at for one in earned}
    stored = [bond for bond in known if bond.ended_at is None]
    fresh: list[Bond] = []
    for one in sorted(earned, key=lambda e: (e.sale.placed_at, e.sale.id)):
        made = _moved(one, [b for b in [*known, *fresh] if _same_buyer(b, one.sale)], placed)
        if made is not None:
            fresh.append(made)
    await bulk.update([bond for bond in stored if bond.ended_at], "ended_at", "ended_by")
    await bulk.insert(fresh)


def _lost(order: Order, given: Sequence[Credit]) -> bool:
    """Whether nothing that the order could have made a bond by is left."""
    return order.sale.state in CLOSED_STATES or (order.sale.state == "completed" and not given)


async def _earned(order: Order, given: Sequence[Credit]) -> _Earned | None:
    sale = order.sale
    if sale.state != "completed" or not (sale.buyer_phone or sale.buyer_email):
        return None
    lines = {line.id: line for line in order.lines}
    own = [c for c in given if not c.self_referral]
    parts = rules.summary([(c.enrolment_id, lines[c.line_id].base, c.share_bp) for c in own])
    if not parts:
        return None
    leader = max(parts, key=lambda enrolment_id: (parts[enrolment_id], enrolment_id))
    credit = next(c for c in own if c.enrolment_id == leader)
    if credit.by == "bond":
        return None
    terms = await versions.by_number(credit.campaign_id, credit.terms_number)
    return _Earned(sale, credit, terms.bond_days) if terms.bond_days else None


async def _known(earned: Sequence[_Earned]) -> list[Bond]:
    phones = {e.sale.buyer_phone for e in earned if e.sale.buyer_phone}
    emails = {e.sale.buyer_email for e in earned if e.sale.buyer_email}
    wanted = Bond.filter(
        Q(buyer_phone__in=list(phones)) | Q(buyer_email__in=list(emails)),
        merchant_id__in=list({e.sale.merchant_id for e in earned}),
    )
    return list(await wanted.order_by("made_at", "id").select_for_update())


def _same_buyer(bond: Bond, sale: Sale) -> bool:
    return bond.merchant_id == sale.merchant_id and (
        (sale.buyer_phone is not None and bond.buyer_phone == sale.buyer_phone)
        or (sale.buyer_email is not None and bond.buyer_email == sale.buyer_email)
    )


def _moved(one: _Earned, own: list[Bond], placed: Mapping[str, datetime]) -> Bond | None:
    """The new bond, the old ones ended; None where the standing one stays."""
    sale, credit = one.sale, one.credit
    standing_ones = [bond for bond in own if bond.ended_at is None]
    last = standing_ones[-1] if standing_ones else None
    standing = (
        Standing(last.sale_id, last.enrolment_id, placed[last.sale_id])
        if last is not None
        else None
    )
    if not rules.bond_moves(standing, sale.id, credit.enrolment_id, sale.placed_at):
        return None
    at = max(sale.delivered_at or world.now(), sale.placed_at)
    for bond in standing_ones:
        bond.ended_at, bond.ended_by = max(at, bond.made_at), sale.id
    return bulk.new(
        Bond,
        id=world.new_id("bnd"),
        merchant_id=sale.merchant_id,
        buyer_phone=sale.buyer_phone,
        buyer_email=sale.buyer_email,
        enrolment_id=credit.enrolment_id,
        partner_id=credit.partner_id,
        campaign_id=credit.campaign_id,
        sale_id=sale.id,
        since=min([sale.placed_at, *(bond.since for bond in own)]),
        made_at=at,
        until=at + timedelta(days=one.days),
    )
