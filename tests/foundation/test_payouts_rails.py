"""Providers, BCA's workbook read back by another library, and the generic CSV."""

import csv as reader
import io
from datetime import UTC, datetime

import pytest
from python_calamine import CalamineWorkbook

from jejaring.payouts.rails import bca, bca_codes, generic, providers
from jejaring.payouts.rails.generic import Transfer

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SAMPLE_HEADER = (
    "No,Transaction ID,Transfer Type,Beneficiary ID,Credited Account,Receiver Name,Amount,NIP,"
    "Remark,Beneficiary email address,Receiver Swift Code,Receiver Cust Type,"
    "Receiver Cust Residence"
)


def to(provider: str, amount: int = 487_500, **values: str) -> Transfer:
    kind = providers.PROVIDERS[provider].kind
    number = values.get("number", "0123456789")
    name = values.get("name", "Rina Contoh")
    return Transfer("JJ261124-AB2CD3EF", "rina", kind, provider, number, name, amount)


ROWS = [to("bca"), to("bri", 250_000_001), to("mandiri", 250_000_000), to("dana"), to("blu")]


def test_the_workbook_has_exactly_bcas_columns_and_a_legend() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(bca.sheet(ROWS, AT)))
    assert book.sheet_names == ["Data", "Legend"]
    lines = book.get_sheet_by_name("Data").to_python()
    assert lines[0] == SAMPLE_HEADER.split(",")
    assert lines[1] == [
        1, "JJ261124-AB2CD3EF", "BCA", "", "0123456789", "RINA CONTOH", 487_500, "",
        "KOMISI NOV 2026", "", "", "1", "1",
    ]  # fmt: skip
    assert [line[2] for line in lines[1:]] == ["BCA", "LLG", "BIF"]
    assert [line[10] for line in lines[1:]] == ["", "BRINIDJA", "BMRIIDJA"]


def test_a_payee_without_a_code_and_a_wallet_are_not_in_bcas_file() -> None:
    assert [bca.can_carry(row) for row in ROWS] == [True, True, True, False, False]


def test_an_account_number_stays_text_with_its_zeros() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(bca.sheet([to("bca", number="0000012")], AT)))
    assert book.get_sheet_by_name("Data").to_python()[1][4] == "0000012"


def test_the_same_rows_give_the_same_bytes() -> None:
    assert bca.sheet(ROWS, AT) == bca.sheet(ROWS, AT)
    assert generic.csv(ROWS) == generic.csv(ROWS)


def test_a_name_is_never_a_formula_in_the_workbook() -> None:
    content = bca.sheet([to("bca", name="=1+1")], AT)
    line = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Data")
    assert line.to_python()[1][5] == "=1+1"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Émilie  du Châtelet", "EMILIE DU CHATELET"), ("王", "王"), ("A" * 90, "A" * 70)],
)
def test_a_receivers_name_is_written_as_banks_do(name: str, shown: str) -> None:
    assert bca.flat(name) == shown


def test_every_remark_fits_eighteen_characters() -> None:
    assert all(len(bca.remark(datetime(2026, m, 15, tzinfo=UTC))) <= 18 for m in range(1, 13))


@pytest.mark.parametrize(
    ("provider", "amount", "found"),
    [
        ("bca", 5_000_000_000, ("BCA", "")),
        ("bni", 250_000_000, ("BIF", "BNINIDJA")),
        ("bni", 1_000_000_000, ("LLG", "BNINIDJA")),
        ("bni", 1_000_000_001, ("RTG", "BNINIDJA")),
        ("superbank", 1, None),
    ],
)
def test_transfer_types(provider: str, amount: int, found: tuple[str, str] | None) -> None:
    assert bca_codes.transfer(provider, amount) == found


def test_every_swift_code_belongs_to_a_known_bank_and_looks_like_one() -> None:
    for provider, code in bca_codes.SWIFT.items():
        assert providers.PROVIDERS[provider].kind == "bank"
        assert len(code) == 8
        assert code[4:6] == "ID"


def test_the_csv_carries_all_and_no_cell_is_a_formula() -> None:
    rows = [*ROWS, to("bca", name="=HYPERLINK(1)"), to("bca", name="@x"), to("bca", name="-1")]
    lines = list(reader.reader(io.StringIO(generic.csv(rows).decode())))
    assert lines[0] == list(generic.COLUMNS)
    assert len(lines) == 9
    assert lines[1][5:7] == ["014", "0123456789"]
    assert [line[7] for line in lines[6:]] == ["'=HYPERLINK(1)", "'@x", "'-1"]


@pytest.mark.parametrize(
    ("provider", "raw", "stored"),
    [
        ("bca", "123-456.78 90", "1234567890"),
        ("bca", "12345", None),
        ("bca", "12345678x0", None),
        ("bca", "١٢٣٤٥٦٧٨٩٠", None),
        ("bca", "1" * 35, None),
        ("dana", "+62 812-3456-7890", "081234567890"),
        ("dana", "0812 3456 7890", "081234567890"),
        ("dana", "12", None),
    ],
)
def test_account_numbers(provider: str, raw: str, stored: str | None) -> None:
    assert providers.account(providers.PROVIDERS[provider], raw) == stored


def test_an_unusual_length_is_noticed_only_where_a_usual_one_is_known() -> None:
    assert providers.is_unusual(providers.PROVIDERS["bca"], "123456789")
    assert not providers.is_unusual(providers.PROVIDERS["bca"], "1234567890")
    assert not providers.is_unusual(providers.PROVIDERS["jago"], "1")
