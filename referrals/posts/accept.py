"""Accept a post: what its rules pay is accrued in the same transaction, within the limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.content import judge
from campaigns.content import rules as content
from campaigns.content.models import Submission
from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import FRAUD
from campaigns.lifecycle import budget
from campaigns.terms import versions
from campaigns.terms.rules import Rule, Terms, Who, Worth
from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.kit.errors import Conflict
from jejaring.kit.periods import day_of, month_of
from referrals.commissions import hold, release, rules, write
from referrals.commissions.limits import Limits, lock_enrolments, months_so_far
from referrals.commissions.models import Commission
from referrals.months import book
from referrals.months.book import Earned


@dataclass(frozen=True)
class _Fee:
    """What is accrued for: the post, its partner's place, the version that is in force; and when,
    with that instant's month and day at the merchant's.
    """

    row: Submission
    place: Enrolment
    terms: Terms
    number: int
    month: str
    day: str
    at: datetime


async def accept(merchant_id: str, submission_id: str, actor: str) -> Submission:
    """Accept a waiting post: each `per_post` rule of the version in force now whose conditions hold
    accrues one commission, as far as the month's limits and the budget go. Accepting again changes
    nothing, whatever the terms say by then.

    Role and tier count as they are now, `from` and `until` when the post was sent in. NotFound;
    Conflict `post_refused`, `posts_not_paid` where no rule pays it any more.
    """

    async def work() -> Submission:
        row = await judge.opened(merchant_id, submission_id, "accepted")
        if row.state == "waiting":
            await _accept(row, actor)
        return row

    return await transact(work)


async def _accept(row: Submission, actor: str) -> None:
    left = budget.left(await budget.lock({row.campaign_id}))
    await lock_enrolments({row.enrolment_id})
    fee = await _fee(row)
    paid = content.paying(fee.terms, await _who(fee.place), row.created_at)
    if not paid:
        raise Conflict("posts_not_paid")
    limits = Limits(months=await months_so_far({fee.place.id: {fee.month}}), budgets=left)
    made = [_commission(fee, _priced(fee, index, rule, limits)) for index, rule in paid]
    await limits.reserve()
    await judge.accepted(row, fee.number, actor)
    await _write(made, held=fee.place.reason_code == FRAUD)


async def _fee(row: Submission) -> _Fee:
    now = world.now()
    number, terms = (await versions.at([row.campaign_id], now))[row.campaign_id]
    place = await Enrolment.get(id=row.enrolment_id)
    zone = (await Organisation.get(id=row.merchant_id)).zone
    day = day_of(now, zone).isoformat()
    return _Fee(row, place, terms, number, month_of(now, zone), day, now)


async def _who(place: Enrolment) -> Who:
    partner = await Organisation.get(id=place.partner_id)
    return Who(place.role, partner.slug, place.tier)


def _priced(fee: _Fee, index: int, rule: Rule, limits: Limits) -> Worth:
    """The rule's amount within the limits."""
    worth = Worth(0, index, rule.name, "per_post", 0, None, rule.amount or 0)
    return limits.grant(worth, fee.terms, (fee.place.id, fee.row.campaign_id, fee.month))


def _commission(fee: _Fee, worth: Worth) -> Commission:
    row = fee.row
    key = rules.post_key(row.id, row.enrolment_id, worth.rule)
    ids = (row.merchant_id, row.partner_id, row.enrolment_id, row.campaign_id)
    earned = Earned(key, *ids, fee.number, fee.month, fee.at, fee.terms.hold_days)
    return book.commission(
        earned,
        worth,
        f"{worth.rule} · {row.url}",
        submission=row.id,
        platform=row.platform,
        url=row.url,
        day=fee.day,
        each=fee.terms.rules[worth.rule_index].amount,
    )


async def _write(rows: Sequence[Commission], *, held: bool) -> None:
    """The rows with their entries; without a hold they are payable at once. What a partner who left
    for fraud still gets is held.
    """
    out = await book.accrued(rows)
    for row in rows:
        if held and row.amount:
            hold.mark([row], FRAUD, out)
        elif release.is_due(row, row.created_at):
            release.mark(row, row.created_at, out.entries, out.items)
    await write.write(out)
