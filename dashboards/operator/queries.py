"""What the operator's pages read over all shops: no buyers' data, no account numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from campaigns.catalog.models import Site
from jejaring.db import sql
from jejaring.identity.models import Organisation
from jejaring.jobs.models import Job
from jejaring.kit import paging
from jejaring.payouts.models import Payout, PayoutMethod

OPEN = ("approved", "sending")
_PARTNERS_OF = (
    "SELECT merchant_id, CAST(count(DISTINCT partner_id) AS BIGINT) AS n FROM enrolment "
    "WHERE state = 'active' AND merchant_id IN ({slots}) GROUP BY merchant_id"
)
_BUDGETS = (
    "SELECT merchant_id, CAST(max(reserved * 100 / budget) AS BIGINT) AS used FROM campaign "
    "WHERE state = 'live' AND budget > 0 AND merchant_id IN ({slots}) GROUP BY merchant_id"
)
_ACTIVE = (
    "SELECT CAST(count(DISTINCT partner_id) AS BIGINT) AS n FROM daily_figure "
    "WHERE partner_id <> '' AND day >= ?"
)
_ROLES_OF = (
    "SELECT partner_id, CAST(count(DISTINCT merchant_id) AS BIGINT) AS shops FROM enrolment "
    "WHERE state = 'active' AND partner_id IN ({slots}) GROUP BY partner_id"
)


@dataclass(frozen=True)
class OpenPayout:
    """A payout that nobody has said the outcome of; never its account."""

    id: str
    run_id: str
    merchant: str
    merchant_id: str
    partner: str
    net: int
    state: str
    reference: str
    since: datetime


async def partners_of(merchant_ids: Sequence[str]) -> dict[str, int]:
    """How many active partners each shop has; one without any is absent."""
    if not merchant_ids:
        return {}
    rows = await sql.rows(sql.fill(_PARTNERS_OF, len(merchant_ids)), list(merchant_ids))
    return {row["merchant_id"]: int(row["n"]) for row in rows}


async def budgets_of(merchant_ids: Sequence[str]) -> dict[str, int]:
    """The fullest budget of each shop's live campaigns, in percent."""
    if not merchant_ids:
        return {}
    rows = await sql.rows(sql.fill(_BUDGETS, len(merchant_ids)), list(merchant_ids))
    return {row["merchant_id"]: int(row["used"]) for row in rows}


async def active_partners(since: object) -> int:
    """Partners who brought a person or a sale since a day."""
    return int((await sql.rows(_ACTIVE, [since]))[0]["n"])


async def shops_of(partner_ids: Sequence[str]) -> dict[str, int]:
    """For how many shops each partner is active."""
    if not partner_ids:
        return {}
    rows = await sql.rows(sql.fill(_ROLES_OF, len(partner_ids)), list(partner_ids))
    return {row["partner_id"]: int(row["shops"]) for row in rows}


async def with_method(partner_ids: Sequence[str]) -> set[str]:
    """Which of these partners have said where to be paid."""
    rows = PayoutMethod.filter(partner_id__in=list(partner_ids), cancelled_at=None)
    return {str(one) for one in await rows.values_list("partner_id", flat=True)}


async def counts() -> dict[str, int]:
    """How many shops and partners there are, and open payouts."""
    return {
        "shops": await Organisation.filter(kind="merchant", suspended_at=None).count(),
        "partners": await Organisation.filter(kind="partner").count(),
        "payouts": await Payout.filter(state__in=OPEN).count(),
        "sites": await Site.filter(verified_at=None).count(),
        "dead": await Job.filter(dead_at__not_isnull=True).count(),
    }


async def open_payouts(
    limit: int = 50, cursor: str | None = None
) -> tuple[list[OpenPayout], str | None]:
    """Payouts without an outcome, the oldest first, and where the next page starts."""
    wanted = Payout.filter(state__in=OPEN)
    if cursor is not None:
        last = paging.decode(cursor)
        later = Q(approved_at__gt=last.at) | Q(approved_at=last.at, id__gt=last.id)
        wanted = wanted.filter(later)
    found = await wanted.order_by("approved_at", "id").limit(limit + 1)
    rows, more = paging.cut(found, limit)
    ids = {i for row in rows for i in (row.merchant_id, row.partner_id)}
    names = dict(await Organisation.filter(id__in=sorted(ids)).values_list("id", "name"))
    shown = [
        OpenPayout(
            id=row.id,
            run_id=row.run_id,
            merchant=names[row.merchant_id],
            merchant_id=row.merchant_id,
            partner=names[row.partner_id],
            net=row.net,
            state=row.state,
            reference=row.bank_reference,
            since=row.sent_at or row.approved_at,
        )
        for row in rows
    ]
    after = paging.encode(paging.Cursor(rows[-1].approved_at, rows[-1].id)) if more else None
    return shown, after
