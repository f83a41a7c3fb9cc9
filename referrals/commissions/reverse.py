"""Take back what refunds, cancelled orders and lowered ones no longer earn; and give it back when a
closed order is opened again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.db import bulk
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.money import split
from jejaring.ledger import accounts
from jejaring.ledger.post import hold
from jejaring.ledger.rules import Draft
from jejaring.payouts import items
from referrals.commissions import limits, rules
from referrals.commissions.models import Commission, Reversal
from referrals.commissions.release import item_of, memo
from referrals.commissions.rules import LineNow
from referrals.commissions.write import Ledgered
from referrals.orders.models import SaleLine
from referrals.orders.rules import CLOSED_STATES
from referrals.orders.store import Order

Group = tuple[str, str, int]


@dataclass(frozen=True)
class Cause:
    """Why money moves back or forth: `part` is the last part of the keys (a refund's id, or
    `v{order version}`), `reason` a code that the partner sees. A refund only takes (`gives` false):
    what a spent budget kept back waits for the next change of the order. `head` is the first part
    of a reversal's key.
    """

    part: str
    reason: str
    gives: bool = True
    head: str = "reverse"


@dataclass
class Changes:
    """What one change of an order does: rupiah by row (negative: taken back; `back`: what was taken
    and comes again), and what is to be written for it. `partners` are those whose balances it may
    move, `owed` what they owe back.
    """

    merchant_id: str
    partners: set[str] = field(default_factory=set)
    rows: list[tuple[Commission, int]] = field(default_factory=list)
    back: list[tuple[Commission, int]] = field(default_factory=list)
    out: Ledgered = field(default_factory=Ledgered)
    owed: dict[str, int] | None = None

    async def hold(self) -> dict[str, int]:
        """Lock the partners' balances, once; what each owes back. Campaigns are locked before."""
        if self.owed is None:
            held = await hold((self.merchant_id, partner) for partner in self.partners)
            self.owed = {
                accounts.owner_of(account): -amount
                for (_, account), amount in held.items()
                if account.endswith(":owed_back")
            }
        return self.owed

    def owe(self, row: Commission, amount: int) -> None:
        """What a row's partner owes back grows (negative: shrinks)."""
        if self.owed is not None and amount:
            self.owed[row.partner_id] = self.owed.get(row.partner_id, 0) + amount


async def of_sale(sale_id: str) -> list[Commission]:
    """A sale's commissions, in the order in which they were made, those of one moment by line."""
    rows = Commission.filter(sale_id=sale_id).order_by("created_at", "id")
    # Locked in the order of the ids; what is worked out must not hang on their letters.
    return sorted(await rows.select_for_update(), key=_made)


def _made(row: Commission) -> tuple[datetime, int, bool]:
    return (row.created_at, int(str(row.because.get("line", 0))), row.parent_id is not None)


def groups(rows: Iterable[Commission]) -> dict[Group, list[Commission]]:
    """Rows by line, partner and rule, the first made leading; rejected ones are off the books."""
    found: dict[Group, list[Commission]] = {}
    for row in sorted(rows, key=lambda row: row.key.startswith("amend:")):
        own = row.line_id is not None and row.parent_id is None
        if row.state in rules.ON_BOOKS and own and row.line_id is not None:
            found.setdefault((row.line_id, row.enrolment_id, row.rule_index), []).append(row)
    return found


def entitled(rows: Sequence[Commission]) -> int:
    """What the line earns by this rule, before its refunds (kept by the leading row)."""
    return int(str(rows[0].because["entitled"]))


def line_now(order: Order, line: SaleLine) -> LineNow:
    """The line as its commissions see it."""
    closed = order.sale.state in CLOSED_STATES
    return LineNow(line.base, line.refunded, line.quantity, line.returned, closed)


def is_short(order: Order, rows: Sequence[Commission]) -> bool:
    """Whether a line earns more than giving back all that was taken of it would make: it was
    refunded before it earned anything (its order was first heard of as closed).
    """
    lines = {line.id: line for line in order.lines}
    return any(
        rules.still_due(entitled(own), line_now(order, lines[line_id]))
        > sum(row.amount for row in own)
        for (line_id, _, _), own in groups(rows).items()
    )


