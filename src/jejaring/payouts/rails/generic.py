"""The generic CSV: every payout of a run, for a person or for any bank's own upload."""

import csv as writer
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from jejaring.payouts.rails.providers import PROVIDERS

COLUMNS = (
    "no",
    "reference",
    "partner",
    "kind",
    "provider",
    "bank_code",
    "account_number",
    "account_name",
    "amount",
    "currency",
)
_FORMULA = re.compile(r"(^|[;\t\r\n|])(?=\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")


@dataclass(frozen=True)
class Transfer:
    """One transfer of a file; `number` is the whole account number: never log it."""

    reference: str
    partner: str
    kind: str
    provider: str
    number: str
    name: str
    amount: int


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before = + - @ (also the wide
    ones), tab, return; and after a semicolon too, where Indonesian ones begin a cell.
    """
    return _FORMULA.sub(r"\1'", cell)


def csv(rows: Sequence[Transfer]) -> bytes:
    """The file, UTF-8, lines ended by CR LF: the same rows give the same bytes."""
    out = io.StringIO()
    lines = writer.writer(out)
    lines.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        known = PROVIDERS.get(row.provider)
        cells = (
            row.reference,
            row.partner,
            row.kind,
            row.provider,
            known.bank_code if known else "",
            row.number,
            row.name,
        )
        lines.writerow([number, *(safe(cell) for cell in cells), row.amount, "IDR"])
    return out.getvalue().encode()
