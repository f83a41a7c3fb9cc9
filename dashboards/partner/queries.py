"""What a partner's pages read besides the rooms below: links with figures, places, payouts."""

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from campaigns.catalog.models import Product
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as lifecycle
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.db import sql
from jejaring.db.listing import newest
from jejaring.identity.models import Organisation
from jejaring.kit import paging
from jejaring.kit.errors import Invalid, NotFound
from jejaring.payouts import methods
from jejaring.payouts import rules as payout_rules
from jejaring.payouts.models import PayableItem, Payout
from jejaring.payouts.queries import BalanceView
from jejaring.payouts.rules import ItemFacts, MethodFacts

_LINKS = """
SELECT l.id, l.code, l.label, l.enrolment_id, l.created_at, p.name AS product, p.image_url,
 p.price, m.name AS shop, m.slug AS shop_slug, c.name AS campaign,
 CASE WHEN l.disabled_at IS NULL THEN e.state ELSE 'ended' END AS enrolment_state,
 c.state AS campaign_state, c.ends_at, f.people, f.scans, f.sales, f.commission
FROM link l JOIN enrolment e ON e.id = l.enrolment_id JOIN campaign c ON c.id = l.campaign_id
 JOIN organisation m ON m.id = l.merchant_id LEFT JOIN product p ON p.id = l.product_id
 LEFT JOIN (
  SELECT link_id, CAST(sum(people) AS BIGINT) AS people, CAST(sum(scans) AS BIGINT) AS scans,
   CAST(sum(sales) AS BIGINT) AS sales, CAST(sum(commission) AS BIGINT) AS commission
  FROM daily_figure WHERE partner_id = ? AND day >= ? AND link_id <> '' GROUP BY link_id
 ) f ON f.link_id = l.id
WHERE l.partner_id = ? AND {where} ORDER BY coalesce(f.people, 0) DESC, l.id{exact} LIMIT ?"""


@dataclass(frozen=True)
class LinkRow:
    """A link in a list, with the figures of the days asked for; `state` as it counts now."""

    id: str
    code: str
    label: str
    title: str
    shop: str
    shop_slug: str
    enrolment_id: str
    image_url: str | None
    price: int | None
    state: str
    people: int
    scans: int
    sales: int
    commission: int


async def links(
    partner_id: str, since: date, limit: int, cursor: str | None = None
) -> tuple[list[LinkRow], str | None]:
    """The partner's links, most human clicks since the day first; and the next page's cursor."""
    exact = "" if sql.on_sqlite() else ' COLLATE "C"'
    where, after = "1 = 1", []
    if cursor is not None:
        people, last = _unpacked(cursor)
        where = f"(coalesce(f.people, 0) < ? OR (coalesce(f.people, 0) = ? AND l.id{exact} > ?))"
        after = [people, people, last]
    query = _LINKS.replace("{where}", where).replace("{exact}", exact)
    found = await sql.rows(query, [partner_id, since, partner_id, *after, limit + 1])
    rows = [_link(row) for row in found[:limit]]
    more = len(found) > limit
    return rows, _packed(rows[-1].people, rows[-1].id) if more else None


async def link(partner_id: str, link_id: str, since: date) -> LinkRow:
    """One of the partner's links. NotFound."""
    query = _LINKS.replace("{where}", "l.id = ?").replace("{exact}", "")
    found = await sql.rows(query, [partner_id, since, partner_id, link_id, 1])
    if not found:
        raise NotFound
    return _link(found[0])


async def count_links(partner_id: str) -> int:
    """How many links the partner has."""
    found = await sql.rows("SELECT count(*) AS n FROM link WHERE partner_id = ?", [partner_id])
    return int(found[0]["n"])


async def channels(partner_id: str, link_id: str, since: date) -> dict[str, int]:
    """Human clicks of one link since the day, by channel (`link`, `scan`)."""
    found = await sql.rows(
        "SELECT channel, CAST(sum(people) AS BIGINT) AS n FROM daily_figure WHERE partner_id = ? "
        "AND link_id = ? AND day >= ? GROUP BY channel",
        [partner_id, link_id, since],
    )
    return {row["channel"]: int(row["n"]) for row in found if row["n"]}


def _link(row: dict[str, Any]) -> LinkRow:
    ends_at = row["ends_at"]
    over = ends_at is not None and _later(world.now(), ends_at)
    standing = "ended" if over else row["campaign_state"]
    state = standing if row["enrolment_state"] == "active" else row["enrolment_state"]
    return LinkRow(
        id=row["id"],
        code=row["code"],
        label=row["label"],
        title=row["product"] or row["campaign"],
        shop=row["shop"],
        shop_slug=row["shop_slug"],
        enrolment_id=row["enrolment_id"],
        image_url=row["image_url"],
        price=row["price"],
        state="active" if state == "live" else state,
        people=int(row["people"] or 0),
        scans=int(row["scans"] or 0),
        sales=int(row["sales"] or 0),
        commission=int(row["commission"] or 0),
    )


def _later(now: Any, at: Any) -> bool:
    """Whether now is at or past an instant that SQLite gives back as text."""
    return bool(now >= (type(now).fromisoformat(at) if isinstance(at, str) else at))


