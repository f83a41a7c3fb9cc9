"""The queues: appeals, held commissions and cases; what waits, and what each case is about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jejaring.db.listing import newest, oldest
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import NotFound
from referrals.commissions.models import Commission
from referrals.review import words
from referrals.review.models import Appeal, CasePart, ReviewCase, SignalRule
from referrals.review.rules import SIGNALS
from referrals.review.shapes import AppealOut, AppealQuery, CaseOut, CaseQuery

MAX_PARTS = 50


def appeal_out(row: Appeal) -> AppealOut:
    """An appeal as the outside sees it."""
    return AppealOut.model_validate(row, from_attributes=True)


async def appeals(caller: Caller, query: AppealQuery) -> tuple[list[Appeal], str | None]:
    """The caller's appeals, newest first."""
    side = "merchant_id" if caller.kind == "merchant" else "partner_id"
    wanted = Appeal.filter(**{side: caller.organisation_id})
    if query.state is not None:
        wanted = wanted.filter(state=query.state)
    return await newest(wanted, query.limit, query.cursor or None, by="opened_at")


async def appeals_of(commission_ids: Collection[str]) -> dict[str, Appeal]:
    """The newest appeal of each commission that has one."""
    rows = await Appeal.filter(commission_id__in=list(commission_ids)).order_by("number")
    return {row.commission_id: row for row in rows}


async def open_appeals(merchant_id: str, limit: int) -> list[Appeal]:
    """Those that wait for an answer, the oldest first."""
    waiting = Appeal.filter(merchant_id=merchant_id, state="open")
    return await waiting.order_by("opened_at", "id").limit(limit)


@dataclass(frozen=True)
class Case:
    """An open case and the commissions that it is about (at most fifty, newest first)."""

    row: ReviewCase
    commissions: tuple[Commission, ...]
    count: int

    @property
    def amount(self) -> int:
        """What the shown commissions hold, in rupiah."""
        return sum(c.amount - c.reversed for c in self.commissions if c.state != "rejected")


async def cases(
    merchant_id: str | None, limit: int, cursor: str | None = None
) -> tuple[list[Case], str | None]:
    """Open cases of a merchant (None: of all), the oldest first, and where the next page starts."""
    wanted = ReviewCase.filter(closed_at=None)
    if merchant_id is not None:
        wanted = wanted.filter(merchant_id=merchant_id)
    rows, after = await oldest(wanted, limit, cursor or None, by="opened_at")
    return await _with_parts(rows), after


async def case_page(merchant_id: str, query: CaseQuery) -> tuple[list[Case], str | None]:
    """The merchant's cases, newest first, and where the next page starts."""
    wanted = ReviewCase.filter(merchant_id=merchant_id)
    if query.state is not None:
        wanted = wanted.filter(closed_at__isnull=query.state == "open")
    if query.signal is not None:
        wanted = wanted.filter(signal=query.signal)
    rows, after = await newest(wanted, query.limit, query.cursor or None, by="opened_at")
    return await _with_parts(rows), after


async def case(merchant_id: str, case_id: str) -> Case:
    """One of the merchant's cases. NotFound."""
    row = await ReviewCase.get_or_none(id=case_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return (await _with_parts([row]))[0]


async def cases_out(found: Sequence[Case], lang: str) -> list[CaseOut]:
    """Cases as the outside sees them: partners by handle, the evidence also as a sentence."""
    people = sorted({one for case in found for one in words.people(case.row)})
    slugs = dict(await Organisation.filter(id__in=people).values_list("id", "slug"))
    return [_out(case, lang, {str(k): str(v) for k, v in slugs.items()}) for case in found]


def _out(case: Case, lang: str, slugs: Mapping[str, str]) -> CaseOut:
    row = case.row
    evidence = dict(row.evidence)
    listed = evidence.get("partners")
    if isinstance(listed, list):
        evidence["partners"] = [slugs.get(str(one), str(one)) for one in listed]
    return CaseOut.model_validate(
        {
            "id": row.id,
            "signal": row.signal,
            "state": "open" if row.closed_at is None else "closed",
            "outcome": row.outcome,
            "partner": slugs.get(row.partner_id) if row.partner_id else None,
            "text": words.evidence(row, lang, slugs),
            "evidence": evidence,
            "commissions": [one.id for one in case.commissions],
            "count": case.count,
            "amount": case.amount,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
        }
    )


async def _with_parts(rows: list[ReviewCase]) -> list[Case]:
    ids = [row.id for row in rows]
    pairs = (
        await CasePart.filter(case_id__in=ids)
        .order_by("-id")
        .values_list("case_id", "commission_id")
    )
    parts: dict[str, list[str]] = {}
    for case_id, commission_id in pairs:
        parts.setdefault(str(case_id), []).append(str(commission_id))
    wanted = [one for own in parts.values() for one in own[:MAX_PARTS]]
    known = {c.id: c for c in await Commission.filter(id__in=wanted)}
    return [
        Case(
            row,
            tuple(known[one] for one in parts.get(row.id, [])[:MAX_PARTS]),
            len(parts.get(row.id, [])),
        )
        for row in rows
    ]


async def held(
    merchant_id: str, limit: int, cursor: str | None = None
) -> tuple[list[Commission], str | None]:
    """What is held, the oldest first, and where the next page starts."""
    wanted = Commission.filter(merchant_id=merchant_id, state="held")
    return await oldest(wanted, limit, cursor or None)


async def waiting(merchant_id: str) -> int:
    """How many cases and appeals wait for this merchant."""
    return sum((await open_counts(merchant_id)).values())


async def open_counts(merchant_id: str) -> dict[str, int]:
    """How many `cases` and how many `appeals` wait for this merchant."""
    return {
        "cases": await ReviewCase.filter(merchant_id=merchant_id, closed_at=None).count(),
        "appeals": await Appeal.filter(merchant_id=merchant_id, state="open").count(),
    }


async def does(merchant_id: str) -> dict[str, str]:
    """What each signal does at this merchant: `flag` or `hold`."""
    rows = await SignalRule.filter(merchant_id=merchant_id).values_list("signal", "does")
    return dict.fromkeys(SIGNALS, "flag") | {str(signal): str(act) for signal, act in rows}
