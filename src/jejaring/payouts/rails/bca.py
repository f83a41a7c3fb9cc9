"""BCA's bulk transfer workbook, for KlikBCA Bisnis and myBCA: exactly its thirteen columns."""

import io
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jejaring.kit.periods import local
from jejaring.payouts.rails import bca_codes
from jejaring.payouts.rails.generic import Transfer

if TYPE_CHECKING:
    import xlsxwriter

COLUMNS = (
    "No",
    "Transaction ID",
    "Transfer Type",
    "Beneficiary ID",
    "Credited Account",
    "Receiver Name",
    "Amount",
    "NIP",
    "Remark",
    "Beneficiary email address",
    "Receiver Swift Code",
    "Receiver Cust Type",
    "Receiver Cust Residence",
)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MEI", "JUN", "JUL", "AGU", "SEP", "OKT", "NOV", "DES")
_PERSON, _RESIDENT = "1", "1"


def can_carry(row: Transfer) -> bool:
    """Whether BCA's file can carry it: a bank account whose bank has a code in the table."""
    return row.kind == "bank" and bca_codes.transfer(row.provider, row.amount) is not None


def remark(at: datetime) -> str:
    """`KOMISI NOV 2026`: at most 18 characters, by the Jakarta month of approval."""
    day = local(at)
    return f"KOMISI {_MONTHS[day.month - 1]} {day.year}"


def flat(name: str) -> str:
    """A receiver's name as banks write it: ASCII capitals, at most 70; as given if none is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return (" ".join(plain.upper().split()) or name)[:70]


def sheet(rows: Sequence[Transfer], at: datetime) -> bytes:
    """The workbook of the transfers that `can_carry`; the same rows and time give the same bytes.

    Account numbers are text cells (a number would lose its zeros), amounts whole rupiah shown with
    two decimals. `at` is when the run was approved: it dates the file and its remark.
    """
    import xlsxwriter  # noqa: PLC0415 — start-up time

    out = io.BytesIO()
    # In memory: the rows hold account numbers and must not lie about in temporary files.
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True})
    book.set_properties({"created": at.astimezone(UTC).replace(tzinfo=None)})
    money = book.add_format({"num_format": "0.00"})
    data = book.add_worksheet("Data")
    for column, title in enumerate(COLUMNS):
        data.write_string(0, column, title)
    carried = [row for row in rows if can_carry(row)]
    for line, row in enumerate(carried, 1):
        kind, swift = bca_codes.transfer(row.provider, row.amount) or ("", "")
        data.write_number(line, 0, line)
        data.write_string(line, 1, row.reference)
        data.write_string(line, 2, kind)
        data.write_string(line, 4, row.number)
        data.write_string(line, 5, flat(row.name))
        data.write_number(line, 6, row.amount, money)
        data.write_string(line, 8, remark(at))
        if swift:
            data.write_string(line, 10, swift)
        data.write_string(line, 11, _PERSON)
        data.write_string(line, 12, _RESIDENT)
    _legend(book.add_worksheet("Legend"))
    book.close()
    return out.getvalue()


def _legend(page: "xlsxwriter.worksheet.Worksheet") -> None:
    """What the codes mean, as on the template's second sheet."""
    tables = (
        ("Transfer Type", bca_codes.TRANSFER_TYPES),
        ("Receiver Cust Type", bca_codes.CUSTOMER_TYPES),
        ("Receiver Cust Residence", bca_codes.RESIDENCES),
    )
    line = 0
    for title, entries in tables:
        page.write_string(line, 0, title)
        for code, meaning in entries:
            line += 1
            page.write_string(line, 0, code)
            page.write_string(line, 1, meaning)
        line += 2
