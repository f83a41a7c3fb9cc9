"""PUT: the order as it is now; what is new about it is priced with the credit it has."""

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Refusal
from jejaring.kit.text import fold_code
from referrals.attribution import attribute, evidence
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit, Decision, Touch
from referrals.attribution.rules import fold_creator
from referrals.commissions import amend
from referrals.commissions.amend import Pricing
from referrals.commissions.reverse import Cause
from referrals.intake import changes, recredit
from referrals.intake.changes import Change
from referrals.intake.record import Entry, Outcome, record_many
from referrals.links.rules import references
from referrals.orders import revise, rules, store
from referrals.orders.models import Sale, SaleLine
from referrals.orders.rules import CLOSED_STATES, SaleDraft, Shop

KEPT = "credit_kept"


@dataclass(frozen=True)
class _Message:
    """How the new body stands to what is stored: its state, and whether it is by its time newer."""

    state: str
    newer: bool


async def upsert(shop: Shop, draft: SaleDraft) -> Outcome:
    """Record the order, or change the known one to what the body says.

    A body whose `updated_at` is older than the last changes nothing. States move forward only,
    unless `updated_at` is newer. Raises Invalid.
    """
    now = world.now()
    rules.check(draft, now)
    entry = Entry(shop, draft, now)
    try:
        return await transact(lambda: _upsert(entry))
    except IntegrityError:  # another process was first with this order; now it is known
        return await transact(lambda: _upsert(entry))


async def _upsert(entry: Entry) -> Outcome:
    draft, shop = entry.draft, entry.shop
    sale = await Sale.filter(
        merchant_id=shop.id, source=draft.source, order_id=draft.order_id
    ).first()
    if sale is None:
        (result,) = await record_many([entry])
        if isinstance(result, Refusal):
            raise result
        return result
    change = await changes.begin(shop, sale.id)
    message = _read(change.order.sale, draft)
    if message is None:
        return Outcome(sale.id, "unchanged")
    if change.order.sale.content_hash == entry.content and message.state == sale.state:
        await revise.note_time(change.order.sale, draft.updated_at)
        return Outcome(sale.id, "unchanged")
    await _change(change, entry, message)
    return Outcome(sale.id, "updated")


def _read(sale: Sale, draft: SaleDraft) -> _Message | None:
    """None for a message that is older than the last."""
    last, said = sale.source_updated_at, draft.updated_at
    if last is not None and said is not None and said < last:
        return None
    newer = said is not None and (last is None or said > last)
    return _Message(rules.next_state(sale.state, draft.state, newer=newer), newer)


async def _change(change: Change, entry: Entry, message: _Message) -> None:
    order, draft = change.order, entry.draft
    sale = order.sale
    reopened = sale.state in CLOSED_STATES and message.state not in CLOSED_STATES
    at = draft.updated_at or entry.received_at
    touches = await Touch.filter(sale_id=sale.id)
    found = await evidence_of(change, touches)
    revise.set_state(sale, message.state, at)
    if reopened:
        # First as it was closed, then as it changed: two entries, two keys.
        await changes.settle(change, Cause(change.version_cause, "order_reopened"))
        await change.money.out.store_changes()  # what came back counts for its month's limits
    _say_kept(sale, draft)
    items = await store.items_of({(entry.shop.id, line.sku) for line in draft.lines})
    fresh = await revise.revise(order, draft, entry.content, items)
    decision = await Decision.filter(sale_id=sale.id).order_by("-created_at", "-id").first()
    ruled = recredit.added(change, found, fresh, decision)
    change.new_credits += _credit_new(change, found, fresh, touches) if ruled is None else ruled
    change.credits += change.new_credits
    closed = sale.state in CLOSED_STATES
    cause = Cause(change.version_cause, f"order_{sale.state}" if closed else "order_changed")
    await amend.amend(Pricing(found, order, change.credits, change.rows, cause, change.money))
    await changes.finish(change, "sale.changed", cause.reason)


def _say_kept(sale: Sale, draft: SaleDraft) -> None:
    """Credit stays as the first message decided it: an order that names a click, a code, a creator
    or a reference only now says so in a note.
    """
    before = _named(sale.click_id, sale.coupon, sale.creator, sale.note)
    now = _named(draft.click_id, draft.coupon, draft.creator, draft.note)
    if now - before and all(note["code"] != KEPT for note in sale.notes):
        sale.notes = [*sale.notes, {"code": KEPT}]


def _named(
    click: str | None, coupon: str | None, creator: str | None, note: str | None
) -> set[tuple[str, str]]:
    """Whom an order names, as credit compares it."""
    found = {("reference", r.code) for r in references(note or "")}
    for name, value in (
        ("click", (click or "")[:64]),
        ("coupon", fold_code(coupon or "")),
        ("creator", fold_creator(creator or "")),
    ):
        if value:
            found.add((name, value))
    return found


async def evidence_of(change: Change, touches: Sequence[Touch]) -> Evidence:
    """The enrolments and terms of the credit that the order has, and may get; their campaigns are
    locked before any balance is.
    """
    found = Evidence()
    ids = {touch.enrolment_id for touch in touches} | {c.enrolment_id for c in change.credits}
    await evidence.load_promises(found, ids)
    await budget.lock(found.campaigns)
    change.money.partners |= {touch.partner_id for touch in touches}
    return found


def _credit_new(
    change: Change, found: Evidence, fresh: list[SaleLine], touches: Sequence[Touch]
) -> list[Credit]:
    """Credit for added lines, by the touches of the first recording. What the order's other lines
    of a campaign go by (the terms' version, the link) goes for these, too.
    """
    if not fresh:
        return []
    selfish = {c.partner_id for c in change.credits if c.self_referral}
    known = {c.touch_id: c.because for c in change.credits}
    rows = attribute.credited_again(found, change.order, fresh, touches)
    for row in rows:
        row.self_referral = row.partner_id in selfish
        because = known.get(row.touch_id, {})
        row.because["link_id"] = because.get("link_id", "")
        if "coupon" in because:
            row.because["coupon"] = because["coupon"]
    change.keep_versions(rows)
    return rows
