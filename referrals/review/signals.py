"""Look at what is new since the last look: orders, changed accounts, clicks by the hundred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jejaring import world
from jejaring.db import bulk, sql
from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.kit.periods import day_of
from jejaring.kit.text import fold_code
from referrals.attribution.models import Touch
from referrals.clicks.models import Click
from referrals.commissions.models import Commission
from referrals.links.models import Link
from referrals.orders.models import Sale
from referrals.review import cases, rules
from referrals.review.cases import Finding
from referrals.review.models import ReviewCase, ReviewMark
from referrals.review.rules import Bought

BATCH = 2_000
CLICKS = 50_000
# A transaction may commit a lower number later than a higher one: events are read again until no
# transaction that could still bring one is open. Finding the same again changes nothing.
SETTLED = timedelta(seconds=60)
NEAR = timedelta(hours=24)
_SHARED = (
    "SELECT DISTINCT e.merchant_id AS merchant, a.partner_id AS partner, b.partner_id AS other, "
    "a.number_index AS account, a.last4 AS last4 FROM payout_method a "
    "JOIN payout_method b ON b.number_index = a.number_index AND b.partner_id <> a.partner_id "
    "AND b.cancelled_at IS NULL "
    "JOIN enrolment e ON e.partner_id = a.partner_id "
    "JOIN enrolment f ON f.partner_id = b.partner_id AND f.merchant_id = e.merchant_id "
    "WHERE a.cancelled_at IS NULL AND {partners} LIMIT 1000"
)
_FLOODS = (
    "SELECT merchant_id, partner_id, enrolment_id, link_id, count(*) AS n, "
    "count(DISTINCT visitor) AS visitors, min(at) AS since FROM click "
    "WHERE seq > ? AND seq <= ? AND kind = 'person' "
    "GROUP BY merchant_id, partner_id, enrolment_id, link_id HAVING count(*) >= ?"
)


@dataclass(frozen=True)
class Seen:
    """A new order with its commissions."""

    sale: Sale
    commissions: tuple[Commission, ...]

    def of(self, partner_id: str) -> tuple[str, ...]:
        """The ids of one partner's commissions."""
        return tuple(c.id for c in self.commissions if c.partner_id == partner_id)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.commissions)

    @property
    def partners(self) -> list[str]:
        """Those who are credited; who only recruited them did nothing odd."""
        return sorted({c.partner_id for c in self.commissions if c.parent_id is None})

    @property
    def day(self) -> str:
        return self.sale.placed_at.astimezone(UTC).date().isoformat()


async def look() -> int:
    """The duty: what the events since the last look show; how many findings were new."""
    mark = await _mark("events")
    wanted = Event.filter(id__gt=mark.position).order_by("id").limit(BATCH)
    events = await wanted.only("id", "name", "subject", "at")
    sales = [e.subject for e in events if e.name == "sale.recorded"]
    accounts = {e.subject for e in events if e.name == "payout_method.changed"}
    earned = [e.subject for e in events if e.name == "commission.accrued"]
    findings = await _of_sales(sales)
    findings += await _of_click_days(earned)
    findings += await _of_accounts(accounts, ())
    fresh = 0
    for found in findings:
        fresh += await cases.note_finding(found)
    settled = _settled(events)
    if settled:
        await ReviewMark.filter(name="events").update(position=settled)
    return fresh


async def _mark(name: str) -> ReviewMark:
    await ReviewMark.bulk_create([ReviewMark(name=name)], ignore_conflicts=True)
    return await ReviewMark.get(name=name)


def _settled(events: Sequence[Event]) -> int | None:
    """Up to where nothing can appear any more: the last number of the settled beginning."""
    until = None
    before = world.now() - SETTLED
    for event in events:
        if event.at > before and not sql.on_sqlite():
            break
        until = event.id
    return until


async def _of_sales(ids: Sequence[str]) -> list[Finding]:
    if not ids:
        return []
    sales = await Sale.filter(id__in=list(ids)).order_by("placed_at", "id")
    own: dict[str, list[Commission]] = {}
    for row in await Commission.filter(sale_id__in=list(ids)).order_by("id"):
        own.setdefault(str(row.sale_id), []).append(row)
    seen = [Seen(sale, tuple(own[sale.id])) for sale in sales if sale.id in own]
    partners = {one for each in seen for one in each.partners}
    return [
        *await _of_clicks(seen),
        *await _of_buyers(seen),
        *await _of_coupons(seen),
        *await _of_accounts(partners, seen),
    ]


