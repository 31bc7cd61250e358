"""Files that clerks bring, read as cells: nothing is lost, changed or computed on the way."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import pytest
from python_calamine import CalamineWorkbook

from chain.certificate_types import by_identifier
from issuer.errors import FileRefused
from issuer.spreadsheet import importing, spreadsheets
from issuer.spreadsheet.sheet import Nature, Told, armed, disarmed, letters
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.workbooks import part, with_cells, with_parts, workbook

PERMIT = by_identifier("food-operation-permit")


def only_cell(value: object, number_format: str = "General") -> tuple[str, object]:
    """Return how a cell of a workbook is read, and why not if it is refused."""

    def change(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        book.active["A1"].number_format = number_format

    sheet = spreadsheets.read(workbook([value], change=change))
    place = (1, 0)
    return sheet.lines[0].cells[0], sheet.refused.get(place, sheet.natures.get(place))


def from_workbook(data: bytes) -> bytes:
    """Return a CSV file as a workbook of text cells."""
    return workbook(*(line.cells for line in spreadsheets.read(data).lines))


def test_workbook_says_the_same_as_the_csv_file_with_the_same_cells() -> None:
    data = permits(1, 2, 3)
    assert importing.read(from_workbook(data), PERMIT) == importing.read(data, PERMIT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_is_read_in_whatever_way_it_was_saved(encoding: str, separator: str) -> None:
    data = table(PERMIT.identifier, {"number": permit_number(1)}, separator=separator, encoding=encoding)
    (row,) = importing.read(data, PERMIT)
    assert row.claims["operator_name"] == "呼和浩特市演示草原餐饮有限公司"


def test_line_that_states_the_separator_is_believed_and_counted() -> None:
    assert spreadsheets.read(b"sep=;\r\na,b;c\r\n").lines[0].cells == ("a,b", "c")
    assert spreadsheets.read(b"sep=;\r\na,b;c\r\n").lines[0].row == 2


def test_separators_within_quotes_do_not_count() -> None:
    assert spreadsheets.read(b'"a,b,c,d";"e";f\n').lines[0].cells == ("a,b,c,d", "e", "f")


@pytest.mark.parametrize(
    ("value", "form", "text", "nature"),
    [
        (7, "General", "7", Nature.NUMBER),
        (20260131, "General", "20260131", Nature.NUMBER),
        (999_999_999_999_999, "General", "999999999999999", Nature.NUMBER),
        (0.1 + 0.2, "General", "0.3", Nature.NUMBER),
        (1234.5, "#,##0.00", "1,234.50", Nature.NUMBER),
        (471, "00000", "00471", Nature.NUMBER),
        (1234.5, '"¥"#,##0.00_);("¥"#,##0.00)', "¥1,234.50", Nature.NUMBER),
        (1000, "[$$-409]#,##0", "$1,000", Nature.NUMBER),
        (date(2026, 1, 31), "yyyy/m/d", "2026-01-31", Nature.DAY),
        (date(2026, 1, 31), 'yyyy"年"m"月"d"日";@', "2026-01-31", Nature.DAY),
        (date(2026, 1, 31), "[$-804]d mmmm yyyy", "2026-01-31", Nature.DAY),
        (datetime(2026, 1, 31, 12, 30), "yyyy/m/d", "2026-01-31", Nature.DAY),  # noqa: DTZ001 — as on a sheet
        (datetime(2026, 1, 31, 12, 30), "yyyy/m/d h:mm", "2026-01-31 12:30:00", Nature.DAY),  # noqa: DTZ001 — as above
        ("0471", "General", "0471", None),
        ("汉字\n换行", "@", "汉字\n换行", None),
    ],
)
def test_cell_is_read_exactly_as_the_sheet_shows_it(value: object, form: str, text: str, nature: Nature) -> None:
    assert only_cell(value, form) == (text, nature)


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (150121180001010000, "General", "more than 15 digits"),
        (10**15, "0", "more than 15 digits"),
        (-(10**15), "General", "more than 15 digits"),
        (1e300, "General", "more than 15 digits"),
        (3.7, "0", "rounded"),
        (100, '0"万元"', "shows as something else"),
        (12345, '0!.0,"万"', "shows as something else"),
        (0.5, "0%", "shows as something else"),
        (1234567, "0.00E+00", "shows as something else"),
        (date(2026, 1, 1), 'yyyy"年"m"月"', "year, month and day"),
        (date(2026, 1, 31), 'm"月"d"日"', "year, month and day"),
        (time(8, 30), "h:mm", "year, month and day"),
        (30, "yyyy/m/d", "year, month and day"),
        (True, "General", "logical"),
        ("=1+1", "General", "a formula"),
        ("#N/A", "General", "an error"),
    ],
)
def test_cell_that_shows_something_else_than_it_holds_is_refused(value: object, form: str, words: str) -> None:
    _, refused = only_cell(value, form)
    assert isinstance(refused, tuple)
    assert words in refused[0]


def test_formula_is_refused_whatever_value_was_kept_of_it() -> None:
    sheet = spreadsheets.read(with_cells('<row r="1"><c r="A1" t="str"><f>UPPER("a")</f><v>A</v></c></row>'))
    assert sheet.lines[0].cells == ("A",)
    assert "formula" in sheet.refused[1, 0][0]


def test_what_a_formula_filled_in_is_refused_in_every_cell() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A3">ROW()</f><v>1</v></c><c r="B1"><v>5</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c></row><row r="3"><c r="A3"><v>3</v></c></row>'
        '<row r="4"><c r="A4"><v>4</v></c></row>'
    )
    assert set(spreadsheets.read(with_cells(rows)).refused) == {(1, 0), (2, 0), (3, 0)}


def test_shared_texts_keep_their_runs_and_lose_their_pronunciation() -> None:
    rows = (
        '<row><c t="inlineStr"><is><r><t>蒙</t></r><r><t>古</t></r><rPh sb="0" eb="1"><t>meng</t></rPh></is></c>'
        '<c t="inlineStr"><is><t>a_x000D_b_x005F_x0041_</t></is></c></row>'
    )
    assert spreadsheets.read(with_cells(rows)).lines[0].cells == ("蒙古", "a\rb_x0041_")


def test_texts_that_cells_share_are_found() -> None:
    shared = "<sst><si><t>a</t></si><si><r><t>蒙</t></r><rPh><t>meng</t></rPh><r><t>古</t></r></si></sst>"
    path = "xl/_rels/workbook.xml.rels"
    link = b'<Relationship Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    data = with_cells('<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>')
    relations = part(data, path).replace(b"</Relationships>", link)
    data = with_parts(data, {"xl/sharedStrings.xml": shared.encode(), path: relations})
    assert spreadsheets.read(data).lines[0].cells == ("蒙古", "a", "蒙古")


def test_days_that_are_written_as_iso_8601_are_days() -> None:
    sheet = spreadsheets.read(with_cells('<row><c t="d"><v>2026-01-31T00:00:00</v></c></row>'))
    assert (sheet.lines[0].cells, sheet.natures) == (("2026-01-31 00:00:00",), {(1, 0): Nature.DAY})


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    def change(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 — as openpyxl has it
        book.active["A1"] = date(2026, 1, 31)

    assert spreadsheets.read(workbook(change=change)).lines[0].cells == ("2026-01-31",)


def test_first_visible_sheet_is_read_and_the_others_are_told() -> None:
    def change(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        book.active.sheet_state = "hidden"
        book.create_sheet("名单").append(["x"])
        book.create_sheet("旧").append(["y"])

    data = workbook(["z"], change=change)
    sheet = spreadsheets.read(data)
    assert sheet.lines[0].cells == ("x",)
    assert {note.kind: note.where for note in sheet.notes} == {
        Told.SHEET: "«名单»",
        Told.OTHER_SHEETS: "«旧»",
        Told.HIDDEN_SHEETS: "«Sheet»",
    }
    assert spreadsheets.read(data, sheet="旧").lines[0].cells == ("y",)
    with pytest.raises(FileRefused, match="no such sheet, wanted one of: Sheet, 名单, 旧"):
        spreadsheets.read(data, sheet="新")
    with pytest.raises(FileRefused, match="a CSV file has none"):
        spreadsheets.read(b"a,b", sheet="新")


def test_hidden_rows_and_columns_and_merged_cells_are_told() -> None:
    def change(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["C"].hidden = True
        book.active.merge_cells("A3:B3")

    sheet = spreadsheets.read(workbook(["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"], change=change))
    assert [line.cells[0] for line in sheet.lines] == ["a", "d", "g"]
    assert {note.kind: note.where for note in sheet.notes} == {
        Told.HIDDEN_ROWS: "2",
        Told.HIDDEN_COLUMNS: "C",
        Told.MERGED: "A3:B3",
    }
    assert all(str(note) for note in sheet.notes)


def test_rows_keep_their_numbers_though_empty_ones_are_left_out() -> None:
    sheet = spreadsheets.read(workbook(["a"], [], ["  "], ["b"]))
    assert [(line.row, line.cells) for line in sheet.lines] == [(1, ("a",)), (4, ("b",))]


def test_texts_are_those_that_another_reader_finds() -> None:
    rows = [[f"文本 {row}·{column} <&> _x_" for column in range(5)] for row in range(50)]
    data = workbook(*rows)
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert [list(line.cells) for line in spreadsheets.read(data).lines] == theirs == rows


def test_number_typed_as_a_number_is_refused_where_a_text_is_wanted() -> None:
    lines = spreadsheets.read(permits(1)).lines
    hotline = lines[0].cells.index("hotline")
    values: list[object] = list(lines[1].cells)
    values[hotline] = 4711234567
    with pytest.raises(FileRefused) as refused:
        importing.read(workbook(lines[0].cells, values), PERMIT)
    (fault,) = refused.value.faults
    assert (fault.row, fault.column) == (2, "hotline")
    assert "typed as a number" in fault.got
    assert "formatted as text" in fault.wanted


def test_day_is_taken_from_a_day_but_no_text_is() -> None:
    lines = spreadsheets.read(permits(1)).lines
    values: list[object] = list(lines[1].cells)
    values[lines[0].cells.index("issue_date")] = date(2026, 1, 31)
    (row,) = importing.read(workbook(lines[0].cells, values), PERMIT)
    assert row.claims["issue_date"] == "2026-01-31"
    values[lines[0].cells.index("address")] = date(2026, 1, 31)
    with pytest.raises(FileRefused, match="a day"):
        importing.read(workbook(lines[0].cells, values), PERMIT)


def test_refused_resident_number_has_one_fault_though_others_follow_from_it() -> None:
    kind = by_identifier("special-operation-certificate")
    lines = spreadsheets.read(table(kind.identifier, {})).lines
    values: list[object] = list(lines[1].cells)
    values[lines[0].cells.index("id_number")] = 150121180001010000
    with pytest.raises(FileRefused) as refused:
        importing.read(workbook(lines[0].cells, values), kind)
    (fault,) = refused.value.faults
    assert fault.column == "id_number"
    assert "15 digits" in fault.got


def test_columns_have_letters() -> None:
    assert [letters(each) for each in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("cell", ["=1+1", "+86 471", "-", "@x", "\tx", "\rx", "＝1", "plain", "'quoted", ""])
def test_what_is_disarmed_reads_as_it_was(cell: str) -> None:
    assert armed(disarmed(cell)) == cell
    assert not disarmed(cell).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


def test_changes_are_not_taken_from_formulas_or_stray_cells_either() -> None:
    data = workbook(["number", "operator_name"], [permit_number(1), "=A2"], [permit_number(2), "x", "stray"])
    with pytest.raises(FileRefused) as refused:
        importing.cells(data, PERMIT)
    assert [(fault.row, fault.column) for fault in refused.value.faults] == [(2, "operator_name"), (3, "")]
