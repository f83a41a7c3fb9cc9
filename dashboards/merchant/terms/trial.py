"""Last month's sales under the terms in force and under what is typed, side by side."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments import naming
from campaigns.terms.rules import Terms
from campaigns.terms.shapes import normal
from campaigns.terms.stored import read as terms_of
from dashboards.merchant import hang
from dashboards.merchant.terms import shown, writing
from jejaring.identity import guards
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Refusal
from jejaring.web import pages
from referrals.months.simulate import Simulation, simulate

MOST = 2_000


@dataclass(frozen=True)
class Row:
    """A partner's month in rupiah: on the books now, under the terms in force, under the new."""

    name: str
    sales: int
    real: int
    old: int
    new: int


def _rows(old: Simulation, new: Simulation, names: dict[str, str]) -> list[Row]:
    """Each partner once, the largest difference first, then by handle."""
    before = {side.partner: side.new for side in old.partners}
    rows = [
        Row(
            names.get(side.partner, side.partner),
            side.sales,
            side.real,
            before.get(side.partner, 0),
            side.new,
        )
        for side in sorted(new.partners, key=lambda one: one.partner)
    ]
    return sorted(rows, key=lambda row: -abs(row.new - row.old))


async def show(request: Request, caller: Caller) -> Response:
    """The comparison, or a word on what must be mended first; nothing is stored."""
    now = await writing.of(request, caller)
    row = now.campaign
    context: dict[str, object] = {"now": now, "trial": None, "rows": [], "whole": None}
    try:
        typed = await naming.by_handle(row.merchant_id, shown.sound(now.typed, caller.zone), "")
        wanted: Terms = terms_of(normal(typed))
    except Refusal:
        return await hang.page(request, "merchant/trial.html", context)
    new = await simulate(row, wanted, MOST)
    old = await simulate(row, terms_of(now.latest.body), MOST)
    handles = [side.partner for side in new.partners]
    named = await Organisation.filter(kind="partner", slug__in=handles) if handles else []
    rows = _rows(old, new, {one.slug: one.name for one in named})
    whole = Row("", new.sales, new.real, sum(r.old for r in rows), new.new)
    context |= {"trial": new, "rows": rows, "whole": whole}
    return await hang.page(request, "merchant/trial.html", context)


PAGES = [
    pages.show(
        "/merchant/campaigns/{campaign_id}/terms/trial", show, guards.signed_in("merchant", "edit")
    ),
]