async def _of_clicks(seen: Sequence[Seen]) -> list[Finding]:
    """Bought within seconds of the click; bought in a browser that was the partner's own before."""
    named = [each.sale.click_id for each in seen if each.sale.click_id]
    clicks = {c.id: c for c in await Click.filter(id__in=named, kind="person")} if named else {}
    visitors = [c.visitor for c in clicks.values() if c.visitor]
    mine = Click.filter(visitor__in=visitors, own=True).limit(BATCH)
    pairs = await mine.values_list("visitor", "partner_id") if visitors else []
    own = {(str(visitor), str(partner)) for visitor, partner in pairs}
    found = []
    for each in seen:
        click = clicks.get(each.sale.click_id or "")
        if click is None or click.merchant_id != each.sale.merchant_id:
            continue
        if rules.is_fast(click.at, each.sale.placed_at):
            seconds = max(int((each.sale.placed_at - click.at).total_seconds()), 0)
            found += _per_partner(each, "fast", click.partner_id, seconds=seconds)
        if not click.own and (str(click.visitor), click.partner_id) in own:
            found += _per_partner(each, "own_browser", click.partner_id)
    return found


def _per_partner(each: Seen, signal: str, partner: str, **evidence: object) -> list[Finding]:
    """What is odd about the partner's click; nothing where others have the credit."""
    if partner not in each.partners:
        return []
    told = evidence | {"orders": [each.sale.order_id]}
    subject = f"{partner}:{each.day}"
    return [Finding(each.sale.merchant_id, signal, subject, partner, told, each.of(partner))]


async def _of_buyers(seen: Sequence[Seen]) -> list[Finding]:
    """Many orders of one buyer, by phone or e-mail, within a day."""
    found: list[Finding] = []
    flagged: set[str] = set()
    for column in ("buyer_phone", "buyer_email"):
        known = [e for e in seen if getattr(e.sale, column) and e.sale.id not in flagged]
        if not known:
            continue
        orders = await _orders(known, column, NEAR)
        for each in known:
            buyer = str(getattr(each.sale, column))
            own = _bought(each.sale)
            n = rules.many_orders(own, orders.get((each.sale.merchant_id, buyer), []))
            if n >= rules.BUYER_ORDERS:
                flagged.add(each.sale.id)
                told = {"n": n, "orders": [each.sale.order_id]}
                subject = f"{buyer}:{each.day}"
                partner = each.partners[0] if len(each.partners) == 1 else None
                found.append(
                    Finding(each.sale.merchant_id, "buyer", subject, partner, told, each.ids)
                )
    return found


async def _of_coupons(seen: Sequence[Seen]) -> list[Finding]:
    """A code that many different buyers used within an hour, however they spelled it."""
    fresh = {
        each.sale.id: each
        for each in seen
        if each.sale.coupon and each.sale.received_at - each.sale.placed_at < NEAR
    }
    used = await Touch.filter(sale_id__in=list(fresh), by="coupon") if fresh else []
    if not used:
        return []
    orders = await _with_coupons(used)
    found = []
    for touch in used:
        each = fresh[touch.sale_id]
        code = fold_code(str(each.sale.coupon))
        n = rules.buyers_of_hour(_bought(each.sale), orders[touch.touch_id])
        if n >= rules.COUPON_BUYERS:
            told = {"n": n, "code": code, "orders": [each.sale.order_id]}
            subject = f"{code}:{each.day}"
            partner = each.partners[0] if len(each.partners) == 1 else None
            found.append(Finding(each.sale.merchant_id, "coupon", subject, partner, told, each.ids))
    return found


