"""Clicks of a day, paid the day after: once per link, day and visitor, one commission per enrolment
and rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from campaigns.enrolments.rules import FRAUD, EnrolmentFacts
from campaigns.lifecycle import budget
from campaigns.terms.rules import Rule, Terms, Worth
from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.jobs.enqueue import enqueue
from jejaring.kit.periods import ZONES, day_of, day_start, month_of
from referrals.attribution import evidence
from referrals.attribution.evidence import Evidence
from referrals.clicks import queries as clicks
from referrals.clicks.queries import Shown
from referrals.commissions import hold, rules, write
from referrals.commissions.limits import Limits, lock_enrolments, months_so_far
from referrals.commissions.models import Commission
from referrals.commissions.rules import PaidClick
from referrals.months import book
from referrals.months.book import Earned

TOPIC = "months.clicks"
HOLD_DAYS = 7
DAYS_BACK = 7
_CAMPAIGNS = (
    "SELECT DISTINCT t.campaign_id AS id FROM terms_version t "
    "JOIN campaign c ON c.id = t.campaign_id JOIN organisation o ON o.id = c.merchant_id "
    "WHERE o.zone = ? AND CAST(t.body AS TEXT) LIKE '%\"per_click\"%' ORDER BY 1"
)


async def plan() -> None:
    """Enqueue the days that are over, once each: the last seven, should nobody have been there."""
    now = world.now()
    for zone in ZONES:
        today = day_of(now, zone)
        for back in range(DAYS_BACK, 0, -1):
            day = (today - timedelta(days=back)).isoformat()
            await enqueue(TOPIC, {"zone": zone, "day": day}, key=f"{TOPIC}:{zone}:{day}")


async def accrue_day(zone: str, day: date) -> int:
    """Accrue what the day's clicks earn at the merchants of the zone; how many commissions. A
    campaign is a transaction; what is accrued already is left alone.
    """
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    span = await clicks.between(start, end)
    made = 0
    for row in await sql.rows(_CAMPAIGNS, [zone]):
        shown = await clicks.of_campaign(row["id"], start, end, span)
        if shown:
            made += await transact(partial(_accrue, row["id"], zone, day, shown))
    return made


@dataclass
class _Fee:
    """A day of one enrolment under one rule (by its name): the clicks that count, in order."""

    enrolment: EnrolmentFacts
    rule: Rule
    index: int
    terms: Terms
    number: int
    clicks: list[PaidClick]


async def _accrue(campaign_id: str, zone: str, day: date, shown: Sequence[Shown]) -> int:
    found = Evidence()
    await evidence.load_promises(found, {click.enrolment_id for click in shown})
    fees = _fees(found, campaign_id, shown)
    if not fees:
        return 0
    left = budget.left(await budget.lock({campaign_id}))
    await lock_enrolments({fee.enrolment.id for fee in fees})
    keys = [_key(fee, day) for fee in fees]
    known = await Commission.filter(merchant_id=fees[0].enrolment.merchant_id, key__in=keys)
    fresh = [fee for fee in fees if _key(fee, day) not in {row.key for row in known}]
    month = month_of(day_start(day, zone), zone)
    limits = Limits(
        months=await months_so_far({fee.enrolment.id: {month} for fee in fresh}), budgets=left
    )
    rows = [row for fee in fresh if (row := _price(fee, day, month, limits)) is not None]
    await limits.reserve()
    await _write(found, rows)
    return len(rows)


def _fees(found: Evidence, campaign_id: str, shown: Sequence[Shown]) -> list[_Fee]:
    """The clicks by enrolment and rule: each that was made while campaign and enrolment counted, by
    the terms of that moment, under every rule whose conditions hold.
    """
    fees: dict[tuple[str, str], _Fee] = {}
    facts = found.campaigns[campaign_id]
    for click in shown:
        enrolment = found.enrolments.get(click.enrolment_id)
        version = found.terms_at(campaign_id, click.at)
        if enrolment is None or version is None:
            continue
        if not (facts.live_at(click.at) and enrolment.active_at(click.at)):
            continue
        number, terms = version
        for index, rule in enumerate(terms.rules):
            if rule.kind == "per_click" and _holds(rule, enrolment, click):
                place = (enrolment.id, rule.name)
                known = fees.get(place)
                paid = [*(known.clicks if known else []), PaidClick(rule.amount or 0, click.proved)]
                fees[place] = _Fee(enrolment, rule, index, terms, number, paid)
    return [fees[place] for place in sorted(fees)]


def _holds(rule: Rule, enrolment: EnrolmentFacts, click: Shown) -> bool:
    when = rule.when
    values: Mapping[str, Any] = {
        "role": enrolment.role,
        "partner": enrolment.partner_slug,
        "tier": enrolment.tier_at(click.at),
        "product_id": click.product_id,
        "channel": click.channel,
    }
    asked = all(
        getattr(when, name) is None or value in getattr(when, name)
        for name, value in values.items()
    )
    return (
        asked
        and (when.from_ is None or when.from_ <= click.at)
        and (when.until is None or click.at < when.until)
    )


def _key(fee: _Fee, day: date) -> str:
    return rules.click_key(day.isoformat(), fee.enrolment.id, fee.rule.name)


def _price(fee: _Fee, day: date, month: str, limits: Limits) -> Commission | None:
    """The day's commission within the limits; None where nothing is due."""
    paid = rules.click_fee(fee.clicks, fee.rule.max_per_day or 0)
    worth = Worth(0, fee.index, fee.rule.name, "per_click", 0, None, paid.amount, paid.notes)
    place = (fee.enrolment.id, fee.enrolment.campaign_id, month)
    worth = limits.grant(worth, fee.terms, place)
    return None if not paid.amount else _commission(fee, day, month, worth)


def _commission(fee: _Fee, day: date, month: str, worth: Worth) -> Commission:
    place, on = fee.enrolment, day.isoformat()
    ids = (place.merchant_id, place.partner_id, place.id, place.campaign_id)
    return book.commission(
        Earned(_key(fee, day), *ids, fee.number, month, world.now(), HOLD_DAYS),
        worth,
        f"{worth.rule} · {on}",
        day=on,
        clicks=len(fee.clicks),
        proved=sum(click.proved for click in fee.clicks),
        each=fee.rule.amount,
    )


async def _write(found: Evidence, rows: Sequence[Commission]) -> None:
    out = await book.accrued(rows)
    frauds = [row for row in rows if found.enrolments[row.enrolment_id].fraud and row.amount]
    hold.mark(frauds, FRAUD, out)
    await write.write(out)
