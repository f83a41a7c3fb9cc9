"""Hold a commission, release it again, reject it, and take a rejection back."""

from campaigns.lifecycle import budget
from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid
from jejaring.ledger import accounts
from jejaring.ledger.rules import Draft, Move
from jejaring.payouts import items
from referrals.attribution.models import Credit
from referrals.commissions import limits, reverse
from referrals.commissions import rules as money
from referrals.commissions.accrue import counting_from
from referrals.commissions.hold import hold_rows
from referrals.commissions.models import Commission
from referrals.commissions.release import memo
from referrals.commissions.reverse import Cause
from referrals.review import rules
from referrals.review.around import Opened, finish, on_books, opened, refuse_paid, rest, wrote
from referrals.review.models import Appeal


async def hold(merchant_id: str, commission_id: str, reason_code: str, actor: str) -> Commission:
    """Pending or payable → held, with a reason that the partner reads. The same hold again changes
    nothing. NotFound, Invalid, Conflict (held for another reason, rejected, in a payout or paid).
    """
    _known(reason_code, rules.HOLD_REASONS)

    async def work() -> Commission:
        one = await opened(merchant_id, commission_id)
        row = one.row
        if row.state == "held" and row.reason_code == reason_code:
            return row
        _refuse("hold", one)
        await refuse_paid([row], one.changes)
        await hold_rows([row], reason_code)
        await wrote("commission.held", row, actor, reason=reason_code)
        return row

    return await transact(work)


async def unhold(merchant_id: str, commission_id: str, actor: str) -> Commission:
    """Held → pending: the clock releases it again. An open appeal is won by that. NotFound,
    Conflict where it is not held.
    """

    async def work() -> Commission:
        one = await opened(merchant_id, commission_id)
        _refuse("unhold", one)
        await unheld(one, actor)
        await _settle_appeals(one.row, "won", actor)
        return one.row

    return await transact(work)


async def unheld(one: Opened, actor: str) -> None:
    """The same for one that is opened already, appeals left out."""
    row = one.row
    await one.changes.hold()
    held, pending = (accounts.partner(row.partner_id, part) for part in ("held", "pending"))
    key = f"unhold:{row.id}:{row.times_held}"
    moves = (Move(held, pending, rest(row)),)
    one.changes.out.entries.append(Draft(row.merchant_id, key, "unhold", moves, memo(row)))
    row.state, row.reason_code, row.decided_at = "pending", None, None
    one.changes.out.change(row)
    if one.order is not None:
        reverse.move_release([row], counting_from(one.order.sale), one.changes)
    await finish(one, "commission.unheld", [(row, 0)], amount=rest(row))
    await wrote("commission.unheld", row, actor)


async def reject(merchant_id: str, commission_id: str, reason_code: str, actor: str) -> Commission:
    """Pending, held or payable → rejected: what is left goes off the books, together with the
    further commissions of the same line, partner and rule. The budget gets it back, which revives
    nothing. The same rejection again changes nothing. NotFound, Invalid, Conflict.
    """
    _known(reason_code, rules.REJECT_REASONS)

    async def work() -> Commission:
        one = await opened(merchant_id, commission_id)
        row = one.row
        if row.state == "rejected" and row.reason_code == reason_code:
            return row
        _refuse("reject", one)
        await _reject(one, reason_code)
        await _settle_appeals(row, "lost", actor)
        await wrote("commission.rejected", row, actor, reason=reason_code)
        return row

    return await transact(work)


async def _reject(one: Opened, reason_code: str) -> None:
    rows = on_books(one.group)
    freed = sum(money.of_budget(row.kind, rest(row)) for row in rows)
    await budget.free(one.row.campaign_id, freed)
    await refuse_paid(rows, one.changes)
    payable = {row.id: rest(row) for row in rows if row.state == "payable" and rest(row)}
    await items.take_back_many(one.row.merchant_id, payable)
    for row in rows:
        row.times_rejected += 1
        here = accounts.partner(row.partner_id, row.state)
        key = f"reject:{row.id}:{row.times_rejected}"
        moves = (Move(here, accounts.EXPENSE_COMMISSION, rest(row)),)
        one.changes.out.entries.append(Draft(row.merchant_id, key, "reject", moves, memo(row)))
        row.state, row.reason_code = "rejected", reason_code
        row.decided_at, row.released_at = world.now(), None
        one.changes.out.change(row)
    shares = await reverse.shares_of(rows)
    cause = Cause(f"reject{one.row.times_rejected}", "recruit_rejected")
    await _follow(one, rows, shares, cause)
    told = [(row, -rest(row)) for row in rows]
    await finish(one, "commission.rejected", told, reason=reason_code)