async def _with_coupons(used: Sequence[Touch]) -> dict[str, list[Bought]]:
    """The orders with these coupons around these, by the coupon's id."""
    times = [touch.at for touch in used]
    same = Touch.filter(
        by="coupon",
        touch_id__in=list({touch.touch_id for touch in used}),
        at__gt=min(times) - timedelta(hours=1),
        at__lte=max(times),
    )
    touches = await same.order_by("-at").limit(BATCH)
    sales = {sale.id: sale for sale in await Sale.filter(id__in=[t.sale_id for t in touches])}
    found: dict[str, list[Bought]] = {}
    for touch in touches:
        found.setdefault(touch.touch_id, []).append(_bought(sales[touch.sale_id]))
    return found


def _bought(sale: Sale) -> Bought:
    return Bought(sale.id, sale.placed_at, sale.buyer_phone or sale.buyer_email)


async def _orders(
    seen: Sequence[Seen], column: str, before: timedelta
) -> dict[tuple[str, str], list[Bought]]:
    """Orders of the same merchants with the same values in the column, placed around these."""
    times = [each.sale.placed_at for each in seen]
    wanted = Sale.filter(
        merchant_id__in=sorted({each.sale.merchant_id for each in seen}),
        placed_at__gt=min(times) - before,
        placed_at__lte=max(times),
        **{f"{column}__in": sorted({str(getattr(each.sale, column)) for each in seen})},
    )
    found: dict[tuple[str, str], list[Bought]] = {}
    for sale in await wanted.order_by("-placed_at").limit(BATCH):
        found.setdefault((sale.merchant_id, str(getattr(sale, column))), []).append(_bought(sale))
    return found


async def _of_accounts(partners: set[str], seen: Sequence[Seen]) -> list[Finding]:
    """One payout account under several partners of a merchant; the number itself stays sealed."""
    if not partners:
        return []
    where, values = bulk.within("a.partner_id", partners)
    found = []
    for row in await sql.rows(_SHARED.format(partners=where), values):
        told: dict[str, object] = {
            "last4": row["last4"],
            "partners": sorted([row["partner"], row["other"]]),
        }
        own = [each.of(row["partner"]) for each in seen if each.sale.merchant_id == row["merchant"]]
        ids = tuple(one for each in own for one in each)
        found.append(Finding(row["merchant"], "account", row["account"], row["partner"], told, ids))
    return found


async def look_at_clicks() -> int:
    """The duty of each minute: links that people clicked by the hundred since the last look."""
    newest = (await sql.rows("SELECT max(seq) AS n FROM click"))[0]["n"]
    if newest is None:
        return 0
    mark = await _mark("clicks")
    since = max(mark.position, int(newest) - CLICKS)
    await ReviewMark.filter(name="clicks").update(position=int(newest))
    fresh = 0
    for row in await sql.rows(_FLOODS, [since, newest, rules.FLOOD_CLICKS]):
        at = bulk.instant(row["since"])
        fresh += await cases.note_finding(await _flood(row["link_id"], row, at))
    return fresh


async def _flood(link_id: str, row: dict[str, object], at: datetime) -> Finding:
    earned = Commission.filter(enrolment_id=row["enrolment_id"], created_at__gt=at - NEAR)
    ids = await earned.order_by("-created_at").limit(200).values_list("id", flat=True)
    told = {"n": row["n"], "visitors": row["visitors"], "link": link_id}
    zone = (await Organisation.get(id=row["merchant_id"])).zone
    subject = f"{link_id}:{day_of(at, zone).isoformat()}"
    return Finding(
        str(row["merchant_id"]),
        "flood",
        subject,
        str(row["partner_id"]),
        told,
        tuple(str(one) for one in ids),
    )


async def _of_click_days(ids: Sequence[str]) -> list[Finding]:
    """What a flood's day earned: that comes to light the day after, and belongs to its case, unless
    a person has dismissed that.
    """
    rows = await Commission.filter(id__in=list(ids), kind="per_click") if ids else []
    found = []
    for row in rows:
        links = await Link.filter(enrolment_id=row.enrolment_id).values_list("id", flat=True)
        subjects = [f"{link}:{row.because['day']}" for link in links]
        flood = ReviewCase.filter(merchant_id=row.merchant_id, signal="flood", subject__in=subjects)
        found += [
            Finding(row.merchant_id, "flood", case.subject, row.partner_id, {}, (row.id,))
            for case in await flood.order_by("subject")
            if case.outcome != "released"
        ]
    return found