async def settle(order: Order, rows: Sequence[Commission], cause: Cause, out: Changes) -> None:
    """Bring each row to what its line still earns: refunds and closed orders take back; where more
    is due than is left (the order was reopened, a dispute won), what was taken comes back.
    """
    lines = {line.id: line for line in order.lines}
    wanted: list[tuple[list[Commission], int]] = []
    for (line_id, _, _), own in groups(rows).items():
        due = rules.still_due(entitled(own), line_now(order, lines[line_id]))
        wanted.append((own, due - sum(row.amount - row.reversed for row in own)))
    if cause.gives and any(delta > 0 for _, delta in wanted):
        # Before the balances, which what is taken back may lock: the house's order of locks.
        await limits.lock_for(rows)
    await _bring(wanted, cause, out)
    await follow(rows, cause, out)


async def _bring(
    wanted: Sequence[tuple[list[Commission], int]], cause: Cause, out: Changes
) -> None:
    """Take back where the difference is negative; then give again."""
    await take_back([(own, -delta) for own, delta in wanted if delta < 0], cause, out)
    if cause.gives:
        await _reinstate([(own, delta) for own, delta in wanted if delta > 0], cause, out)


async def follow(rows: Sequence[Commission], cause: Cause, out: Changes) -> None:
    """Bring recruiters' shares among the rows to what their parents, among them too, still have."""
    known = {row.id: row for row in rows}
    wanted: list[tuple[list[Commission], int]] = []
    for row in rows:
        parent = known.get(row.parent_id or "")
        if parent is not None and row.state in rules.ON_BOOKS:
            off = parent.state not in rules.ON_BOOKS
            due = rules.share_due(row.amount, (parent.amount, parent.reversed), off=off)
            wanted.append(([row], due - (row.amount - row.reversed)))
    await _bring(wanted, cause, out)


async def shares_of(rows: Sequence[Commission]) -> list[Commission]:
    """The recruiters' shares of these commissions, locked till the transaction ends."""
    ids = [row.id for row in rows]
    shares = Commission.filter(parent_id__in=ids).order_by("created_at", "id")
    return await shares.select_for_update()


async def take_back(
    wanted: Sequence[tuple[list[Commission], int]],
    cause: Cause,
    out: Changes,
    *,
    frees: bool = True,
) -> None:
    """Reverse an amount of each group, spread over its rows by what each has left. The budgets get
    it back, unless they never gave it (`frees` false).
    """
    parts: list[tuple[Commission, int]] = []
    for own, amount in wanted:
        taken = rules.taken_from(amount, [row.amount - row.reversed for row in own])
        parts += [(row, part) for row, part in zip(own, taken, strict=True) if part]
    # The house's order of locks: campaigns, balances, then the items that hang on these.
    freed: dict[str, int] = {}
    for row, part in parts if frees else []:
        back = rules.of_budget(row.kind, part)
        freed[row.campaign_id] = freed.get(row.campaign_id, 0) + back
    for campaign_id in sorted(freed):
        await budget.free(campaign_id, freed[campaign_id])
    payable = {row.id: part for row, part in parts if row.state == "payable"}
    if payable:
        await out.hold()
        await out.out.add_items()
    taken_back = await items.take_back_many(out.merchant_id, payable)
    for row, part in parts:
        owed = taken_back[row.id].owed if row.id in payable else 0
        key = f"{cause.head}:{row.id}:{cause.part}"
        moves = rules.reverse_moves(row.partner_id, row.state, part, owed)
        out.out.entries.append(Draft(row.merchant_id, key, "reverse", moves, memo(row)))
        out.owe(row, owed)
        _record(row, Reversed(key, cause.reason, part, owed), out)


@dataclass(frozen=True)
class Reversed:
    """A part taken back (negative: given back), `owed` of it from what the partner owes."""

    key: str
    reason: str
    amount: int
    owed: int


def _record(row: Commission, part: Reversed, out: Changes) -> None:
    """A reversal's row; `reversed` follows."""
    out.out.reversals.append(
        bulk.new(
            Reversal,
            id=world.new_id("rev"),
            commission_id=row.id,
            key=part.key,
            reason=part.reason,
            amount=part.amount,
            from_owed=part.owed,
            created_at=world.now(),
        )
    )
    row.reversed += part.amount
    out.out.change(row)
    out.rows.append((row, -part.amount))


