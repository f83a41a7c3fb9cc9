"""The true-up: when a month is over, its tiers and bonuses are worked out anew on what survived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import FRAUD
from campaigns.lifecycle import budget
from campaigns.terms import monthly
from campaigns.terms.rules import Terms, Worth
from jejaring import world
from jejaring.db.transact import transact
from referrals.commissions import hold, release, reverse, rules, write
from referrals.commissions.limits import Limits, lock_enrolments, months_so_far
from referrals.commissions.models import Commission, TrueUp
from referrals.commissions.reverse import Cause, Changes
from referrals.months import book, gather, places
from referrals.months.book import Earned
from referrals.months.gather import Counted

LATE = timedelta(days=60)
AGAIN = timedelta(hours=6)
BATCH = 100


async def settle_due() -> int:
    """Settle every month that is over and final (or 60 days over, as it then stands); how many.

    Each in a transaction of its own, under its campaign's and enrolment's locks, so that any number
    of workers may: a settled one is left alone.
    """
    done = 0
    while True:
        due = TrueUp.filter(done_at=None, next_at__lte=world.now())
        # Where a budget is short, who is first matters: one order, on every machine.
        due = due.order_by("month", "enrolment_id", "rule").limit(BATCH)
        ids = await due.values_list("id", "campaign_id", "enrolment_id")
        for found in ids:
            done += await _one(*map(str, found))
        if len(ids) < BATCH:
            return done


async def _one(true_up_id: str, campaign_id: str, enrolment_id: str) -> bool:
    async def work() -> bool:
        left = budget.left(await budget.lock({campaign_id}))
        await lock_enrolments({enrolment_id})
        row = await TrueUp.get(id=true_up_id)
        return row.done_at is None and await _settle(row, left)

    return await transact(work)


async def _settle(row: TrueUp, left: dict[str, int]) -> bool:
    """Settle the month if its time has come; whether it was."""
    now = world.now()
    sold = await gather.gather(row)
    if not sold.final and now < row.over_at + LATE:
        row.next_at = min(now + AGAIN, row.over_at + LATE)
        await row.save(update_fields=["next_at"])
        return False
    result = gather.worth(row.kind, sold.counted)
    earned = gather.earned(row.kind, sold.counted)
    row.volume, row.sales = result.volume, result.sales
    row.expected, row.earned, row.posted, row.done_at = result.due, earned, 0, now
    if result.due > earned:
        terms = sold.terms
        assert terms is not None  # noqa: S101 — what is due comes from a line that has terms
        row.posted = await _add(row, terms, result.due - earned, left)
    elif result.due < earned:
        row.posted = -await _take(row, sold.counted, earned - result.due)
    fields = ["volume", "sales", "expected", "earned", "posted", "done_at"]
    await row.save(update_fields=fields)
    return True


async def _add(row: TrueUp, terms: Terms, wanted: int, left: dict[str, int]) -> int:
    """A commission of what the month still owes, within the limits, payable at once."""
    months = await months_so_far({row.enrolment_id: {row.month}})
    limits = Limits(months=months, budgets=left)
    index = next((i for i, rule in enumerate(terms.rules) if rule.name == row.rule), 0)
    worth = Worth(0, index, row.rule, row.kind, row.volume or 0, None, wanted)
    worth = limits.grant(worth, terms, (row.enrolment_id, row.campaign_id, row.month))
    await limits.reserve()
    if not worth.amount:
        return 0
    made = _commission(row, worth)
    out = await book.accrued([made])
    if await Enrolment.filter(id=row.enrolment_id, reason_code=FRAUD).exists():
        hold.mark([made], FRAUD, out)
    else:
        release.mark(made, made.created_at, out.entries, out.items)
    await write.write(out)
    return worth.amount


def _commission(row: TrueUp, worth: Worth) -> Commission:
    key = rules.true_up_key(row.enrolment_id, row.rule, row.month)
    ids = (row.merchant_id, row.partner_id, row.enrolment_id, row.campaign_id)
    return book.commission(
        Earned(key, *ids, 0, row.month, world.now(), 0),
        worth,
        f"{row.rule} · {row.month}",
        month=row.month,
        sales=row.sales,
        expected=row.expected,
        earned=row.earned,
    )


async def _take(row: TrueUp, counted: Sequence[Counted], wanted: int) -> int:
    """Reverse what the month paid too much, over its lines by what each has left. Each line keeps
    what it is then entitled to, so that later refunds and changes go on from there.
    """
    rows = [own for one in counted for own in one.rows]
    cause = Cause(row.month, "true_up", head="trueup")
    changes = Changes(row.merchant_id, {row.partner_id})
    before: int = sum(own.reversed for own in rows)
    await reverse.take_back([(rows, wanted)], cause, changes)
    await reverse.follow([*rows, *await reverse.shares_of(rows)], cause, changes)
    for one, earlier in zip(counted, monthly.befores([c.sold for c in counted]), strict=True):
        net = sum(own.amount - own.reversed for own in one.rows)
        leader = one.rows[0]
        entitled = rules.entitled_for(net, one.line)
        leader.because = {**leader.because, "entitled": entitled, "before": earlier}
        changes.out.change(leader)
    changes.out.events += reverse.told(changes, cause.reason)
    changes.out.events += await places.told("commission.reversed", changes.rows)
    await write.write(changes.out)
    after: int = sum(own.reversed for own in rows)
    return after - before


@dataclass(frozen=True)
class Estimate:
    """A month that is not settled yet: what it would add, as it stands (rupiah, never below 0)."""

    enrolment_id: str
    rule: str
    kind: str
    month: str
    over_at: datetime
    volume: int
    sales: int
    amount: int


async def estimates(limit: int = 20, **side: str) -> list[Estimate]:
    """The open months of a side (partner_id=…, enrolment_id=…), newest first."""
    found = []
    for row in await TrueUp.filter(done_at=None, **side).order_by("-month", "id").limit(limit):
        sold = await gather.gather(row)
        result = gather.worth(row.kind, sold.counted)
        found.append(
            Estimate(
                enrolment_id=row.enrolment_id,
                rule=row.rule,
                kind=row.kind,
                month=row.month,
                over_at=row.over_at,
                volume=result.volume,
                sales=result.sales,
                amount=max(result.due - gather.earned(row.kind, sold.counted), 0),
            )
        )
    return found
