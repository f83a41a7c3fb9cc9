"""Take back what refunds, cancelled orders and lowered ones no longer earn; and give it back when a
closed order is opened again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.money import split
from jejaring.ledger import accounts
from jejaring.ledger.post import lock, post
from jejaring.payouts import items
from referrals.commissions import rules
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import item_of
from referrals.commissions.rules import LineNow
from referrals.orders.models import SaleLine
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order

Group = tuple[str, str, int]


@dataclass(frozen=True)
class Cause:
    """Why money moves back or forth: `part` is the last part of the keys (a refund's id, or
    `v{order version}`), `reason` a code that the partner sees.
    """

    part: str
    reason: str


@dataclass
class Changes:
    """What one change of an order did: rupiah by line id (negative: taken back), and by row."""

    by_line: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[Commission, int]] = field(default_factory=list)

    def add(self, row: Commission, amount: int) -> None:
        """Count an amount that came to a row (negative: was taken from it)."""
        if row.line_id is not None:
            self.by_line[row.line_id] = self.by_line.get(row.line_id, 0) + amount
        self.rows.append((row, amount))


async def of_sale(sale_id: str) -> list[Commission]:
    """A sale's commissions, in the order in which they were made."""
    return await Commission.filter(sale_id=sale_id).order_by("created_at", "id").select_for_update()


def groups(rows: Iterable[Commission]) -> dict[Group, list[Commission]]:
    """Rows by line, partner and rule, the first made leading; rejected ones are off the books."""
    found: dict[Group, list[Commission]] = {}
    for row in rows:
        if row.state in rules.ON_BOOKS and row.line_id is not None:
            found.setdefault((row.line_id, row.enrolment_id, row.rule_index), []).append(row)
    return found


def entitled(rows: Sequence[Commission]) -> int:
    """What the line earns by this rule, before its refunds (kept by the leading row)."""
    return int(str(rows[0].because["entitled"]))


def line_now(order: Order, line: SaleLine) -> LineNow:
    """The line as its commissions see it."""
    closed = order.sale.state in CLOSED_STATES
    return LineNow(line.base, line.refunded, line.quantity, line.returned, closed)


async def settle(order: Order, rows: Sequence[Commission], cause: Cause, out: Changes) -> None:
    """Bring each row to what its line still earns: refunds and closed orders take back; where more
    is due than is left (the order was reopened), what was taken comes back.
    """
    lines = {line.id: line for line in order.lines}
    wanted: list[tuple[list[Commission], int]] = []
    for (line_id, _, _), own in groups(rows).items():
        due = rules.still_due(entitled(own), line_now(order, lines[line_id]))
        wanted.append((own, due - sum(row.amount - row.reversed for row in own)))
    await take_back([(own, -delta) for own, delta in wanted if delta < 0], cause, out)
    await _reinstate([(own, delta) for own, delta in wanted if delta > 0], cause, out)


async def take_back(
    wanted: Sequence[tuple[list[Commission], int]], cause: Cause, out: Changes
) -> None:
    """Reverse an amount of each group, spread over its rows by what each has left."""
    freed: dict[str, int] = {}
    parts: list[tuple[Commission, int]] = []
    for own, amount in wanted:
        taken = rules.taken_from(amount, [row.amount - row.reversed for row in own])
        parts += [(row, part) for row, part in zip(own, taken, strict=True) if part]
    # Campaigns before balances: the house's order of locks. Items by their source's id.
    for row, part in parts:
        freed[row.campaign_id] = freed.get(row.campaign_id, 0) + part
    for campaign_id in sorted(freed):
        await budget.free(campaign_id, freed[campaign_id])
    for row, part in sorted(parts, key=lambda p: p[0].id):
        await _reverse(row, part, cause)
        out.add(row, -part)