async def _reinstate(
    wanted: Sequence[tuple[list[Commission], int]], cause: Cause, out: Changes
) -> None:
    """Give again what was taken of each group, as far as the budget and the month's limits go."""
    if not wanted:
        return
    await out.out.store_changes()  # what this change took back counts no more
    room = await limits.room_for([own[0] for own, _ in wanted])
    room.count(out.out.commissions)
    parts: list[tuple[Commission, int]] = []
    taken: dict[str, int] = {}
    for own, amount in wanted:
        leader = own[0]
        back, why = room.take(leader, min(amount, sum(row.reversed for row in own)))
        kept_back(leader, why, out)
        taken.setdefault(leader.campaign_id, 0)
        taken[leader.campaign_id] += rules.of_budget(leader.kind, back)
        spread = split(back, [row.reversed for row in own]) if back else [0] * len(own)
        parts += [(row, part) for row, part in zip(own, spread, strict=True) if part]
    for campaign_id in sorted(taken):
        if taken[campaign_id]:
            limited = campaign_id in room.budgets
            await budget.take(campaign_id, taken[campaign_id], limited=limited)
    payable = [row.id for row, _ in parts if row.state == "payable"]
    if payable:
        await out.hold()
    standing = await items.standing(payable)
    for row, part in parts:
        _give_back(row, part, cause, out, standing.get(row.id) in ("in_payout", "paid"))


def kept_back(leader: Commission, why: str | None, out: Changes) -> None:
    """The leading row says which limit keeps something of it back, until none does."""
    if leader.because.get(rules.KEPT_BACK) != why:
        leader.because = {**leader.because, rules.KEPT_BACK: why}
        out.out.change(leader)


def _give_back(row: Commission, amount: int, cause: Cause, out: Changes, in_payout: bool) -> None:
    """expense → where the row stands now. What is in an approved payout, or paid, comes back as a
    new item, less what the partner owes.
    """
    key = rules.reinstate_key(row.id, cause.part)
    owed = min(amount, (out.owed or {}).get(row.partner_id, 0)) if in_payout else 0
    if row.state == "payable":
        out.out.items.append(item_of(row, key, amount - owed, world.now()))
    moves = rules.reinstate_moves(row.partner_id, row.state, amount, owed)
    out.out.entries.append(Draft(row.merchant_id, key, "reinstate", moves, memo(row)))
    out.owe(row, -owed)
    out.back.append((row, amount))
    _record(row, Reversed(key, cause.reason, -amount, -owed), out)


def is_further(row: Commission) -> bool:
    """Whether it was made when its order was raised, or is a recruiter's share of such a one."""
    return row.key.startswith("amend:") or bool(row.because.get("further"))


def move_release(rows: Sequence[Commission], at: datetime | None, out: Changes) -> None:
    """Set the holds' ends anew: the order counts as delivered from `at` (None: not yet)."""
    for row in rows:
        if row.state not in ("pending", "held"):
            continue
        hold_days = int(str(row.because["hold_days"]))
        when = rules.release_time(at, hold_days)
        if is_further(row):
            when = rules.amended_release_time(at, row.created_at, hold_days)
        if when != row.release_at:
            row.release_at = when
            out.out.change(row)


def told(changes: Changes, reason: str) -> list[Event]:
    """One `commission.reversed` per partner who lost something, one `commission.reinstated` per
    partner to whom something came back.
    """
    parts = [(row, amount, "commission.reversed") for row, amount in changes.rows if amount < 0]
    parts += [(row, amount, "commission.reinstated") for row, amount in changes.back]
    groups: dict[tuple[str, str], list[tuple[Commission, int]]] = {}
    for row, amount, name in parts:
        groups.setdefault((name, row.partner_id), []).append((row, abs(amount)))
    return [
        publish.draft(
            name,
            partner_id,
            own[0][0].id,
            merchant_id=own[0][0].merchant_id,
            reason=reason,
            commissions=[{"id": row.id, "amount": amount} for row, amount in own],
        )
        for (name, partner_id), own in groups.items()
    ]
