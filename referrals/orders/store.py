"""Orders in the database: what is known of many at once, new ones built and inserted in bulk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.catalog.models import Product
from jejaring import world
from jejaring.db import bulk, sql
from jejaring.identity import sealing
from referrals.orders import rules
from referrals.orders.models import Refund, Sale, SaleLine
from referrals.orders.rules import Milestones, SaleDraft, Shop, Totals

OrderKey = tuple[str, str, str]
Note = dict[str, object]


@dataclass(frozen=True)
class Item:
    """A product as an order line needs it."""

    id: str
    category: str


@dataclass(frozen=True)
class Order:
    """A sale with its lines by position; rows that may not be stored yet."""

    shop: Shop
    sale: Sale
    lines: list[SaleLine]
    categories: dict[str, str] = field(default_factory=dict)

    def category(self, line: SaleLine) -> str:
        """The category of a line's product, '' for an unknown one."""
        return self.categories.get(line.product_id or "", "")


def key_of(merchant_id: str, draft: SaleDraft) -> OrderKey:
    """What makes an order unique."""
    return (merchant_id, draft.source, draft.order_id)


async def known(keys: Collection[OrderKey]) -> dict[OrderKey, Sale]:
    """The stored sales among these orders, in one query."""
    merchants, sources, orders = (list(set(part)) for part in zip(*keys, strict=True))
    rows = await Sale.filter(merchant_id__in=merchants, source__in=sources, order_id__in=orders)
    found = {(row.merchant_id, row.source, row.order_id): row for row in rows}
    return {key: found[key] for key in keys if key in found}