def _packed(people: int, link_id: str) -> str:
    raw = json.dumps([people, link_id]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpacked(cursor: str) -> tuple[int, str]:
    if len(cursor) > paging.MAX_CURSOR:
        raise Invalid.at("/cursor", "bad_cursor")
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        people, link_id = json.loads(raw)
    except (ValueError, TypeError, UnicodeError, binascii.Error) as exc:
        raise Invalid.at("/cursor", "bad_cursor") from exc
    fits = isinstance(people, int) and 0 <= people < 2**62
    if not fits or not isinstance(link_id, str) or not link_id.isprintable():
        raise Invalid.at("/cursor", "bad_cursor")
    return people, link_id


async def places(partner_id: str, limit: int = 200) -> list[Enrolment]:
    """Where the partner is active now, with campaign and shop, newest first."""
    rows = (
        await Enrolment.filter(partner_id=partner_id, state="active")
        .select_related("campaign", "campaign__merchant")
        .order_by("-created_at", "-id")
        .limit(limit)
    )
    return [row for row in rows if lifecycle.state_of(row.campaign) in ("live", "paused")]


async def place(partner_id: str, campaign_id: str) -> Enrolment | None:
    """The partner's place in a campaign, in whatever state; None if there is none."""
    return await Enrolment.get_or_none(partner_id=partner_id, campaign_id=campaign_id)


async def joined(partner_id: str) -> list[str]:
    """The campaigns that the partner joined or asked to join, the latest 1 000."""
    mine = Enrolment.filter(partner_id=partner_id).order_by("-created_at").limit(1_000)
    return [str(one) for one in await mine.values_list("campaign_id", flat=True)]


async def products(campaign: Campaign, words: str = "", limit: int = 100) -> list[Product]:
    """What a campaign covers and is for sale, by name; at most `limit`."""
    wanted = Product.filter(merchant_id=campaign.merchant_id, archived_at=None)
    if not campaign.whole_shop:
        covered = (await lifecycle.products([campaign.id])).get(campaign.id, [])
        wanted = wanted.filter(id__in=covered)
    if words:
        wanted = wanted.filter(name__icontains=words)
    return await wanted.order_by("name", "id").limit(limit)


@dataclass(frozen=True)
class Outlook:
    """What a run of this shop would send now, or why nothing (`reason`); and its minimum."""

    merchant_id: str
    gross: int
    netted: int
    net: int
    reason: str | None
    minimum: int


async def outlook(partner_id: str, balance: BalanceView) -> Outlook:
    """The next payout of a shop by the rule that its run goes by. NotFound for an unknown shop."""
    shop = await Organisation.get_or_none(slug=balance.merchant, kind="merchant")
    if shop is None:
        raise NotFound
    held = (await methods.of([partner_id])).get(partner_id, methods.Held())
    known = MethodFacts(held.current.id if held.current else None, held.waiting is not None)
    items = [ItemFacts("all", partner_id, balance.payable)]
    owed = {partner_id: balance.owed_back}
    plan = payout_rules.plan(items, owed, {partner_id: known}, shop.payout_minimum)
    for planned in plan.payouts:
        return Outlook(
            shop.id, planned.gross, planned.netted, planned.net, None, shop.payout_minimum
        )
    reason = plan.skipped[0].reason if plan.skipped else "nothing_payable"
    return Outlook(shop.id, balance.payable, 0, 0, reason, shop.payout_minimum)


async def payouts(
    partner_id: str, limit: int, cursor: str | None = None, merchant_id: str | None = None
) -> tuple[list[Payout], str | None]:
    """The partner's payouts, newest first."""
    wanted = Payout.filter(partner_id=partner_id)
    if merchant_id is not None:
        wanted = wanted.filter(merchant_id=merchant_id)
    return await newest(wanted, limit, cursor, by="approved_at")


async def payout(partner_id: str, payout_id: str) -> Payout:
    """One of the partner's payouts. NotFound."""
    row = await Payout.get_or_none(id=payout_id, partner_id=partner_id)
    if row is None:
        raise NotFound
    return row


async def items_of(
    payout_id: str, limit: int, cursor: str | None
) -> tuple[list[PayableItem], str | None]:
    """What a payout pays, newest first."""
    return await newest(PayableItem.filter(payout_id=payout_id), limit, cursor)


async def shops(merchant_ids: Collection[str]) -> dict[str, Organisation]:
    """Shops by id."""
    rows: Sequence[Organisation] = await Organisation.filter(id__in=list(merchant_ids))
    return {row.id: row for row in rows}


async def month_of_places(enrolment_ids: Collection[str], month: str) -> dict[str, int]:
    """What each place earned in a month (of its orders), less what was taken back, in rupiah."""
    if not enrolment_ids:
        return {}
    query = (
        "SELECT enrolment_id, CAST(sum(amount - reversed) AS BIGINT) AS n FROM commission "
        "WHERE enrolment_id IN ({slots}) AND month = ? AND state <> 'rejected' "
        "GROUP BY enrolment_id"
    )
    ids = list(enrolment_ids)
    found = await sql.rows(sql.fill(query, len(ids)), [*ids, month])
    return {row["enrolment_id"]: int(row["n"]) for row in found}
