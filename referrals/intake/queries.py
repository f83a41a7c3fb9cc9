"""Sales as they are read: one, and a page of them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from jejaring.identity.models import Organisation
from jejaring.kit import paging
from jejaring.kit.errors import NotFound
from referrals.attribution.models import Credit, Decision, Touch
from referrals.commissions.models import Commission
from referrals.commissions.queries import standings_of
from referrals.intake import shown
from referrals.intake.shapes import SaleDetail, SaleOut, SaleQuery
from referrals.intake.shown import Whole
from referrals.orders.models import Refund, Sale, SaleLine
from referrals.orders.rules import Shop, span
from referrals.orders.store import Order, load

T = TypeVar("T", SaleLine, Credit, Commission)


async def sale(shop: Shop, sale_id: str, lang: str, *, named: bool = False) -> SaleDetail:
    """One sale with its lines' credit, the touches considered, its refunds; `named`: its sentences
    call partners by their names, not their handles. NotFound.
    """
    order = await load(shop, sale_id)
    if order is None:
        raise NotFound
    touches = await Touch.filter(sale_id=sale_id).order_by("-won", "-at", "-touch_id")
    partners = list({touch.partner_id for touch in touches})
    (whole,) = await _wholes([order])
    return shown.detail(
        Whole(
            order=order,
            credits=whole.credits,
            commissions=whole.commissions,
            standings=whole.standings,
            touches=touches,
            decisions=await Decision.filter(sale_id=sale_id).order_by("created_at", "id"),
            refunds=await Refund.filter(sale_id=sale_id).order_by("received_at", "id"),
            handles=dict(await Organisation.filter(id__in=partners).values_list("id", "slug")),
            names=await _names(whole.credits) if named else {},
        ),
        lang,
    )


async def _names(given: Sequence[Credit]) -> dict[str, str]:
    partners = sorted({credit.partner_id for credit in given})
    return dict(await Organisation.filter(id__in=partners).values_list("id", "name"))


async def plain(shop: Shop, sale_id: str, lang: str) -> SaleOut:
    """One sale as a verb answers with it. NotFound."""
    (found,) = await plains(shop, [sale_id], lang)
    return found


async def plains(shop: Shop, sale_ids: Sequence[str], lang: str) -> list[SaleOut]:
    """Several sales of the merchant, in the order asked. NotFound if one is missing."""
    rows = {s.id: s for s in await Sale.filter(id__in=list(sale_ids), merchant_id=shop.id)}
    if any(sale_id not in rows for sale_id in sale_ids):
        raise NotFound
    wholes = await _wholes([Order(shop, rows[sale_id], []) for sale_id in sale_ids])
    return [shown.sale(whole, lang) for whole in wholes]


async def page(
    shop: Shop, query: SaleQuery, lang: str, *, bare: bool = False
) -> tuple[list[SaleOut], str | None]:
    """The merchant's sales as they came in, newest first; `bare`: only those without a partner."""
    wanted = _filtered(shop, query)
    if bare:
        credited = Credit.filter(sale__merchant_id=shop.id, ended_by=None).values("sale_id")
        wanted = wanted.exclude(id__in=Subquery(credited))
    if query.cursor:
        last = paging.decode(query.cursor)
        wanted = wanted.filter(Q(received_at__lt=last.at) | Q(received_at=last.at, id__lt=last.id))
    found = await wanted.order_by("-received_at", "-id").limit(query.limit + 1)
    rows, more = paging.cut(found, query.limit)
    wholes = await _wholes([Order(shop, row, []) for row in rows])
    tail = paging.Cursor(rows[-1].received_at, rows[-1].id) if more else None
    return [shown.sale(w, lang) for w in wholes], paging.encode(tail) if tail else None


def _filtered(shop: Shop, query: SaleQuery) -> QuerySet[Sale]:
    wanted = Sale.filter(merchant_id=shop.id)
    for name in ("source", "order_id", "state"):
        value = getattr(query, name)
        if value is not None:
            wanted = wanted.filter(**{name: value})
    if query.campaign_id is not None:
        credited = Credit.filter(campaign_id=query.campaign_id, ended_by=None).values("sale_id")
        wanted = wanted.filter(id__in=Subquery(credited))
    since, until = span(query.from_, query.to, shop.zone)
    if since is not None:
        wanted = wanted.filter(placed_at__gte=since)
    if until is not None:
        wanted = wanted.filter(placed_at__lt=until)
    return wanted


async def _wholes(orders: Sequence[Order]) -> list[Whole]:
    """The sales with lines, credits and commissions: a fixed number of queries."""
    if not orders:
        return []
    ids = [order.sale.id for order in orders]
    given = _by_sale(await Credit.filter(sale_id__in=ids, ended_by=None).order_by("id"))
    # After the credits: an upsert in between may add lines, and none is ever taken away.
    lines = _by_sale(await SaleLine.filter(sale_id__in=ids).order_by("position"))
    rows = await Commission.filter(sale_id__in=ids).order_by("created_at", "id")
    earned = _by_sale(rows)
    standings = await standings_of(rows)
    return [
        Whole(
            order=Order(order.shop, order.sale, lines.get(order.sale.id, [])),
            credits=given.get(order.sale.id, []),
            commissions=earned.get(order.sale.id, []),
            standings=standings,
        )
        for order in orders
    ]


def _by_sale(rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        if row.sale_id is not None:
            found.setdefault(row.sale_id, []).append(row)
    return found
