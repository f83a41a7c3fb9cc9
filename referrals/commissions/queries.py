"""Commissions as they are read: a page of one's own side, filtered; and what recruits gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from jejaring.db import bulk, sql
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit import paging
from jejaring.payouts import items
from referrals.commissions.models import Commission
from referrals.commissions.rules import shown_state
from referrals.commissions.shapes import CommissionQuery, CommissionRow
from referrals.commissions.words import values
from referrals.orders.models import Sale
from referrals.orders.rules import span

# Where a state is not a column but read from items, a page looks at this many rows at most.
MAX_CHUNKS = 20
_RECRUITED = """
SELECT r.merchant_id, m.name AS merchant, r.recruit_id, o.name AS recruit, r.recruiter_id,
 b.name AS recruiter, r.at, CAST(count(s.id) AS BIGINT) AS shares,
 CAST(coalesce(sum(s.amount - s.reversed), 0) AS BIGINT) AS earned
FROM recruitment r JOIN organisation m ON m.id = r.merchant_id
 JOIN organisation o ON o.id = r.recruit_id JOIN organisation b ON b.id = r.recruiter_id
 LEFT JOIN commission p ON p.merchant_id = r.merchant_id AND p.partner_id = r.recruit_id
  AND p.kind <> 'recruiter'
 LEFT JOIN commission s ON s.parent_id = p.id AND s.kind = 'recruiter' AND s.state <> 'rejected'
  AND s.partner_id = r.recruiter_id
WHERE {where} GROUP BY r.id, r.merchant_id, m.name, r.recruit_id, o.name, r.recruiter_id, b.name,
 r.at ORDER BY r.at DESC, r.id DESC LIMIT ?"""


async def page(
    caller: Caller,
    query: CommissionQuery,
    lang: str,
    merchant_id: str | None = None,
    partner_id: str | None = None,
) -> tuple[list[CommissionRow], str | None]:
    """The caller's commissions (a merchant's own, a partner's own), newest first; with one merchant
    or one partner only, if given.
    """
    wanted = _filtered(caller, query)
    if merchant_id is not None:
        wanted = wanted.filter(merchant_id=merchant_id)
    if partner_id is not None:
        wanted = wanted.filter(partner_id=partner_id)
    cursor = paging.decode(query.cursor) if query.cursor else None
    found: list[Commission] = []
    standings: dict[str, str] = {}
    for _ in range(MAX_CHUNKS):
        rows = await _after(wanted, cursor).limit(query.limit + 1)
        standings |= await standings_of(rows)
        found += [row for row in rows if query.state in (None, _state(row, standings))]
        if len(found) > query.limit or len(rows) <= query.limit:
            break
        cursor = _cursor(rows[-1])
    shown, more = paging.cut(found, query.limit)
    after = _cursor(shown[-1]) if more else None
    if not more and len(rows) > query.limit:
        after = cursor  # the search goes on where this page stopped looking
    following = paging.encode(after) if after else None
    return await _rows(shown, lang, standings), following


async def shown(row: Commission, lang: str) -> CommissionRow:
    """One commission as the outside sees it."""
    return (await _rows([row], lang, await standings_of([row])))[0]


def _cursor(row: Commission) -> paging.Cursor:
    return paging.Cursor(row.created_at, row.id)


def _filtered(caller: Caller, query: CommissionQuery) -> QuerySet[Commission]:
    side = "merchant_id" if caller.kind == "merchant" else "partner_id"
    wanted = Commission.filter(**{side: caller.organisation_id})
    if query.campaign_id is not None:
        wanted = wanted.filter(campaign_id=query.campaign_id)
    if query.enrolment_id is not None:
        wanted = wanted.filter(enrolment_id=query.enrolment_id)
    since, until = span(query.from_, query.to, caller.zone)
    if since is not None:
        wanted = wanted.filter(created_at__gte=since)
    if until is not None:
        wanted = wanted.filter(created_at__lt=until)
    if query.state in ("pending", "held", "rejected"):
        return wanted.filter(state=query.state)
    if query.state in ("payable", "in_payout", "paid"):
        return wanted.filter(state="payable")
    return wanted if query.state is None else wanted.filter(reversed__gt=0)


def _after(wanted: QuerySet[Commission], cursor: paging.Cursor | None) -> QuerySet[Commission]:
    if cursor is not None:
        wanted = wanted.filter(
            Q(created_at__lt=cursor.at) | Q(created_at=cursor.at, id__lt=cursor.id)
        )
    return wanted.order_by("-created_at", "-id")


def _state(row: Commission, standings: dict[str, str]) -> str:
    return shown_state(row.state, row.amount, row.reversed, standings.get(row.id))


async def standings_of(rows: Sequence[Commission]) -> dict[str, str]:
    """Where the payable ones' money stands, by commission id."""
    payable = [row.id for row in rows if row.state == "payable"]
    return dict(await items.standing(payable)) if payable else {}


async def _rows(
    rows: Sequence[Commission], lang: str, standings: dict[str, str]
) -> list[CommissionRow]:
    orgs = {row.merchant_id for row in rows} | {row.partner_id for row in rows}
    slugs = dict(await Organisation.filter(id__in=list(orgs)).values_list("id", "slug"))
    sales = {row.sale_id for row in rows if row.sale_id}
    orders = dict(await Sale.filter(id__in=list(sales)).values_list("id", "order_id"))
    return [
        CommissionRow.model_validate(
            {
                **values(row, lang, standings),
                "merchant": slugs[row.merchant_id],
                "partner": slugs[row.partner_id],
                "campaign_id": row.campaign_id,
                "sale_id": row.sale_id,
                "order_id": orders.get(row.sale_id or ""),
            }
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Recruited:
    """Who brought whom to a merchant, since when; how many shares that gave and what is left of
    them (rupiah, rejected ones left out).
    """

    merchant_id: str
    merchant: str
    recruit_id: str
    recruit: str
    recruiter_id: str
    recruiter: str
    at: datetime
    shares: int
    earned: int


async def recruited(
    limit: int,
    *,
    recruiter_id: str | None = None,
    merchant_id: str | None = None,
    recruit_id: str | None = None,
) -> list[Recruited]:
    """Recruitments of a recruiter, at a merchant, of a recruit (None: of all), newest first."""
    asked = {
        "r.recruiter_id": recruiter_id, "r.merchant_id": merchant_id, "r.recruit_id": recruit_id,
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given) or "1 = 1"
    rows = await sql.rows(_RECRUITED.replace("{where}", where), [*given.values(), limit])
    return [Recruited(**{**row, "at": bulk.instant(row["at"])}) for row in rows]
