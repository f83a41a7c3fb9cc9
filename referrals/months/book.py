"""What hangs on no order goes into the books: clicks, posts, what a month's end adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.terms.rules import Worth
from jejaring import world
from jejaring.db import bulk
from jejaring.hooks import publish
from jejaring.hooks.models import Event
from jejaring.kit.money import FULL_BP
from jejaring.ledger.rules import Draft
from referrals.commissions import release, rules
from referrals.commissions.models import Commission
from referrals.commissions.write import Ledgered
from referrals.months import places


@dataclass(frozen=True)
class Earned:
    """Whose a commission of no order is, under which key and version (0: of a whole month), in
    which month; made at `at`, held for so many days.
    """

    key: str
    merchant_id: str
    partner_id: str
    enrolment_id: str
    campaign_id: str
    number: int
    month: str
    at: datetime
    hold_days: int


def commission(one: Earned, worth: Worth, label: str, **because: object) -> Commission:
    """Its row, not stored yet; `label` and `because` are what it is explained by."""
    return bulk.new(
        Commission,
        id=world.new_id("com"),
        merchant_id=one.merchant_id,
        partner_id=one.partner_id,
        enrolment_id=one.enrolment_id,
        campaign_id=one.campaign_id,
        key=one.key,
        kind=worth.kind,
        rule=worth.rule,
        rule_index=worth.rule_index,
        terms_number=one.number,
        base=worth.base,
        share_bp=FULL_BP,
        amount=worth.amount,
        state="pending",
        month=one.month,
        release_at=one.at + timedelta(days=one.hold_days),
        because={
            "notes": list(worth.notes),
            "entitled": worth.amount,
            "hold_days": one.hold_days,
            "label": label,
            **because,
        },
        created_at=one.at,
    )


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