async def _follow(
    one: Opened, rows: list[Commission], shares: list[Commission], cause: Cause
) -> None:
    """Recruiters' shares go, and come back, with what they are shares of."""
    if shares:
        await reverse.follow([*rows, *shares], cause, one.changes)
        one.changes.out.events += reverse.told(one.changes, cause.reason)


async def reinstated(one: Opened, actor: str) -> None:
    """Rejected → pending, the whole group, for an appeal that was won: what is left of it, less
    what its line was refunded meanwhile, and what others took of the month's limit. Conflict where
    the budget cannot hold that.
    """
    rows = [r for r in one.group if rules.appealable(r.state, r.reason_code)]
    rows.sort(key=reverse.is_further)  # the first made leads
    whole = sum(rest(row) for row in rows)
    due = min(await _due(one, rows), whole)
    shares = await reverse.shares_of(rows)
    granted = await _take(one, rows, shares, due)
    await one.changes.hold()
    selfish = any(row.times_rejected == 0 for row in rows)
    _back(one, rows)
    if selfish and one.row.line_id is not None:
        # Else the next change of the order would take it for one that was never on the books.
        own = Credit.filter(line_id=one.row.line_id, enrolment_id=one.row.enrolment_id)
        await own.update(self_referral=False)
    if granted < whole:
        cause = Cause(f"back{rows[0].times_held}", "month_cap" if due == whole else "order_changed")
        await reverse.take_back([(rows, whole - granted)], cause, one.changes, frees=False)
    if one.order is not None:
        reverse.move_release(rows, counting_from(one.order.sale), one.changes)
    again = max(row.times_rejected for row in rows)
    await _follow(one, rows, shares, Cause(f"unreject{again}", "order_changed"))
    await finish(one, "commission.reinstated", [(row, rest(row)) for row in rows])
    await wrote("commission.reinstated", one.row, actor)


def _back(one: Opened, rows: list[Commission]) -> None:
    """Each with all that is left of it."""
    for row in rows:
        pending = accounts.partner(row.partner_id, "pending")
        key = f"unreject:{row.id}:{row.times_rejected}"
        moves = (Move(accounts.EXPENSE_COMMISSION, pending, rest(row)),)
        one.changes.out.entries.append(Draft(row.merchant_id, key, "unreject", moves, memo(row)))
        # Counted as a hold, too: its next release must not meet the key of one before.
        row.times_held += 1
        row.state, row.reason_code, row.decided_at = "pending", None, None
        one.changes.out.change(row)


async def _take(one: Opened, rows: list[Commission], shares: list[Commission], due: int) -> int:
    """What the month's limit leaves of what is due, taken of the budget, which must hold it. The
    shares' campaigns and enrolments are locked with the rows' own, before any balance.
    """
    room = await limits.room_for([*rows, *shares])
    granted, why = room.take(rows[0], due)
    if why == "budget_spent":
        raise Conflict("budget_short", amount=due - granted)
    reverse.kept_back(rows[0], why, one.changes)
    taken = money.of_budget(rows[0].kind, granted)
    if taken:
        limited = one.row.campaign_id in room.budgets
        await budget.take(one.row.campaign_id, taken, limited=limited)
    return granted


async def _due(one: Opened, rows: list[Commission]) -> int:
    """What its line, by its refunds and its order's state, or a share's parent still gives."""
    line = one.line()
    if one.row.parent_id is not None:
        return await _share_due(one.row)
    if one.order is None or line is None:
        return sum(rest(row) for row in rows)
    return money.still_due(reverse.entitled(rows), reverse.line_now(one.order, line))


async def _share_due(row: Commission) -> int:
    """What is left of a recruiter's share by what is left of its parent."""
    parent = await Commission.get(id=row.parent_id)
    off = parent.state not in money.ON_BOOKS
    return money.share_due(row.amount, (parent.amount, parent.reversed), off=off)


async def _settle_appeals(row: Commission, outcome: str, actor: str) -> None:
    """A new decision answers what was open against the one before."""
    await Appeal.filter(commission_id=row.id, state="open").update(
        state=outcome, answered_at=world.now(), answered_by=actor
    )


def _known(reason_code: str, reasons: tuple[str, ...]) -> None:
    if reason_code not in reasons:
        raise Invalid.at("/reason_code", "unknown_reason", codes=reasons)


def _refuse(act: str, one: Opened) -> None:
    code = rules.refusal(act, one.row.state, rest(one.row), one.row.kind)
    if code is not None:
        raise Conflict(code)