async def _reverse(row: Commission, amount: int, cause: Cause) -> None:
    owed = 0
    if row.state == "payable":
        owed = (await items.take_back(row.merchant_id, row.id, amount)).owed
    key = rules.reverse_key(row.id, cause.part)
    moves = rules.reverse_moves(row.partner_id, row.state, amount, owed)
    await post(row.merchant_id, key, "reverse", moves, {"commission": row.id})
    await _record(row, key, cause.reason, amount, owed)


async def _record(row: Commission, key: str, reason: str, amount: int, owed: int) -> None:
    """A reversal's row (negative: what came back); `reversed` follows."""
    await Reversal.create(
        id=world.new_id("rev"),
        commission_id=row.id,
        key=key,
        reason=reason,
        amount=amount,
        from_owed=owed,
        created_at=world.now(),
    )
    row.reversed += amount
    await Commission.filter(id=row.id).update(reversed=row.reversed)


async def _reinstate(
    wanted: Sequence[tuple[list[Commission], int]], cause: Cause, out: Changes
) -> None:
    campaigns = {own[0].campaign_id for own, _ in wanted}
    left = budget.left(await budget.lock(campaigns)) if campaigns else {}
    parts: list[tuple[Commission, int]] = []
    taken: dict[str, int] = {}
    for own, amount in wanted:
        campaign = own[0].campaign_id
        back = min(amount, sum(row.reversed for row in own))
        if campaign in left:
            back = min(back, left[campaign])
            left[campaign] -= back
        taken[campaign] = taken.get(campaign, 0) + back
        spread = split(back, [row.reversed for row in own]) if back else [0] * len(own)
        parts += [(row, part) for row, part in zip(own, spread, strict=True) if part]
    for campaign_id in sorted(taken):
        if taken[campaign_id]:
            await budget.take(campaign_id, taken[campaign_id], limited=campaign_id in left)
    for row, part in sorted(parts, key=lambda p: p[0].id):
        await _give_back(row, part, cause)
        out.add(row, part)


async def _give_back(row: Commission, amount: int, cause: Cause) -> None:
    """expense → where the row stands now. What is in an approved payout, or paid, comes back as a
    new item, less what the partner owes.
    """
    key = rules.reinstate_key(row.id, cause.part)
    now = world.now()
    owed = 0
    if row.state == "payable":
        standing = (await items.standing([row.id])).get(row.id)
        if standing in ("in_payout", "paid"):
            account = accounts.partner(row.partner_id, "owed_back")
            owed = min(amount, -(await lock(row.merchant_id, [account]))[account])
        await items.add(item_of(row, key, amount - owed, now))
    moves = rules.reinstate_moves(row.partner_id, row.state, amount, owed)
    await post(row.merchant_id, key, "reinstate", moves, {"commission": row.id})
    await _record(row, key, cause.reason, -amount, -owed)


async def move_release(order: Order, rows: Sequence[Commission], at: datetime | None) -> None:
    """Set the holds' ends anew: the order counts as delivered from `at` (None: not yet)."""
    for row in rows:
        if row.state not in ("pending", "held"):
            continue
        hold_days = int(str(row.because["hold_days"]))
        when = rules.release_time(at, hold_days)
        if row.key.startswith("amend:"):
            when = rules.amended_release_time(at, row.created_at, hold_days)
        if when != row.release_at:
            row.release_at = when
            await Commission.filter(id=row.id).update(release_at=when)


def told(changes: Changes, reason: str) -> list[Event]:
    """One `commission.reversed` per partner who lost something."""
    partners: dict[str, list[tuple[Commission, int]]] = {}
    for row, amount in changes.rows:
        if amount < 0:
            partners.setdefault(row.partner_id, []).append((row, amount))
    return [
        publish.draft(
            "commission.reversed",
            partner_id,
            own[0][0].id,
            merchant_id=own[0][0].merchant_id,
            reason=reason,
            commissions=[{"id": row.id, "amount": -amount} for row, amount in own],
        )
        for partner_id, own in partners.items()
    ]
