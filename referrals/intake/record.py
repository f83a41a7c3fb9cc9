"""The one pipeline that every sale comes through: checked, stored, credited, accrued, told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.errors import Conflict, Invalid, Refusal
from referrals.attribution import attribute, evidence
from referrals.attribution.evidence import Ask
from referrals.attribution.models import Credit
from referrals.commissions import accrue, write
from referrals.commissions.accrue import Ledgered
from referrals.commissions.models import Commission
from referrals.intake import figures, refund
from referrals.intake.rules import deltas
from referrals.orders import rules, store
from referrals.orders.models import Sale
from referrals.orders.rules import SaleDraft, Shop
from referrals.orders.store import Order, OrderKey, Surroundings


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
    known = await store.known({entries[i].key for i in good}) if good else {}
    firsts: dict[OrderKey, int] = {}
    for i in good:
        sale = known.get(entries[i].key)
        if sale is not None:
            results[i] = again(sale.id, sale.content_hash, entries[i])
        else:
            firsts.setdefault(entries[i].key, i)
    made = await _store_new([entries[i] for i in firsts.values()])
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


async def _store_new(entries: Sequence[Entry]) -> dict[OrderKey, Recorded]:
    if not entries:
        return {}
    keys = [entry.key for entry in entries]
    asks = [Ask(entry.shop, entry.draft) for entry in entries]
    waiting = await store.waiting_refunds(keys)
    found = await evidence.gather(asks)
    orders = await _orders(entries)
    credited = [
        attribute.attribute(found, order, ask) for order, ask in zip(orders, asks, strict=True)
    ]
    await store.insert(orders)
    await attribute.insert(credited)
    out = Ledgered()
    pairs = [(order, made.credits) for order, made in zip(orders, credited, strict=True)]
    rows = await accrue.accrue(found, pairs, out)
    recorded = {
        key: Recorded(order, made.credits, rows.get(order.sale.id, []))
        for key, order, made in zip(keys, orders, credited, strict=True)
    }
    out.events += [_told(each) for each in recorded.values()]
    await write.write(out)
    for key, refunds in waiting.items():
        await refund.apply_waiting(recorded[key].order, recorded[key].credits, refunds)
        recorded[key] = replace(recorded[key], changed_since=True)
    return recorded


async def _orders(entries: Sequence[Entry]) -> list[Order]:
    """The new orders' rows; each sees the buyers of those before it."""
    merchants = {entry.shop.id for entry in entries}
    items = await store.items({(e.shop.id, line.sku) for e in entries for line in e.draft.lines})
    hashes = {h for e in entries for h in store.buyer_hashes(e.draft) if h}
    earliest = await store.earliest(merchants, hashes)
    orders = []
    for entry in entries:
        around = Surroundings(items, earliest)
        order = store.build(entry.shop, entry.draft, entry.received_at, around)
        if order.sale.state != "cancelled":
            for buyer in (order.sale.buyer_phone, order.sale.buyer_email):
                if buyer:
                    place = (entry.shop.id, buyer)
                    earliest[place] = min(
                        order.sale.placed_at, earliest.get(place, order.sale.placed_at)
                    )
        orders.append(order)
    return orders


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
