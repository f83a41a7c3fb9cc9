"""Commissions as lines that explain themselves: what was sold, the calculation, why you, when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from campaigns.catalog.models import Product
from campaigns.lifecycle.models import Campaign
from dashboards.frame.rules import part_back
from dashboards.partner import rules
from dashboards.partner.rules import Counted
from jejaring import world
from jejaring.db import sql
from jejaring.identity.rules import Caller
from jejaring.payouts.models import PayableItem
from jejaring.web import language
from referrals.attribution import queries as touches
from referrals.attribution.models import Credit, Touch
from referrals.commissions import queries as commissions
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.rules import RECREDITED
from referrals.commissions.shapes import CommissionQuery, CommissionRow
from referrals.orders.models import Sale, SaleLine
from referrals.review import queries as review
from referrals.review import rules as appeals
from referrals.review.models import Appeal

STATES = ("pending", "held", "payable", "in_payout", "paid", "rejected", "reversed")
_STANDING = ("approved", "sending", "succeeded")
_COUNTS = (
    "SELECT state, count(*) AS n FROM commission WHERE partner_id = ? "
    "AND (? = '' OR merchant_id = ?) GROUP BY state"
)


@dataclass(frozen=True)
class Line:
    """A commission with all that its page says of it; `gross` as in rules.gross, `part` as in
    part_back.
    """

    row: CommissionRow
    title: str
    source: str
    at: datetime
    campaign: str
    counted: Counted
    gross: int | None
    why: str
    reason: str
    hold_days: int
    is_delivered: bool
    payout_id: str | None
    appeal: Appeal | None
    appeal_until: datetime | None
    reversals: tuple[Reversal, ...] = ()
    touches: tuple[Touch, ...] = ()
    post_url: str = ""
    part: tuple[int, int] | None = None

    @property
    def rest(self) -> int:
        """What is left of the amount."""
        return self.row.amount - self.row.reversed

    @property
    def until(self) -> datetime | None:
        """The day on the chip of one that waits."""
        return rules.until(self.row.state, self.row.release_at)

    @property
    def notes(self) -> list[str]:
        """Codes of what made the amount smaller than the rule says."""
        return [note for because in self.row.because for note in because.notes]


@dataclass(frozen=True)
class _Around:
    """Rows by id that a page of commissions needs besides."""

    commissions: Mapping[str, Commission]
    sales: Mapping[str, Sale]
    lines: Mapping[str, SaleLine]
    products: Mapping[str, str]
    campaigns: Mapping[str, str]
    credits: Mapping[tuple[str, str], list[Credit]]
    payouts: Mapping[str, str]
    appeals: Mapping[str, Appeal]
    reversals: Mapping[str, list[Reversal]] = field(default_factory=dict)
    touches: Mapping[str, list[Touch]] = field(default_factory=dict)


async def page(
    caller: Caller, query: CommissionQuery, lang: str, merchant_id: str | None = None
) -> tuple[list[Line], str | None]:
    """The partner's commissions as lines, newest first; a fixed number of queries."""
    rows, cursor = await commissions.page(caller, query, lang, merchant_id=merchant_id)
    around = await _around([row.id for row in rows])
    sales = {row.sale_id for row in rows if row.sale_id}
    around = replace(around, touches=await touches.own(caller.organisation_id, sales))
    return [_line(row, around, lang, caller.zone) for row in rows], cursor


async def counts(partner_id: str, merchant_id: str | None = None) -> dict[str, int]:
    """How many commissions are stored as pending, held, payable (paid ones too) and rejected."""
    merchant = merchant_id or ""
    found = await sql.rows(_COUNTS, [partner_id, merchant, merchant])
    stored = ("pending", "held", "payable", "rejected")
    return dict.fromkeys(stored, 0) | {row["state"]: int(row["n"]) for row in found}


async def of_items(items: Sequence[PayableItem]) -> dict[str, tuple[str, datetime]]:
    """For each commission among the items: the product's name, and when the order was placed."""
    ids = [item.source_id for item in items if item.kind == "commission"]
    around = await _around(ids)
    return {row.id: _named(row, around) for row in around.commissions.values()}


async def _around(ids: Collection[str]) -> _Around:
    rows = await Commission.filter(id__in=list(ids)) if ids else []
    line_ids = [row.line_id for row in rows if row.line_id]
    lines = {one.id: one for one in await SaleLine.filter(id__in=line_ids)}
    sales = await Sale.filter(id__in=[row.sale_id for row in rows if row.sale_id])
    products = [one.product_id for one in lines.values() if one.product_id]
    given = await Credit.filter(line_id__in=line_ids).order_by("touch_at", "id")
    back: dict[str, list[Reversal]] = {}
    for one in await Reversal.filter(commission_id__in=list(ids)).order_by("created_at", "id"):
        back.setdefault(one.commission_id, []).append(one)
    return _Around(
        commissions={row.id: row for row in rows},
        sales={sale.id: sale for sale in sales},
        lines=lines,
        products=dict(await Product.filter(id__in=products).values_list("id", "name")),
        campaigns=dict(
            await Campaign.filter(id__in=list({r.campaign_id for r in rows})).values_list(
                "id", "name"
            )
        ),
        credits=_by_place(given),
        payouts=await _payouts(ids),
        appeals=await review.appeals_of(ids),
        reversals=back,
    )


