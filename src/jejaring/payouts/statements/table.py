"""The statement as CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from jejaring.ledger.accounts import PARTNER_PARTS
from jejaring.payouts.rails.generic import safe
from jejaring.payouts.statements.read import PairStatement, Parts
from jejaring.web import language


def as_csv(found: Sequence[PairStatement], within: tuple[datetime, datetime], lang: str) -> bytes:
    """The statement as CSV: an opening and a closing line around each pair's movements."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(
        ["merchant", "partner", "at", "text", "reference", "amount", *PARTNER_PARTS, "due"]
    )

    def line(
        one: PairStatement, at: datetime, words: tuple[str, str], cells: tuple[int, Parts]
    ) -> None:
        amount, parts = cells
        text, ref = words
        lines.writerow(
            [safe(one.merchant), safe(one.partner), at.isoformat(), safe(text), safe(ref), amount,
             parts.pending, parts.held, parts.payable, parts.in_payout, parts.owed_back, parts.due]
        )  # fmt: skip

    for one in found:
        line(one, within[0], (language.say(lang, "statement.opening"), ""), (0, one.opening))
        for row in one.movements:
            line(one, row.at, (row.text, row.reference), (row.amount, row.after))
        line(one, within[1], (language.say(lang, "statement.closing"), ""), (0, one.closing))
    return out.getvalue().encode()
