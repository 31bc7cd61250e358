"""Workbooks to fill in."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from chain.certificate_types import by_identifier, shipped
from issuer.errors import FileRefused
from issuer.spreadsheet import importing, templates
from issuer.spreadsheet.sheet import Told

ALL = pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en"])


def opened(kind, language: str):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return load_workbook(io.BytesIO(templates.workbook(kind, language=language)))


def filled(book) -> bytes:  # type: ignore[no-untyped-def]  # noqa: ANN001
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@ALL
@LANGUAGES
def test_example_is_not_imported(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(FileRefused, match="headers without a row under them"):
        importing.read(templates.workbook(kind, language=language), kind)


@ALL
@LANGUAGES
def test_rows_under_the_example_are_imported_and_nothing_else_is_told(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    book = opened(kind, language)
    for position, claim in enumerate(kind.columns, start=1):
        book.worksheets[0].cell(3, position, "" if claim.derived else claim.example)
    judged = importing.judge(filled(book), kind)
    assert [row.row for row in judged.good] == [3]
    assert [note.kind for note in judged.notes] == [Told.EXAMPLE]


@ALL
@LANGUAGES
def test_example_is_a_good_row_but_for_its_mark(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    book = opened(kind, language)
    cell = book.worksheets[0]["A2"]
    cell.value = cell.value.removeprefix("【示例】").removeprefix("[Example] ")
    assert importing.read(filled(book), kind)


@ALL
@LANGUAGES
def test_every_column_is_text_and_every_choice_can_be_picked(kind, language) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    book = opened(kind, language)
    sheet, help_sheet = book.worksheets
    for position, claim in enumerate(kind.columns, start=1):
        column = sheet.cell(1, position).column_letter
        assert sheet.column_dimensions[column].number_format == "@"
        (rule,) = [each for each in sheet.data_validations.dataValidation if f"{column}3" in each.sqref]
        assert rule.prompt in claim.help[language]
        if claim.choices:
            area = rule.formula1.rpartition("!")[2].replace("$", "")
            picked = [row[0].value for row in help_sheet[area]]
            assert picked == [choice.labels[language] for choice in claim.choices]
            assert rule.showErrorMessage
    assert [sheet.cell(1, 1).value.endswith("*"), help_sheet.cell(2, 1).value] == [
        True,
        kind.columns[0].labels[language],
    ]


def test_help_names_every_column() -> None:
    kind = by_identifier("food-operation-permit")
    help_sheet = opened(kind, "zh-CN").worksheets[1]
    names = [help_sheet.cell(row, 1).value for row in range(2, 2 + len(kind.columns))]
    assert names == [claim.labels["zh-CN"] for claim in kind.columns]