def _by_place(given: Sequence[Credit]) -> dict[tuple[str, str], list[Credit]]:
    found: dict[tuple[str, str], list[Credit]] = {}
    for one in given:
        found.setdefault((one.line_id, one.enrolment_id), []).append(one)
    return found


def _credit(row: Commission, around: _Around) -> Credit | None:
    """The credit that the commission was earned by: a decision's own stands in its key."""
    several = around.credits.get((row.line_id or "", row.enrolment_id), [])
    ruled = [one for one in several if one.decision_id and row.key.endswith(one.decision_id)]
    plain = [one for one in several if one.decision_id is None]
    counting = [one for one in several if one.ended_by is None]
    is_amended = row.key.startswith("amend:")
    return next(iter([*ruled, *(counting if is_amended else []), *plain, *several]), None)


async def _payouts(ids: Collection[str]) -> dict[str, str]:
    """The payout that each commission's money is in or went out with."""
    items = PayableItem.filter(source_id__in=list(ids), payout__state__in=list(_STANDING))
    return {
        str(source): str(one) for source, one in await items.values_list("source_id", "payout_id")
    }


def _named(row: Commission, around: _Around) -> tuple[str, datetime]:
    line = around.lines.get(row.line_id or "")
    sale = around.sales.get(row.sale_id or "")
    name = row.rule if line is None else around.products.get(line.product_id or "", line.sku)
    if line is not None and line.quantity > 1:
        name = f"{name} × {line.quantity}"
    return name, row.created_at if sale is None else sale.placed_at


def _line(row: CommissionRow, around: _Around, lang: str, zone: str) -> Line:
    stored = around.commissions[row.id]
    line = around.lines.get(stored.line_id or "")
    sale = around.sales.get(stored.sale_id or "")
    credit = _credit(stored, around)
    counted = _counted(stored, line)
    title, at = _named(stored, around)
    days: Any = stored.because.get("hold_days", 0)
    return Line(
        row=row,
        title=title,
        source=sale.source if sale else "",
        at=at,
        campaign=around.campaigns.get(stored.campaign_id, ""),
        counted=counted,
        gross=rules.gross(counted) if line else None,
        why=_why(credit, lang, zone),
        reason=reason(row, stored, lang),
        hold_days=int(days),
        is_delivered=sale is not None and sale.delivered_at is not None,
        payout_id=around.payouts.get(row.id),
        appeal=around.appeals.get(row.id),
        appeal_until=_appeal_until(stored, around.appeals.get(row.id)),
        reversals=tuple(around.reversals.get(row.id, ())),
        touches=tuple(around.touches.get(row.sale_id or "", ())),
        post_url=str(stored.because.get("url", "")),
        part=part_back((row.amount, row.reversed), (line.base, line.refunded)) if line else None,
    )


def _appeal_until(row: Commission, last: Appeal | None) -> datetime | None:
    """Until when the partner may say something against it; None where they may not."""
    since = row.decided_at or row.created_at
    if last is not None and (last.state == "open" or last.opened_at >= since):
        return None
    until = appeals.appeal_until(row.decided_at, row.created_at)
    may = appeals.appealable(row.state, row.reason_code) and world.now() <= until
    return until if may else None


def _counted(row: Commission, line: SaleLine | None) -> Counted:
    return Counted(
        kind=row.kind,
        amount=row.amount,
        base=row.base,
        rate_bp=row.rate_bp,
        share_bp=row.share_bp,
        item_quantity=line.quantity if line else 0,
        item_price=line.unit_price if line else 0,
        item_base=line.base if line else 0,
        is_amendment=row.key.startswith("amend:"),
        each=_whole(row.because.get("each")),
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _why(credit: Credit | None, lang: str, zone: str) -> str:
    """Why this partner, spoken to them."""
    if credit is None:
        return ""
    code = str(credit.because.get("code", credit.by))
    how = f"{credit.by}.{code}" if credit.by in ("click", "scan") else code
    coupon = credit.because.get("coupon", "")
    text = language.say(lang, f"why.{how}", zone, at=credit.touch_at, coupon=coupon)
    given = credit.because.get("reason")
    return f"{text} “{given}”" if given else text


def reason(row: CommissionRow, stored: Commission, lang: str) -> str:
    """Why it was rejected or is held, spoken to the partner where there are such words; and what a
    person gave as the reason.
    """
    own = f"rejected.{row.reason_code}"
    if not language.known(lang, own):
        return row.reason or ""
    why = stored.because.get("why") if row.reason_code == RECREDITED else None
    return language.say(lang, own) + (f" “{why}”" if why else "")
