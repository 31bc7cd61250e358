"""Table rows: the many ways to write a thing, and what spreadsheets do to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chain.small_type import CLAIMS, FILE, small

TYPE = small()
ROW = {claim["key"]: claim["example"] for claim in FILE["claims"]}


def read(**cells: str) -> tuple[dict[str, object], list[str]]:
    claims, faults = TYPE.from_row({**ROW, **cells})
    return dict(claims), [str(fault) for fault in faults]


def test_row_is_read_by_keys_or_labels() -> None:
    assert TYPE.from_row(ROW) == (CLAIMS, ())
    assert TYPE.from_row({f"标签{key}": cell for key, cell in ROW.items()}) == (CLAIMS, ())
    assert TYPE.from_row({f"\ufeff LABEL {key} ": cell for key, cell in ROW.items()}) == (CLAIMS, ())


def test_unknown_and_repeated_columns_are_told_with_what_is_wanted() -> None:
    _, faults = read(备注="x", 标签name="另一公司")
    assert faults[0].startswith("claims: got the column «备注», wanted one of 标签number (number), 标签name (name)")
    assert faults[1] == "name: got a second column «标签name», wanted one column for each claim"


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-31",
        "2026-1-31",
        "2026/1/31",
        "2026/01/31",
        "2026.01.31",
        "2026年1月31日",
        "2026年01月31日",
        "20260131",
        "2026-01-31 00:00:00",
        "2026/1/31 0:00",
        " 2026-01-31 ",
    ],
)
def test_days_are_read_however_they_are_written(cell: str) -> None:
    assert read(first=cell) == (CLAIMS, [])


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("31/01/2026", "the year first, with four digits"),
        ("01/02/2026", "the year first, with four digits"),
        ("26-01-31", "the year first, with four digits"),
        ("2026-01", "the year first, with four digits"),
        ("2026-1/31", "the year first, with four digits"),
        ("2026-01-31 13:45", "the year first, with four digits"),
        ("Jan 31, 2026", "the year first, with four digits"),
        ("２０２６-01-31", "the year first, with four digits"),
        ("46053", "a spreadsheet's own number for a day"),
        ("46053.5", "a spreadsheet's own number for a day"),
        ("2026-02-29", "which is not in the calendar"),
        ("2206年1月31日", "1900 to 2199"),
        ("长期", "the year first, with four digits"),
    ],
)
def test_day_that_could_be_another_is_refused(cell: str, fault: str) -> None:
    _, faults = read(first=cell, last="")
    assert len(faults) == 1
    assert faults[0].startswith("first: got «")
    assert fault in faults[0]


@pytest.mark.parametrize("cell", ["长期", "长期有效", "永久", ""])
def test_last_day_may_be_none_where_the_type_lets_it(cell: str) -> None:
    claims, faults = read(last=cell)
    assert faults == []
    assert "last" not in claims


@pytest.mark.parametrize("cell", ["a", "A", "甲种", "sort a", "Sort A"])
def test_choices_are_taken_by_code_or_label(cell: str) -> None:
    assert read(choice=cell) == (CLAIMS, [])


def test_other_choice_is_refused_with_those_there_are() -> None:
    assert read(choice="丙种")[1] == ["choice: got «丙种», wanted one of a (甲种), b (演示)"]


@pytest.mark.parametrize("cell", ["一、二", "一;二", "一；二", "一\n二", " 一 、 二 、", "一\r\n二\r\n"])
def test_lists_are_split_at_chinese_and_other_separators(cell: str) -> None:
    assert read(things=cell) == (CLAIMS, [])


def test_list_of_separators_has_no_entries() -> None:
    assert read(things="、、")[1] == ["things: got a list of 0 entries, wanted at least 1 entries"]


def test_amount_that_cannot_be_read_is_refused() -> None:
    assert read(amount="壹佰万元")[1][0].startswith("amount: got «壹佰万元», wanted an amount such as 1000000, ")


@pytest.mark.parametrize(("key", "cell"), [("person", "1.50121E+17"), ("code", "9.1E+17"), ("number", "5E+05")])
def test_number_that_a_spreadsheet_rounded_is_refused_and_explained(key: str, cell: str) -> None:
    _, faults = read(**{key: cell, "card": ""})
    got = f"{key}: got «{cell}», a number that a spreadsheet rounded: its last digits are lost"
    assert faults == [f"{got}, wanted all of its digits, typed anew in a column formatted as text"]


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://example.invalid")',
        "+A1",
        "-A1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "＋A1",
        "－A1",
        "＠x",
        "+1-2",
    ],
)
def test_formulas_are_refused(cell: str) -> None:
    _, faults = read(name=cell)
    assert len(faults) == 1
    assert "which a spreadsheet takes for a formula, wanted the value itself" in faults[0]


def test_dash_for_nothing_is_refused_with_what_to_do() -> None:
    assert read(prose="-")[1] == ["prose: got «-», which a spreadsheet takes for a formula, wanted an empty cell"]


@pytest.mark.parametrize("cell", ["-5", "+5", "-1,000.50"])
def test_number_with_a_sign_is_no_formula(cell: str) -> None:
    assert read(prose=cell)[0]["prose"] == cell


def test_cell_that_cannot_be_read_has_one_fault_and_others_theirs() -> None:
    _, faults = read(person="1.5E+17", card="", first="1/2/26", name="", code="x")
    assert [fault.split(":")[0] for fault in faults] == ["name", "code", "person", "first"]


def test_missing_columns_are_missing_values() -> None:
    _, faults = TYPE.from_row({"number": "A-1"})
    assert [str(fault) for fault in faults] == [
        "name: got nothing, wanted a value such as 演示公司",
        "person: got nothing, wanted a value such as 15012118000101000X",
        "first: got nothing, wanted a value such as 2026-01-31",
    ]


def test_lines_of_prose_are_kept_with_one_kind_of_line_end() -> None:
    assert read(prose="第一行\r\n第二行\r\n")[0]["prose"] == "第一行\n第二行"


@given(st.dictionaries(st.sampled_from([*ROW, "标签name", "备注"]), st.text(max_size=20), max_size=12))
@settings(max_examples=150)
def test_whatever_a_row_holds_its_claims_are_good_or_its_faults_are_told(row: dict[str, str]) -> None:
    claims, faults = TYPE.from_row({**ROW, **row})
    if not faults:
        assert TYPE.validate(claims) == claims
