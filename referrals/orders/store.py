"""Orders in the database: what is known of many at once, new ones built and inserted in bulk."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.catalog.models import Product
from jejaring import world
from jejaring.db import bulk
from jejaring.db.bulk import Query
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


@dataclass(frozen=True)
class Known:
    """A stored order, as far as a newcomer needs it."""

    id: str
    content_hash: str


def _among(keys: Collection[OrderKey]) -> tuple[str, list[str]]:
    """A condition that holds for these orders (and may for others: the answer is looked up)."""
    parts = [
        bulk.within(column, {key[i] for key in keys})
        for i, column in enumerate(("merchant_id", "source", "order_id"))
    ]
    return " AND ".join(text for text, _ in parts), [v for _, values in parts for v in values]


def known_query(keys: Collection[OrderKey]) -> Query:
    """Which of these orders are stored."""
    where, values = _among(keys)
    columns = "id, merchant_id, source, order_id, content_hash"
    return f"SELECT {columns} FROM sale WHERE {where}", values  # noqa: S608


def known(rows: Iterable[Mapping[str, Any]]) -> dict[OrderKey, Known]:
    """The answer to `known_query`."""
    return {
        (r["merchant_id"], r["source"], r["order_id"]): Known(r["id"], r["content_hash"])
        for r in rows
    }


def waiting_query(keys: Collection[OrderKey]) -> Query:
    """The ids of refunds that came before these orders."""
    where, values = _among(keys)
    return f"SELECT id FROM refund WHERE {where} AND state = 'waiting'", values  # noqa: S608


async def waiting(ids: Collection[str]) -> dict[OrderKey, list[Refund]]:
    """Waiting refunds by their order, oldest first."""
    if not ids:
        return {}
    found: dict[OrderKey, list[Refund]] = {}
    for row in await Refund.filter(id__in=list(ids)).order_by("received_at", "id"):
        found.setdefault((row.merchant_id, row.source, row.order_id), []).append(row)
    return found


def items_query(wanted: Collection[tuple[str, str]]) -> Query:
    """The products behind (merchant, sku) pairs."""
    merchant, merchants = bulk.within("merchant_id", {m for m, _ in wanted})
    sku, skus = bulk.within("sku", {s for _, s in wanted})
    columns = "merchant_id, sku, id, category"
    return f"SELECT {columns} FROM product WHERE {merchant} AND {sku}", [*merchants, *skus]  # noqa: S608


def items(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Item]:
    """The answer to `items_query`; an unknown pair is absent."""
    return {(r["merchant_id"], r["sku"]): Item(r["id"], r["category"]) for r in rows}


async def items_of(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """The products behind (merchant, sku) pairs; an unknown one is absent."""
    return items((await bulk.read(items_query(wanted)))[0])


def buyer_hashes(draft: SaleDraft) -> tuple[str | None, str | None]:
    """Keyed hashes of the buyer's phone and e-mail; the only form in which they are kept."""
    phone = sealing.blind("buyer", draft.phone) if draft.phone else None
    email = sealing.blind("buyer", draft.email) if draft.email else None
    return phone, email


def earliest_query(merchants: Collection[str], hashes: Collection[str]) -> Query | None:
    """For each (merchant, buyer hash) when the earliest not cancelled order was placed."""
    if not hashes:
        return None
    shop, shops = bulk.within("merchant_id", set(merchants))
    part = (
        "SELECT merchant_id, {0} AS buyer, min(placed_at) AS at FROM sale "
        "WHERE {1} AND {2} AND state <> 'cancelled' GROUP BY merchant_id, {0}"
    )
    queries, values = [], []
    for column in ("buyer_phone", "buyer_email"):
        buyer, buyers = bulk.within(column, set(hashes))
        queries.append(part.format(column, shop, buyer))
        values += [*shops, *buyers]
    return " UNION ALL ".join(queries), values


def earliest(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], datetime]:
    """The answer to `earliest_query`."""
    found: dict[tuple[str, str], datetime] = {}
    for row in rows:
        place, at = (row["merchant_id"], row["buyer"]), bulk.instant(row["at"])
        found[place] = min(at, found.get(place, at))
    return found


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
