"""Hold: what was earned waits for a person: of an enrolment ended for fraud, or by a decision."""

from collections.abc import Sequence
from functools import partial

from tortoise.expressions import Q

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import FRAUD
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.ledger import accounts
from jejaring.ledger.post import hold as hold_balances
from jejaring.ledger.rules import Draft, Move
from jejaring.payouts import items
from referrals.commissions import write
from referrals.commissions.models import Commission
from referrals.commissions.release import memo
from referrals.commissions.write import Ledgered

BATCH = 200


async def hold_all(enrolment_id: str, reason: str) -> int:
    """Move what is pending or payable of an enrolment to held; how many rows. Doing it again holds
    what came since. What belongs to an approved payout stays there.
    """
    done, last = 0, None
    while True:
        rows, held = await transact(partial(_batch, enrolment_id, reason, last))
        done += held
        if len(rows) < BATCH:
            return done
        last = rows[-1]


async def _batch(
    enrolment_id: str, reason: str, last: Commission | None
) -> tuple[list[Commission], int]:
    wanted = Commission.filter(enrolment_id=enrolment_id, state__in=["pending", "payable"])
    if last is not None:
        later = Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, id__gt=last.id)
        wanted = wanted.filter(later)
    # In the order in which a change of an order locks its commissions.
    rows = await wanted.order_by("created_at", "id").limit(BATCH).select_for_update()
    return rows, await _hold_free(rows, reason)


async def _hold_free(rows: Sequence[Commission], reason: str) -> int:
    """Hold those that have something left of which no approved payout has anything; how many."""
    due = [row for row in rows if row.amount > row.reversed]
    if not due:
        return 0
    await hold_balances((row.merchant_id, row.partner_id) for row in due)
    payable = [row.id for row in due if row.state == "payable"]
    gone = await items.in_payouts(payable) if payable else frozenset()
    mine = [row for row in due if row.id not in gone]
    await hold_rows(mine, reason)
    return len(mine)


async def hold_returned(rows: Sequence[Commission]) -> None:
    """Hold what came back to partners who left for fraud: nothing was left of it then. What a
    person has let go stays so. Rows and balances are locked by the caller's transaction.
    """
    mine = [r for r in rows if r.state in ("pending", "payable") and not r.times_held]
    if not mine:
        return
    ids = {row.enrolment_id for row in mine}
    ended = Enrolment.filter(id__in=list(ids), state="ended", reason_code=FRAUD)
    frauds = {place.id for place in await ended}
    await _hold_free([row for row in mine if row.enrolment_id in frauds], FRAUD)


async def hold_rows(rows: Sequence[Commission], reason: str) -> None:
    """Hold rows of one merchant that are pending or payable, of which no payout has anything; they
    and their partners' balances are locked by the caller's transaction.
    """
    if not rows:
        return
    out = Ledgered()
    await items.take_back_many(
        rows[0].merchant_id,
        {row.id: row.amount - row.reversed for row in rows if row.state == "payable"},
    )
    mark(rows, reason, out)
    for row in rows:
        out.change(row)
    await write.write(out)


def mark(rows: Sequence[Commission], reason: str, out: Ledgered) -> None:
    """Make pending or payable rows held; their entries and news are added to `out`."""
    for row in rows:
        here, held = (accounts.partner(row.partner_id, part) for part in (row.state, "held"))
        row.times_held += 1
        key = f"hold:{row.id}:{row.times_held}"
        moves = (Move(here, held, row.amount - row.reversed),)
        out.entries.append(Draft(row.merchant_id, key, "hold", moves, memo(row)))
        row.state, row.reason_code = "held", reason
        row.decided_at, row.released_at = world.now(), None
    for own in _by_enrolment(rows).values():
        out.events += _told(own, reason)


def _by_enrolment(rows: Sequence[Commission]) -> dict[str, list[Commission]]:
    found: dict[str, list[Commission]] = {}
    for row in rows:
        found.setdefault(row.enrolment_id, []).append(row)
    return found


def _told(rows: Sequence[Commission], reason: str) -> list[Event]:
    first = rows[0]
    return publish.drafts(
        "commission.held",
        (first.merchant_id, first.partner_id),
        first.enrolment_id,
        merchant_id=first.merchant_id,
        reason=reason,
        at=world.now().isoformat(),
        commissions=[{"id": row.id, "amount": row.amount - row.reversed} for row in rows],
    )
