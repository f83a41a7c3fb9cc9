"""The one pipeline that every sale comes through: checked, stored, credited, accrued, told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db import bulk, sql
from jejaring.db.transact import transact
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.errors import Conflict, Invalid, Refusal
from jejaring.ledger.post import hold
from referrals.attribution import attribute, bonds, evidence
from referrals.attribution.evidence import Ask
from referrals.attribution.models import Credit
from referrals.commissions import accrue, write
from referrals.commissions.models import Commission
from referrals.commissions.write import Ledgered
from referrals.intake import figures, refund
from referrals.intake.rules import deltas
from referrals.orders import rules, store
from referrals.orders.models import Sale
from referrals.orders.rules import SaleDraft, Shop
from referrals.orders.store import Item, Known, Order, OrderKey, Surroundings


@dataclass(frozen=True)
class Entry:
    """A sale at the door, and when it came."""

    shop: Shop
    draft: SaleDraft
    received_at: datetime

    @property
    def key(self) -> OrderKey:
        return store.key_of(self.shop.id, self.draft)

    @property
    def content(self) -> str:
        """What its full body says, as a hash."""
        return rules.content_hash(self.draft, *store.buyer_hashes(self.draft))


@dataclass(frozen=True)
class Recorded:
    """An order with everything that was decided about it; `changed_since` by a refund that had
    waited for it.
    """

    order: Order
    credits: list[Credit]
    commissions: list[Commission]
    changed_since: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a sale: `created`, `unchanged` or `updated`; its rows where they are new."""

    sale_id: str
    status: str
    recorded: Recorded | None = None


Result = Outcome | Refusal


async def record(shop: Shop, draft: SaleDraft) -> Outcome:
    """Record one sale in a transaction of its own. The same order with the same content again is
    `unchanged`. Raises Invalid, and Conflict `order_exists` for other content.
    """
    entry = Entry(shop, draft, world.now())
    try:
        (result,) = await transact(lambda: record_many([entry]))
    except IntegrityError:  # another process was first with this order; now it is known
        (result,) = await transact(lambda: record_many([entry]))
    if isinstance(result, Refusal):
        raise result
    return result


async def record_many(entries: Sequence[Entry]) -> list[Result]:
    """Record many sales, of any merchants, in the caller's transaction, in a fixed number of
    statements. Each gets its own answer; a refused one leaves no trace.
    """
    results: dict[int, Result] = {}
    good = []
    for i, entry in enumerate(entries):
        faults = rules.wrong(entry.draft, entry.received_at)
        if faults:
            results[i] = Invalid(fields=faults)
        else:
            good.append(i)
    around = await _look_around([entries[i] for i in good])
    firsts: dict[OrderKey, int] = {}
    for i in good:
        known = around.known.get(entries[i].key)
        if known is not None:
            results[i] = again(known.id, known.content_hash, entries[i])
        else:
            firsts.setdefault(entries[i].key, i)
    made = await _store_new([entries[i] for i in firsts.values()], around)
    for i in good:
        if i not in results:
            recorded = made[entries[i].key]
            sale = recorded.order.sale
            if firsts[entries[i].key] == i:
                results[i] = Outcome(sale.id, "created", recorded)
            else:
                results[i] = again(sale.id, sale.content_hash, entries[i])
    return [results[i] for i in range(len(entries))]


def again(sale_id: str, content: str, entry: Entry) -> Result:
    """The answer to an order that is known already."""
    if content == entry.content:
        return Outcome(sale_id, "unchanged")
    return Conflict("order_exists", order_id=entry.draft.order_id, sale_id=sale_id)


@dataclass
class _Around:
    """What is known around sales at the door, read in one go."""

    known: dict[OrderKey, Known] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    earliest: dict[tuple[str, str], datetime] = field(default_factory=dict)
    evidence: list[list[dict[str, Any]]] = field(default_factory=list)


async def _look_around(entries: Sequence[Entry]) -> _Around:
    if not entries:
        return _Around()
    keys = {entry.key for entry in entries}
    asks = [Ask(entry.shop, entry.draft) for entry in entries]
    hashes = {h for e in entries for h in store.buyer_hashes(e.draft) if h}
    await sql.take_turns(hashes)  # two first orders of one buyer: only one is a new buyer's
    known, waiting, items, earliest, *found = await bulk.read(
        store.known_query(keys),
        store.waiting_query(keys),
        store.items_query({(e.shop.id, line.sku) for e in entries for line in e.draft.lines}),
        store.earliest_query({e.shop.id for e in entries}, hashes),
        *evidence.queries(asks),
    )
    return _Around(
        known=store.known(known),
        waiting=[row["id"] for row in waiting],
        items=store.items(items),
        earliest=store.earliest(earliest),
        evidence=found,
    )


async def _store_new(entries: Sequence[Entry], around: _Around) -> dict[OrderKey, Recorded]:
    if not entries:
        return {}
    asks = [Ask(entry.shop, entry.draft) for entry in entries]
    found = await evidence.gather(asks, around.evidence)
    orders = [_build(entry, around) for entry in entries]
    credited = [
        attribute.attribute(found, order, ask) for order, ask in zip(orders, asks, strict=True)
    ]
    out = Ledgered()
    pairs = [(order, made.credits) for order, made in zip(orders, credited, strict=True)]
    rows = await accrue.accrue(found, pairs, out)
    recorded = {
        entry.key: Recorded(order, given, rows.get(order.sale.id, []))
        for entry, (order, given) in zip(entries, pairs, strict=True)
    }
    out.events += [_told(each) for each in recorded.values()]
    if around.waiting:
        # A refund that waits may move other balances of these partners than the sales do.
        await hold((row.merchant_id, row.partner_id) for row in out.commissions)
    await write.write(
        out,
        [order.sale for order in orders],
        [line for order in orders for line in order.lines],
        [touch for made in credited for touch in made.touches],
        [credit for made in credited for credit in made.credits],
    )
    for key, refunds in (await store.waiting(around.waiting)).items():
        if key in recorded:
            await refund.apply_waiting(recorded[key].order, recorded[key].credits, refunds)
            recorded[key] = replace(recorded[key], changed_since=True)
    # Last, for bonds are locked after all balances.
    await bonds.follow(
        [(order, given) for order, given in pairs if order.sale.state == "completed"]
    )
    return recorded


def _build(entry: Entry, around: _Around) -> Order:
    """A new order's rows; those after it see its buyer."""
    seen = Surroundings(around.items, around.earliest)
    order = store.build(entry.shop, entry.draft, entry.received_at, seen)
    sale = order.sale
    if sale.state != "cancelled":
        for buyer in filter(None, (sale.buyer_phone, sale.buyer_email)):
            place = (entry.shop.id, buyer)
            first = around.earliest.get(place, sale.placed_at)
            around.earliest[place] = min(sale.placed_at, first)
    return order


def _told(recorded: Recorded) -> Event:
    sale: Sale = recorded.order.sale
    after = figures.of(recorded.order, recorded.credits, recorded.commissions)
    return publish.draft(
        "sale.recorded",
        sale.merchant_id,
        sale.id,
        order_id=sale.order_id,
        source=sale.source,
        state=sale.state,
        merchant_id=sale.merchant_id,
        figures=deltas([], after),
    )
