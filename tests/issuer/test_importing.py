"""Spreadsheets: what is read, and how everything that is wrong is told at once."""

from __future__ import annotations

import pytest

from chain.certificate_types import by_identifier, shipped
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import importing
from tests.issuer.offices import permit_number, permits, table

PERMIT = by_identifier("food-operation-permit")


def faults_of(data: bytes) -> tuple[RowFault, ...]:
    with pytest.raises(FileRefused) as refused:
        importing.read(data, PERMIT)
    return refused.value.faults


@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_example_of_every_type_is_accepted(kind) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    (row,) = importing.read(table(kind.identifier, {}), kind)
    assert row.row == 2
    assert row.claims == kind.validate(row.claims)


@pytest.mark.parametrize("language", ["", "zh-CN", "en"])
@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_template_of_every_type_is_accepted_once_it_has_a_row(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    head = importing.template(kind, language=language)
    assert head.startswith(b"\xef\xbb\xbf")
    cells = ",".join(f'"{claim.example}"' if claim.derived is None else "" for claim in kind.columns)
    (row,) = importing.read(head + cells.encode(), kind)
    assert row.number


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_are_recognised(encoding: str, separator: str) -> None:
    data = table(PERMIT.identifier, {"number": permit_number(5)}, separator=separator, encoding=encoding)
    (row,) = importing.read(data, PERMIT)
    assert row.number == permit_number(5)
    assert row.claims["operator_name"] == next(c.example for c in PERMIT.claims if c.key == "operator_name")


def test_empty_lines_are_skipped_but_counted() -> None:
    head, first, second, end = permits(1, 2).split(b"\r\n")
    rows = importing.read(b"\r\n".join([head, b"", first, b",,,", second, end]), PERMIT)
    assert [row.row for row in rows] == [3, 5]


def test_all_faults_of_all_rows_are_told_at_once() -> None:
    data = table(
        PERMIT.identifier,
        {"number": permit_number(1), "credit_code": "91110000600037341I"},
        {"number": permit_number(2)},
        {"number": permit_number(3), "operator_name": "", "valid_until": "2027-02-30"},
    )
    faults = faults_of(data)
    assert {(fault.row, fault.column) for fault in faults} == {
        (2, "credit_code"),
        (4, "operator_name"),
        (4, "valid_until"),
    }
    assert all(fault.got and fault.wanted for fault in faults)


def test_same_number_twice_in_a_file_names_both_rows() -> None:
    first, second = faults_of(permits(1, 2, 1))
    assert (first.row, first.column, second.row, second.column) == (2, "number", 4, "number")
    assert "row 4" in first.got
    assert "row 2" in second.got


def test_headers_are_judged_before_any_row() -> None:
    faults = faults_of(permits(1).replace(b"operator_name", b"surname", 1).replace(b"valid_until", b"number", 1))
    assert {fault.row for fault in faults} == {1}
    assert {(fault.column, fault.got.split(" ")[0]) for fault in faults} >= {("surname", "«surname»")}
    assert any("number again" in fault.got for fault in faults)
    assert any(fault.column == "operator_name" and "required" in fault.wanted for fault in faults)


def test_column_that_is_given_out_later_is_refused() -> None:
    head, row, _ = permits(1).split(b"\r\n")
    (fault,) = faults_of(head + b",certificateIdentifier\r\n" + row + b",1.2.156\r\n")
    assert "given out when preparing" in fault.wanted


def test_formulas_are_refused() -> None:
    (fault,) = faults_of(permits(1, operator_name="=HYPERLINK(1)"))
    assert (fault.row, fault.column) == (2, "operator_name")
    assert "formula" in fault.got


def test_faults_of_every_kind_are_told_at_once() -> None:
    head, first, second = permits(1, 2).strip().split(b"\r\n")
    broken = first.replace(permit_number(1).encode(), b"=1+1")
    faults = faults_of(b"\r\n".join([head, broken, second + b",surplus", second, second, b""]))
    assert [fault.row for fault in faults] == [2, 3, 4, 5]


def test_cells_without_a_header_are_refused() -> None:
    (fault,) = faults_of(permits(1).rstrip() + b",surplus\r\n")
    assert "at most" in fault.wanted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty file"),
        (b"\r\n\r\n", "empty file"),
        (b"\xff\xff\xff", "no text"),
        ("number,name".encode("utf-16-le"), "no text"),
        (b"PK\x03\x04 a workbook", "damaged workbook"),
        (b"\xd0\xcf\x11\xe0 a workbook", "Excel workbook (.xls)"),
        (b"%PDF-1.7", "a PDF"),
        (permits().strip(), "without a row"),
        (permits(1).replace(b"\r\n", b'\r\n"', 1), "cannot be taken apart"),
        (b"\x00\x01binary", "no text"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, words: str) -> None:
    assert words in faults_of(data)[0].got


def test_partial_table_is_for_changes_only() -> None:
    head = "number,经营者名称,hotline\r\n"
    data = f"{head}{permit_number(1)},新名称,\r\n".encode()
    assert importing.cells(data, PERMIT) == [{"number": permit_number(1), "operator_name": "新名称"}]
    faults_of(data)
