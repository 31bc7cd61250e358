"""Bad rows handed back: with what is wrong, harmless to open, and read again once they are mended."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

import issuer
from chain.certificate_types import by_identifier, shipped
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import fault_words, importing, mapping, returned, spreadsheets
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.workbooks import workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from issuer.spreadsheet.rows import Judged

PERMIT = by_identifier("food-operation-permit")
WAYS = pytest.mark.parametrize("write", [returned.as_csv, returned.as_workbook], ids=["csv", "xlsx"])
LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en"])


def judged(*rows: dict[str, str]) -> Judged:
    data = table(PERMIT.identifier, *({"number": permit_number(n), **row} for n, row in enumerate(rows, start=1)))
    return importing.judge(data, PERMIT)


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [line.cells for line in spreadsheets.read(data).lines]


@WAYS
@LANGUAGES
def test_file_holds_the_bad_rows_as_they_were_and_what_is_wrong(write: Callable[..., bytes], language: str) -> None:
    made = judged({"credit_code": "123"}, {}, {"operator_name": "", "valid_until": "2027-02-30"})
    head, *rows = cells(write(made, language=language))
    assert head == (mapping.ERROR_HEADERS[language == "en"], *made.headers.cells)
    assert [row[1:] for row in rows] == [line.cells for line in made.bad]
    assert [line.row for line in made.bad] == [2, 4]
    assert "credit_code" in rows[0][0]
    assert {"operator_name", "valid_until"} <= {line.split("：")[0].split(":")[0] for line in rows[1][0].split("\n")}


@WAYS
@LANGUAGES
def test_file_is_read_cleanly_once_it_is_mended(write: Callable[..., bytes], language: str) -> None:
    made = judged({"credit_code": "123", "address": "+8647112345"}, {})
    data = write(made, language=language)
    again = importing.judge(data, PERMIT)
    assert [(fault.column, fault.got) for fault in again.faults] == [(f.column, f.got) for f in made.faults]
    head, row = cells(data)
    mended = [("91150102MA0XXXX156" if name == "credit_code" else cell) for name, cell in zip(head, row, strict=True)]
    (good,) = importing.read(workbook(head, mended), PERMIT)
    assert good.claims["address"] == "+8647112345"
    assert good.number == permit_number(1)


def test_errors_of_the_last_time_are_replaced() -> None:
    made = judged({"credit_code": "123"})
    again = importing.judge(returned.as_csv(made, language="zh-CN"), PERMIT)
    assert cells(returned.as_csv(again, language="zh-CN")) == cells(returned.as_csv(made, language="zh-CN"))


@WAYS
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_nothing_in_the_file_is_computed_by_a_spreadsheet_program(write: Callable[..., bytes], start: str) -> None:
    made = judged({"address": f"{start}HYPERLINK(1)", "operator_name": f"{start}1"})
    data = write(made, language="en")
    if write is returned.as_csv:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    else:
        book = load_workbook(io.BytesIO(data))
        assert all(cell.data_type == "s" for row in book.active.iter_rows() for cell in row if cell.value)
        rows = [[str(cell.value or "") for cell in row] for row in book.active.iter_rows()]
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) for row in rows for cell in row
    )
    # What was refused is refused again, for the same reason.
    again = importing.judge(data, PERMIT)
    assert {fault.column for fault in again.faults} == {fault.column for fault in made.faults} >= {"address"}


@WAYS
@LANGUAGES
def test_what_a_spreadsheet_spoiled_does_not_pass_for_a_text_the_second_time(
    write: Callable[..., bytes], language: str
) -> None:
    head, row = cells(permits(1))
    values: list[object] = list(row)
    values[head.index("hotline")] = 4711234567
    values[head.index("address")] = "=A1"
    data = write(importing.judge(workbook(head, values), PERMIT), language=language)
    again = importing.judge(data, PERMIT)
    assert {(fault.column, fault.wanted) for fault in again.faults} == {
        ("hotline", "the value typed anew, without the mark"),
        ("address", "the value typed anew, without the mark"),
    }
    third = importing.judge(write(again, language=language), PERMIT)
    assert {fault.column for fault in third.faults} == {"hotline", "address"}


@WAYS
def test_characters_that_no_workbook_can_hold_come_back_as_they_were(write: Callable[..., bytes]) -> None:
    made = judged({"address": "甲\x07乙_x0041_"})
    again = importing.judge(write(made, language="en"), PERMIT)
    assert again.bad[0].cells[1:] == made.bad[0].cells


@WAYS
def test_cells_without_a_header_come_back_and_are_refused_again(write: Callable[..., bytes]) -> None:
    made = importing.judge(permits(1).rstrip() + b",surplus\r\n", PERMIT)
    (fault,) = importing.judge(write(made, language="en"), PERMIT).faults
    assert "one for each header" in fault.wanted


def test_cell_under_an_empty_header_is_refused() -> None:
    data = permits(1).replace(b"number", b",number", 1).replace(b"\nJY", b"\nstray,JY", 1)
    with pytest.raises(FileRefused, match="«stray» under no header"):
        importing.read(data, PERMIT)


def test_same_number_twice_makes_neither_row_good() -> None:
    made = importing.judge(permits(1, 2, 1), PERMIT)
    assert [row.row for row in made.good] == [3]
    assert [line.row for line in made.bad] == [2, 4]


FAULTY = (
    "",
    "x",
    "汉" * 3000,
    "=1",
    "2026-02-30",
    "1.5E+17",
    "a\u200bb",
    "‧",
    "15012118000101000x",
    "0" * 18,
    "46053",
    "⼀",
)


@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_faults_that_rows_of_any_type_can_have_are_said_in_chinese(kind) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    rows = [{claim.key: cell} for claim in kind.columns if claim.derived is None for cell in FAULTY]
    faults = importing.judge(table(kind.identifier, *rows), kind).faults
    assert len(faults) > 2 * len(kind.columns)
    for fault in faults:
        for words in (fault.got, fault.wanted):
            is_only_quoted = (words.startswith("«") and words.endswith("»")) or "********" in words
            if not is_only_quoted:
                assert fault_words.translated(words, "zh-CN") != words


def halves_of_faults() -> Iterator[tuple[str, str]]:
    """Yield what is got and wanted wherever a fault is written out, with 7 for what varies."""
    for path in Path(issuer.__file__).parent.rglob("*.py"):
        # What consuming systems send, and what stands in a terminal, is answered in English.
        is_said = path.stem != "client_drafting" and path.parent.name != "commands"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_said else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RowFault":
                for half in node.args[2:4]:
                    parts = half.values if isinstance(half, ast.JoinedStr) else [half]
                    yield (
                        f"{path.name}:{half.lineno}",
                        "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in parts),
                    )


def test_every_fault_that_is_written_out_is_said_in_chinese() -> None:
    found = [(where, words) for where, words in halves_of_faults() if re.search("[a-z]", words)]
    assert len(found) > 10
    assert [each for each in found if not re.search("[一-鿿]", fault_words.translated(each[1], "zh-CN"))] == []


def test_fault_without_a_translation_is_said_in_english() -> None:
    fault = RowFault(2, "name", "something new", "something else")
    assert fault_words.said(fault, "zh-CN") == "name：something new；应为：something else"
    assert fault_words.said(fault, "en") == "name: got something new, wanted something else"
    assert fault_words.translated("nothing", "mn") == "nothing"
