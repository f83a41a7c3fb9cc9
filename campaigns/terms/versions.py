"""Which version of a campaign's terms counts: at an instant, by number, the latest."""

from collections.abc import Collection
from datetime import datetime

from campaigns.terms.models import TermsVersion
from campaigns.terms.rules import Terms
from campaigns.terms.stored import read
from jejaring.kit.errors import NotFound

_KEPT = 5_000
_read: dict[tuple[str, int], Terms] = {}


async def at(campaign_ids: Collection[str], instant: datetime) -> dict[str, tuple[int, Terms]]:
    """For each campaign the number and terms of the version in force at the instant: the latest
    `effective_at` ≤ instant, the higher number among equals. A campaign without one is absent.
    """
    found = (
        await TermsVersion.filter(campaign_id__in=list(campaign_ids), effective_at__lte=instant)
        .order_by("effective_at", "number")
        .values_list("campaign_id", "number")
    )
    numbers: dict[str, int] = dict(found)  # a later row of the same campaign replaces the earlier
    terms = await _many(list(numbers.items()))
    return {cid: (number, terms[cid, number]) for cid, number in numbers.items()}


async def schedules(
    campaign_ids: Collection[str],
) -> dict[str, list[tuple[datetime, int, Terms]]]:
    """For each campaign its versions as (effective_at, number, terms), the latest in force last:
    for those who ask about many instants at once.
    """
    found = (
        await TermsVersion.filter(campaign_id__in=list(campaign_ids))
        .order_by("effective_at", "number")
        .values_list("campaign_id", "effective_at", "number")
    )
    terms = await _many([(cid, number) for cid, _, number in found])
    lists: dict[str, list[tuple[datetime, int, Terms]]] = {}
    for cid, effective_at, number in found:
        lists.setdefault(cid, []).append((effective_at, number, terms[cid, number]))
    return lists


async def by_number(campaign_id: str, number: int) -> Terms:
    """One version's terms; remembered, for versions never change. NotFound if there is none."""
    terms = await _many([(campaign_id, number)])
    if not terms:
        raise NotFound
    return terms[campaign_id, number]


async def by_numbers(wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Terms]:
    """The terms of several versions by (campaign, number); what there is not is absent."""
    return await _many(list(wanted))


async def latest(campaign_id: str) -> TermsVersion | None:
    """The newest version by number, in force or not yet."""
    return await TermsVersion.filter(campaign_id=campaign_id).order_by("-number").first()


async def all_of(campaign_ids: Collection[str]) -> dict[str, list[TermsVersion]]:
    """Every version of each campaign, in the order in which they come into force."""
    rows = await TermsVersion.filter(campaign_id__in=list(campaign_ids)).order_by(
        "effective_at", "number"
    )
    found: dict[str, list[TermsVersion]] = {}
    for row in rows:
        found.setdefault(row.campaign_id, []).append(row)
    return found


async def every(campaign_id: str) -> list[TermsVersion]:
    """All versions, newest first."""
    return await TermsVersion.filter(campaign_id=campaign_id).order_by("-number")


async def _many(wanted: list[tuple[str, int]]) -> dict[tuple[str, int], Terms]:
    missing = [key for key in wanted if key not in _read]
    if missing:
        if len(_read) > _KEPT:
            _read.clear()
            missing = wanted
        rows = await TermsVersion.filter(campaign_id__in=list({cid for cid, _ in missing}))
        _read.update({(row.campaign_id, row.number): read(row.body) for row in rows})
    return {key: _read[key] for key in wanted if key in _read}