async def items(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """The products behind (merchant, sku) pairs, in one query; an unknown one is absent."""
    rows = await Product.filter(
        merchant_id__in=list({m for m, _ in wanted}), sku__in=list({s for _, s in wanted})
    ).values_list("merchant_id", "sku", "id", "category")
    return {(merchant, sku): Item(pid, category) for merchant, sku, pid, category in rows}


def buyer_hashes(draft: SaleDraft) -> tuple[str | None, str | None]:
    """Keyed hashes of the buyer's phone and e-mail; the only form in which they are kept."""
    phone = sealing.blind("buyer", draft.phone) if draft.phone else None
    email = sealing.blind("buyer", draft.email) if draft.email else None
    return phone, email


async def earliest(
    merchants: Collection[str], hashes: Collection[str]
) -> dict[tuple[str, str], datetime]:
    """For each (merchant, buyer hash) when the earliest not cancelled order was placed."""
    if not hashes:
        return {}
    shops, buyers = list(set(merchants)), list(set(hashes))
    marks = f"IN ({', '.join('?' * len(shops))})", f"IN ({', '.join('?' * len(buyers))})"
    part = (
        "SELECT merchant_id, {0} AS buyer, min(placed_at) AS at FROM sale "
        "WHERE merchant_id {1} AND {0} {2} AND state <> 'cancelled' GROUP BY merchant_id, {0}"
    )
    query = " UNION ALL ".join(part.format(c, *marks) for c in ("buyer_phone", "buyer_email"))
    found: dict[tuple[str, str], datetime] = {}
    for row in await sql.rows(query, [*shops, *buyers, *shops, *buyers]):
        place, at = (row["merchant_id"], row["buyer"]), instant(row["at"])
        found[place] = min(at, found.get(place, at))
    return found


def instant(value: Any) -> datetime:
    """A datetime as a raw query returns it: text on SQLite."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


@dataclass(frozen=True)
class Surroundings:
    """What is known around a new order: its products, and its buyer's earliest order."""

    items: Mapping[tuple[str, str], Item]
    earliest: Mapping[tuple[str, str], datetime]


def build(shop: Shop, draft: SaleDraft, received_at: datetime, around: Surroundings) -> Order:
    """A new order's rows, not stored yet, with its notes."""
    totals = rules.totals(draft.lines, draft.discount)
    phone, email = buyer_hashes(draft)
    seen = (around.earliest.get((shop.id, h)) for h in (phone, email) if h)
    known = [at for at in seen if at is not None]
    at = max(draft.updated_at or received_at, draft.placed_at)
    reached = rules.milestones(Milestones(), draft.state, at)
    sale = bulk.new(
        Sale,
        id=world.new_id("sal"),
        merchant_id=shop.id,
        source=draft.source,
        order_id=draft.order_id,
        state=draft.state,
        received_at=received_at,
        currency=draft.currency,
        buyer_phone=phone,
        buyer_email=email,
        new_buyer=rules.is_new(draft.placed_at, bool(phone or email), min(known, default=None)),
        version=1,
        notes=_notes(shop, draft, received_at, around.items),
        **columns(draft, totals, rules.content_hash(draft, phone, email)),
        **_reached(reached),
    )
    order = Order(shop, sale, [])
    for position, (line, base) in enumerate(zip(draft.lines, totals.bases, strict=True), 1):
        add_line(order, position, line, base, around.items)
    return order


def add_line(
    order: Order,
    position: int,
    draft: rules.LineDraft,
    base: int,
    products: Mapping[tuple[str, str], Item],
) -> SaleLine:
    """A new line's row at the order's end, not stored yet."""
    item = products.get((order.shop.id, draft.sku))
    if item is not None:
        order.categories[item.id] = item.category
    line = bulk.new(
        SaleLine,
        id=world.new_id("lin"),
        sale_id=order.sale.id,
        position=position,
        sku=draft.sku,
        product_id=item.id if item else None,
        quantity=draft.quantity,
        unit_price=draft.unit_price,
        discount=draft.discount,
        base=base,
        refunded=0,
        returned=0,
    )
    order.lines.append(line)
    return line


def columns(draft: SaleDraft, totals: Totals, content: str) -> dict[str, Any]:
    """What a body says of the order as a whole, as columns."""
    return {
        "placed_at": draft.placed_at,
        "source_updated_at": draft.updated_at,
        "items_total": totals.items_total,
        "discount": draft.discount,
        "shipping": draft.shipping,
        "base": totals.base,
        "click_id": draft.click_id[:64] if draft.click_id else None,
        "coupon": draft.coupon[:64] if draft.coupon else None,
        "note": draft.note,
        "creator": draft.creator,
        "content_hash": content,
    }


def _reached(reached: Milestones) -> dict[str, datetime | None]:
    return {
        "paid_at": reached.paid_at,
        "delivered_at": reached.delivered_at,
        "closed_at": reached.closed_at,
    }


def _notes(
    shop: Shop,
    draft: SaleDraft,
    received_at: datetime,
    products: Mapping[tuple[str, str], Item],
) -> list[Note]:
    notes: list[Note] = []
    strange = sorted({e.sku for e in draft.lines if (shop.id, e.sku) not in products})
    if strange:
        notes.append({"code": "unknown_sku", "sku": strange})
    if received_at - draft.placed_at > rules.LATE:
        hours = int((received_at - draft.placed_at).total_seconds() // 3600)
        notes.append({"code": "late", "n": hours})
    return notes


async def insert(orders: Sequence[Order]) -> None:
    """Store new orders and their lines: two statements. IntegrityError where another process
    stored one of them meanwhile.
    """
    await bulk.insert([order.sale for order in orders])
    await bulk.insert([line for order in orders for line in order.lines])


async def load(shop: Shop, sale_id: str, *, lock: bool = False) -> Order | None:
    """A stored order of this merchant with its lines; locked till the transaction ends if asked."""
    query = Sale.filter(id=sale_id, merchant_id=shop.id)
    sale = await (query.select_for_update() if lock else query).first()
    if sale is None:
        return None
    lines = await SaleLine.filter(sale_id=sale.id).order_by("position")
    ids = [line.product_id for line in lines if line.product_id]
    pairs = await Product.filter(id__in=ids).values_list("id", "category") if ids else []
    return Order(shop, sale, lines, dict(pairs))


def milestones_of(sale: Sale) -> Milestones:
    """When the stored sale was first paid, delivered, closed."""
    return Milestones(sale.paid_at, sale.delivered_at, sale.closed_at)


async def waiting_refunds(keys: Collection[OrderKey]) -> dict[OrderKey, list[Refund]]:
    """Refunds that came before these orders, oldest first."""
    merchants, sources, orders = (list(set(part)) for part in zip(*keys, strict=True))
    rows = await Refund.filter(
        merchant_id__in=merchants,
        source__in=sources,
        order_id__in=orders,
        state="waiting",
    ).order_by("received_at", "id")
    found: dict[OrderKey, list[Refund]] = {}
    for row in rows:
        found.setdefault((row.merchant_id, row.source, row.order_id), []).append(row)
    return {key: found[key] for key in keys if key in found}
