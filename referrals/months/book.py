"""What hangs on no order goes into the books: clicks, posts, what a month's end adds."""

from collections.abc import Sequence

from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.ledger.rules import Draft
from referrals.commissions import release, rules
from referrals.commissions.models import Commission
from referrals.commissions.write import Ledgered
from referrals.months import places


async def accrued(rows: Sequence[Commission]) -> Ledgered:
    """New commissions with their entries, the partners' news and the merchants' figures, to be
    written by the caller.
    """
    out = Ledgered(commissions=list(rows))
    for row in rows:
        moves = rules.accrue_moves(row.partner_id, row.amount)
        out.entries.append(Draft(row.merchant_id, row.key, "accrue", moves, release.memo(row)))
        out.events.append(_told(row))
    out.events += await places.told("commission.accrued", [(row, row.amount) for row in rows])
    return out


def _told(row: Commission) -> Event:
    return publish.draft(
        "commission.accrued",
        row.partner_id,
        row.id,
        merchant_id=row.merchant_id,
        commissions=[{"id": row.id, "amount": row.amount, "state": row.state}],
    )
