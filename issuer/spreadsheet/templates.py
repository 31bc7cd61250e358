"""An empty workbook to fill in: text columns, choices to pick from, an example that is not read, and help."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]

from chain.claims import CHINESE, ENGLISH
from issuer.spreadsheet.rows import EXAMPLE_MARKS
from issuer.spreadsheet.sheet import HELP_SHEETS, disarmed, letters

if TYPE_CHECKING:
    from chain.certificate_type import CertificateType
    from chain.claims import Claim

_SHEETS = {CHINESE: "填写", ENGLISH: "Fill in"}
_HELP = dict(zip((CHINESE, ENGLISH), HELP_SHEETS, strict=True))
_HELP_HEADERS = {
    CHINESE: ("列", "必填", "说明", "示例", "可选内容"),
    ENGLISH: ("Column", "Required", "Help", "Example", "Choices"),
}
_HELP_WIDTHS = (26, 10, 60, 44, 44)
_YES = {CHINESE: "是", ENGLISH: "yes"}
_ABOUT = {
    CHINESE: "带 * 的列必填；各列均为文本格式，请勿改为数字或日期格式。第 2 行是示例，不会导入，可删除。",
    ENGLISH: "Columns with * are required. All columns are text; leave them so. Row 2 is an example, and not read.",
}
_NOT_A_CHOICE = {CHINESE: "请从列表中选择。", ENGLISH: "Please choose from the list."}
_LAST_ROW = 50_001
_MOST_PROMPT = 255
"""Characters in what Excel shows beside a cell."""
_TEXT_FORMAT = "@"
_CHOICES_FROM = 7
"""The first column of the help sheet, counted from 1, that holds a claim's choices one below the other."""
_ACCENT, _PALE, _GREY = "FF1F3A5F", "FFEAF0F6", "FF7A7A7A"


def workbook(certificate_type: CertificateType, *, language: str = CHINESE) -> bytes:
    """Return the workbook, in `zh-CN` or `en`."""
    book = Workbook()
    sheet = book.active
    sheet.title = _SHEETS[language]
    sheet.freeze_panes = "A2"
    claims = certificate_type.columns
    _fill_help(book.create_sheet(_HELP[language]), certificate_type, language)
    for position, claim in enumerate(claims):
        column = letters(position)
        sheet.column_dimensions[column].width = 24
        # So that what is typed stays as it was typed: codes keep their zeros, numbers all digits.
        sheet.column_dimensions[column].number_format = _TEXT_FORMAT
        head = sheet.cell(1, position + 1, claim.labels[language] + (" *" if claim.required else ""))
        head.font, head.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor=_ACCENT)
        head.alignment = Alignment(vertical="center", wrap_text=True)
        mark = EXAMPLE_MARKS[language != CHINESE] if position == 0 else ""
        example = sheet.cell(2, position + 1, mark + ("" if claim.derived else _example(claim, language)))
        example.font, example.fill = Font(italic=True, color=_GREY), PatternFill("solid", fgColor=_PALE)
        for cell in (head, example):
            cell.number_format, cell.data_type = _TEXT_FORMAT, "s"
        rule = _rule(claim, position, language)
        rule.add(f"{column}3:{column}{_LAST_ROW}")
        sheet.add_data_validation(rule)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _rule(claim: Claim, position: int, language: str) -> DataValidation:
    """Return what Excel checks and shows in a column: help everywhere, a list where there are choices."""
    if claim.choices:
        column = letters(_CHOICES_FROM - 1 + position)
        # Taken from the help sheet: a list within the rule ends at 255 characters, and at any comma.
        choices = f"'{_HELP[language]}'!${column}$2:${column}${len(claim.choices) + 1}"
        rule = DataValidation("list", formula1=choices, allow_blank=not claim.required, showErrorMessage=True)
        rule.error = _NOT_A_CHOICE[language]
    else:
        rule = DataValidation()
    rule.showInputMessage = True
    rule.prompt = claim.help[language][:_MOST_PROMPT]
    return rule


def _fill_help(sheet: object, certificate_type: CertificateType, language: str) -> None:
    rows = [
        (
            claim.labels[language],
            _YES[language] if claim.required else "",
            claim.help[language],
            _example(claim, language),
            "、".join(choice.labels[language] for choice in claim.choices)
            if language == CHINESE
            else "; ".join(choice.labels[language] for choice in claim.choices),
        )
        for claim in certificate_type.columns
    ]
    rows = [_HELP_HEADERS[language], *rows, ("", "", "", "", ""), (_ABOUT[language], "", "", "", "")]
    for number, cells in enumerate(rows, start=1):
        for position, text in enumerate(cells, start=1):
            _write(sheet, number, position, text, bold=number == 1)
    for position, claim in enumerate(certificate_type.columns):
        for number, choice in enumerate(claim.choices, start=2):
            _write(sheet, number, _CHOICES_FROM + position, choice.labels[language])
    for position, width in enumerate(_HELP_WIDTHS):
        sheet.column_dimensions[letters(position)].width = width  # type: ignore[attr-defined]  # openpyxl's, untyped.


def _write(sheet: object, row: int, column: int, text: str, *, bold: bool = False) -> None:
    if not text:
        return
    cell = sheet.cell(row, column, disarmed(text))  # type: ignore[attr-defined]  # As above.
    cell.number_format, cell.data_type = _TEXT_FORMAT, "s"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    cell.font = Font(bold=bold)


def _example(claim: Claim, language: str) -> str:
    """Return a cell that is accepted, in the words of the language where it is a choice."""
    if claim.choices:
        for choice in claim.choices:
            if claim.example in {choice.code, *choice.labels.values()}:
                return choice.labels[language]
    return claim.example
