"""Many questions at once: each entry has its line, and one bad one never stops the rest."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import openpyxl  # type: ignore[import-untyped]
import pytest

from chain import code
from chain.calendar import first_hour
from chain.events import Track
from chain.validity import Validity
from tests.verifier.book import NOW, Book, paper
from tests.verifier.bulk_desk import (
    BookIndex,
    encrypted,
    lying_about_its_size,
    merged,
    named_in_gbk,
    saved,
    scanned,
    with_link,
    workbook,
    zipped,
)
from tests.verifier.printed import issue
from verifier.bulk import unpacking
from verifier.bulk.columns import asked
from verifier.bulk.questions import Brought, Bulk
from verifier.bulk.tables import COLUMNS, csv_file, json_file, xlsx_file
from verifier.bulk.unpacked import Row
from verifier.wording import Language

if TYPE_CHECKING:
    from tests.verifier.book import Paper
    from verifier.bulk.lines import Line
    from verifier.indexing.index import Index


@cache
def desk() -> tuple[Book, tuple[Paper, Paper, Paper]]:
    """Return a registry with three certificates, the last one revoked."""
    papers = tuple(
        paper(salt=name, validity=Validity(date(2026, 1, 1), date(2028, 12, 31))) for name in (b"a", b"b", b"c")
    )
    book = Book()
    book.anchor(*(made.leaf for made in papers))
    book.record(papers[2].leaf, Track.REVOKED)
    return book, cast("tuple[Paper, Paper, Paper]", papers)


def check(*brought: Brought | bytes | str, on: str | None = None, book: Book | None = None) -> list[Line]:
    index = cast("Index", BookIndex(book or desk()[0]))
    things = [each if isinstance(each, Brought) else Brought("brought", each) for each in brought]
    steps = list(Bulk(index, lambda: NOW, on).steps(things, count=len(things)))
    lines = [line for step in steps for line in step.lines]
    assert steps[-1].total == len(lines)
    return lines


def verdicts(lines: list[Line]) -> list[str]:
    return [line.verdict for line in lines]


def english(line: Line) -> str:
    return line.message["en"]


class TestArchives:
    def test_every_file_of_a_zip_has_its_line(self) -> None:
        first, second, revoked = desk()[1]
        files = {
            "a/first.sd-jwt": first.sd_jwt.encode(),
            "second.txt": second.code().encode(),
            "revoked.txt": revoked.code().encode(),
            "short.txt": code.short_number(first.leaf).encode(),
            "holiday.jpg": b"\xff\xd8\xff nothing",
            "__MACOSX/._first": b"x",
            ".DS_Store": b"x",
        }
        lines = check(Brought("all.zip", zipped(files)))
        assert verdicts(lines) == ["VALID", "VALID", "REVOKED", "INCOMPLETE", "UNREADABLE"]
        assert [line.file for line in lines][:2] == ["all.zip/a/first.sd-jwt", "all.zip/second.txt"]
        assert lines[0].holder == "内蒙古演示长城建筑工程有限责任公司"
        assert lines[2].in_force_since.startswith("2026-06-01")
        assert (lines[0].valid_from, lines[0].valid_until) == ("2026-01-01", "2028-12-31")

    def test_chinese_programs_write_names_in_gbk(self) -> None:
        (line,) = check(Brought("z.zip", named_in_gbk("安全生产许可证.txt", desk()[1][0].code().encode())))
        assert (line.file, line.verdict) == ("z.zip/安全生产许可证.txt", "VALID")

    @pytest.mark.parametrize(
        ("archive", "said"),
        [
            (zipped({"../../etc/cron.d/x": b"x"}), "leads out of the archive"),
            (zipped({"/etc/passwd": b"x"}), "leads out of the archive"),
            (zipped({"C:/windows/x": b"x"}), "leads out of the archive"),
            (zipped({"a\\..\\b": b"x"}), "leads out of the archive"),
            (with_link("innocent.pdf"), "a link"),
            (encrypted(zipped({"secret.pdf": b"x"})), "password"),
            (zipped({"inner.zip": zipped({"x": b"y"})}), "within the archive"),
            (zipped({"sheet.xlsx": workbook([["x"]])}), "within the archive"),
            (zipped({"list.csv": b"code\n7HKQ-2M4D-X9RT-0C\n"}), "within the archive"),
            (zipped({"x.txt": b"7HKQ-2M4D-X9RT-0C\n7HKQ-2M4D-X9RT-0C\n"}), "within the archive"),
            (zipped({"x.gz": b"\x1f\x8b\x08rest"}), "within the archive"),
            (zipped({"x.7z": b"7z\xbc\xaf\x27\x1crest"}), "within the archive"),
            (zipped({"x.txt": b"y"}, zipfile.ZIP_LZMA), "ordinary ZIP"),
            (zipped({"x.txt": b"y"}, zipfile.ZIP_BZIP2), "ordinary ZIP"),
            (zipped({"bomb.pdf": bytes(unpacking.MAX_ENTRY + 1)}), "more than 20 MB"),
            (lying_about_its_size(bytes(1000)), "damaged"),
            (zipped({"x.txt": b"hello, hello"}).replace(b"hello, hello"[:2], b"J", 0)[:-60] + b"\0" * 60, "damaged"),
            (b"PK\x03\x04 no archive at all", "damaged"),
            (b"PK\x05\x06" + bytes(18), "no file"),
            (zipped({"folder/": b""}), "no file"),
        ],
        ids=range(20),
    )
    def test_a_hostile_archive_is_refused_in_one_clear_line(self, archive: bytes, said: str) -> None:
        (line,) = check(Brought("hostile.zip", archive))
        assert line.verdict == "UNREADABLE"
        assert said in english(line)

    def test_programs_on_windows_write_folders_with_a_backslash(self) -> None:
        lines = check(Brought("z.zip", zipped({"供应商\\": b"", "供应商\\甲.txt": desk()[1][0].code().encode()})))
        assert [(line.file, line.verdict) for line in lines] == [("z.zip/供应商/甲.txt", "VALID")]

    def test_a_hostile_entry_never_stops_the_others(self) -> None:
        good = desk()[1][0].code().encode()
        files = [
            ("../x", good),
            ("same", good),
            ("SAME", good),
            ("bomb", bytes(unpacking.MAX_ENTRY + 1)),
            ("last", good),
        ]
        lines = check(Brought("some.zip", zipped(files)))
        assert verdicts(lines) == ["UNREADABLE", "VALID", "UNREADABLE", "UNREADABLE", "VALID"]
        assert "two files of this name" in english(lines[2])
        assert lines[4].same_as == "some.zip/same"

    def test_ten_bombs_end_at_what_may_be_unpacked(self) -> None:
        begun = time.monotonic()
        lines = check(Brought("bombs.zip", zipped({f"{place}.bin": bytes(19 * 1024**2) for place in range(14)})))
        assert len(lines) == 14
        assert "used up" in english(lines[-1])
        assert time.monotonic() - begun < 30

    def test_too_many_files_are_refused_as_a_whole(self) -> None:
        many = zipped({f"{place}.txt": b"" for place in range(unpacking.MAX_ENTRIES + 1)})
        (line,) = check(Brought("many.zip", many))
        assert "at most 2000" in english(line)

    def test_names_that_turn_the_writing_round_are_shown_harmless(self) -> None:
        (line,) = check(Brought("x.zip", zipped({"invoice\u202efdp.exe": b"x"})))
        assert "\u202e" not in line.file


class TestTables:
    def test_any_column_and_a_day_for_each_row(self) -> None:
        first, second, revoked = desk()[1]
        rows = [
            ["公司", "核验码", "备注", "核验日期"],
            ["甲", first.code(), "", "2026-02-01"],
            ["乙", code.short_number(second.leaf).lower(), "", datetime(2026, 3, 1)],  # noqa: DTZ001 (as workbooks have it)
            ["丙", revoked.code(), "", "2026年5月31日"],
            ["丁", revoked.sd_jwt, "", None],
            ["戊", first.code(), "", "2999-01-01"],
            ["己", first.code(), "", "2026-02-30"],
            ["庚", None, "x", None],
            ["辛", "7HKQ-2M4D-X9RT-0Z", "", None],
            ["壬", revoked.code(), "", "2026-05-31 00:00:00"],
        ]
        sheet = workbook(rows)
        lines = check(Brought("list.xlsx", sheet))
        assert verdicts(lines) == [
            "VALID",
            "INCOMPLETE",
            "VALID",
            "REVOKED",
            "CANNOT_CHECK",
            "CANNOT_CHECK",
            "UNREADABLE",
            "UNREADABLE",
            "VALID",
        ]
        assert [line.row for line in lines] == list(range(2, 11))
        assert [line.on for line in lines[:4]] == ["2026-02-01", "2026-03-01", "2026-05-31", "2026-11-22"]
        assert "2999-01-01" in english(lines[4])
        assert "2026-02-30" in english(lines[5])

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_tables_as_text(self, encoding: str, separator: str) -> None:
        text = f"名称{separator}短号码\r\n甲公司{separator}{code.short_number(desk()[1][0].leaf)}\r\n"
        (line,) = check(Brought("list.csv", text.encode(encoding)))
        assert (line.verdict, line.row) == ("INCOMPLETE", 2)

    def test_a_list_without_a_header_has_a_line_for_each(self) -> None:
        first, second, _ = desk()[1]
        lines = check(Brought("list", f"{first.code()}\n\n{second.sd_jwt}\n".encode()))
        assert [(line.verdict, line.row) for line in lines] == [("VALID", 1), ("VALID", 3)]

    def test_one_text_is_no_table(self) -> None:
        assert verdicts(check(desk()[1][0].code(), desk()[1][0].sd_jwt.encode() + b"\n")) == ["VALID", "VALID"]

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            (b"name,age\nx,1\n", "No column"),
            (workbook([["name"], ["x"]]), "No column"),
            (workbook([]), "No column"),
            (b"\xff\xfe\x00\xd8\n\x00", "not text"),
            (zipped({"[Content_Types].xml": b"<x", "xl/workbook.xml": b"<"}), "damaged"),
            (
                zipped(
                    {"[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "xl/workbook.xml": b"<x/>"}
                ),
                "damaged",
            ),
            (encrypted(workbook([["x"]])), "password"),
            (b"code\n" + b"7HKQ-2M4D-X9RT-0C\n" * (unpacking.MAX_ROWS + 1), "more than 10000 rows"),
        ],
        ids=range(8),
    )
    def test_a_table_that_cannot_be_read_says_why(self, table: bytes, said: str) -> None:
        (line,) = check(Brought("list.csv" if not table.startswith(b"PK") else "list.xlsx", table))
        assert line.verdict == "UNREADABLE"
        assert said in english(line)

    def test_the_same_again_is_checked_once_and_says_so(self) -> None:
        number = code.short_number(desk()[1][0].leaf)
        lines = check(Brought("list.csv", f"code\n{number}\n{number}\n".encode()))
        assert (lines[1].verdict, lines[1].same_as) == ("INCOMPLETE", "list.csv · 2")

    def test_an_unforeseen_fault_of_one_row_leaves_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second, _ = desk()[1]
        genuine = Book.batches_with

        def failing(book: Book, leaf: bytes) -> Any:  # noqa: ANN401 (as the book has it)
            if leaf == first.leaf:
                raise ZeroDivisionError
            return genuine(book, leaf)

        monkeypatch.setattr(Book, "batches_with", failing)
        lines = check(Brought("list.csv", f"{first.code()}\n{second.code()}\n".encode()))
        assert verdicts(lines) == ["CANNOT_CHECK", "VALID"]

    def test_the_column_is_the_one_whose_header_says_so_where_two_would_do(self) -> None:
        number = code.short_number(desk()[1][0].leaf)
        rows = [Row(1, ("other", "短号码")), Row(2, (number, "MISTYPED")), Row(3, (number, number))]
        assert [each.text for each in asked(rows)] == [number, number]
        rows = [Row(1, ("other", "短号码")), Row(2, (number, number))]
        assert asked(rows)[0].row == 2
        assert asked([]) == ()

    @pytest.mark.parametrize(
        "above",
        [
            "供应商证照清单,,\n甲,{code},核验日期\n",
            "sep=,\ncompany,code,on\n",
            "\n名单2026,,\n日期,2026-11-01,\n公司,短号码（14位）,核验日期 (YYYY-MM-DD)\n",
            "公司,证照,核验日期\n,二维码,\n",
            "公司,凭证,日期\n",
            "日期,二维码,核验日期*：\n",
        ],
        ids=range(6),
    )
    def test_a_day_counts_wherever_its_header_stands(self, above: str) -> None:
        known, stranger = desk()[1][2].code(), "二维码内容"
        table = f"{above.format(code=stranger)}2020-01-01,{known},2026-05-31\n2020-01-01,{known},\n"
        lines = check(Brought("list.csv", table.encode()))
        assert [(line.verdict, line.on) for line in lines] == [("VALID", "2026-05-31"), ("REVOKED", "2026-11-22")]

    def test_what_is_mistyped_is_no_header(self) -> None:
        good = code.short_number(desk()[1][0].leaf)
        rows = [("code", "state"), ("7HKQ-2M4D-X9RT-0Z", "on"), ("", "on"), (good, "off")]
        found = asked([Row(place, cells) for place, cells in enumerate(rows, 1)])
        assert [(each.row, each.on) for each in found] == [(2, None), (3, None), (4, None)]
        assert [each.row for each in asked([Row(1, ("7HKQ-2M4D-X9RT-0Z", "on")), Row(2, (good, ""))])] == [1, 2]

    def test_a_day_merged_over_some_rows_is_one_for_each_of_them(self) -> None:
        _, other, revoked = desk()[1]
        book = openpyxl.Workbook()
        for row in (
            ["供应商清单", None],
            ["二维码", "核验日期"],
            [revoked.code(), date(2026, 5, 31)],
            [other.code(), None],
            [revoked.code(), None],
            [revoked.code(), None],
        ):
            book.active.append(row)
        book.active.merge_cells("A1:B1")
        book.active.merge_cells("B3:B5")
        lines = check(Brought("list.xlsx", saved(book)))
        assert [(line.row, line.verdict) for line in lines] == [
            (3, "VALID"),
            (4, "VALID"),
            (5, "VALID"),
            (6, "REVOKED"),
        ]

    def test_every_sheet_that_shows_is_checked_and_one_without_codes_disturbs_nobody(self) -> None:
        first, _, revoked = (made.code() for made in desk()[1])
        book = openpyxl.Workbook()
        for name, rows in {
            "汇总": [["说明"], ["共3家"]],
            "一季度": [["二维码"], [first]],
            "隐藏": [["二维码"], [first]],
            "产品": [["编码"], ["A-1"]],
            "二季度": [["清单"], ["核验日期", "二维码"], ["2026-05-31", revoked], [None, revoked]],
        }.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book["隐藏"].sheet_state = "hidden"
        del book["Sheet"]
        lines = check(Brought("list.xlsx", saved(book)))
        assert [(line.file, line.row, line.verdict) for line in lines] == [
            ("list.xlsx/一季度", 2, "VALID"),
            ("list.xlsx/二季度", 3, "VALID"),
            ("list.xlsx/二季度", 4, "REVOKED"),
        ]

    def test_formulas_that_were_never_computed_are_not_taken_for_empty_cells(self) -> None:
        first, second, _ = desk()[1]
        lines = check(
            Brought(
                "list.xlsx",
                workbook(
                    [
                        ["二维码", "核验日期"],
                        [first.code(), "=DATE(2026,5,31)"],
                        ["=Sheet2!A1", None],
                        [f'="{second.code()}"', None],
                        ["=A3", "=TODAY()"],
                    ]
                ),
            )
        )
        assert verdicts(lines) == ["CANNOT_CHECK", "UNREADABLE", "VALID", "CANNOT_CHECK"]
        assert "=DATE(2026,5,31)" in english(lines[0])
        assert "never computed" in english(lines[1])

    def test_a_quotation_mark_that_is_left_open_swallows_no_rows(self) -> None:
        first, second, _ = desk()[1]
        for opening in ('"甲', '"甲\n乙'):
            table = f'code,company\n{first.code()},{opening}\n{second.code()},乙\n{second.code()},"丙"\n'
            (line,) = check(Brought("list.csv", table.encode()))
            assert (line.verdict, "quotation marks" in english(line)) == ("UNREADABLE", True)
        fine = f'code,company\n{first.code()},"甲\n乙"\n{second.code()},"丙"丁\n'
        assert verdicts(check(Brought("list.csv", fine.encode()))) == ["VALID", "VALID"]

    def test_an_old_workbook_says_what_to_do(self) -> None:
        (line,) = check(Brought("list.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
        assert (line.verdict, "save it as XLSX" in english(line)) == ("UNREADABLE", True)


class TestPapers:
    def test_a_stack_of_scans_is_as_many_papers_as_codes_follow_each_other(self) -> None:
        first, second, revoked = (made.code() for made in desk()[1])
        stack = scanned(None, first, None, second, second, revoked, first)
        lines = check(Brought("stack.pdf", stack))
        assert [(line.pages, line.verdict) for line in lines] == [
            ("1", "UNREADABLE"),
            ("2–3", "VALID"),
            ("4–5", "VALID"),
            ("6", "REVOKED"),
            ("7", "VALID"),
        ]

    def test_a_pdf_with_one_code_is_one_paper(self) -> None:
        (line,) = check(Brought("one.pdf", scanned(desk()[1][0].code(), None)))
        assert (line.pages, line.verdict) == ("", "VALID")

    def test_an_original_document_is_judged_with_its_attachment(self) -> None:
        book, _, pdf = issue()
        (line,) = check(Brought("original.pdf", pdf), book=book)
        assert line.verdict == "VALID"

    def test_originals_merged_into_one_file_are_not_vouched_for_whole(self) -> None:
        book, made, pdf = issue()
        other = desk()[1][0]
        book.anchor(other.leaf)
        lines = check(Brought("merged.pdf", merged(pdf, scanned(other.code()))), book=book)
        assert [line.verdict for line in lines] == ["INCOMPLETE", "VALID"]
        assert made.leaf != other.leaf

    def test_a_damaged_pdf_has_its_line(self) -> None:
        lines = check(Brought("a.pdf", b"%PDF-1.7 nothing"), desk()[1][0].code())
        assert verdicts(lines) == ["UNREADABLE", "VALID"]


class TestDays:
    def test_what_it_was_on_a_day(self) -> None:
        revoked = paper(salt=b"revoked later", validity=Validity(date(2026, 1, 1), date(2028, 12, 31)))
        rescinded = paper(salt=b"rescinded later", validity=Validity(date(2026, 1, 1), date(2028, 12, 31)))
        suspended = paper(salt=b"suspended then", validity=Validity(date(2026, 1, 1), date(2028, 12, 31)))
        book = Book()
        book.anchor(revoked.leaf, rescinded.leaf, suspended.leaf)
        book.record(revoked.leaf, Track.REVOKED)
        book.record(rescinded.leaf, Track.RESCINDED)
        book.record(suspended.leaf, Track.SUSPENSION, until_hour=first_hour(date(2026, 7, 1)))
        rows = [["code", "on"]]
        days = ("2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01")
        rows += [[made.code(), day] for made in (revoked, rescinded, suspended) for day in days]
        told = verdicts(check(Brought("x.xlsx", workbook(rows)), book=book))
        assert told[:4] == ["VALID", "REVOKED", "REVOKED", "REVOKED"]
        assert told[4:8] == ["RESCINDED"] * 4
        assert told[8:] == ["VALID", "SUSPENDED", "SUSPENDED", "VALID"]

    def test_a_day_before_it_was_registered_says_so(self) -> None:
        old = paper(salt=b"old", validity=Validity(date(2019, 1, 1), date(2028, 12, 31)))
        book = Book()
        book.anchor(old.leaf)
        (line,) = check(old.code(), on="2020-05-01", book=book)
        assert line.verdict == "VALID"
        assert "not validly registered yet: that came on 1 January 2026" in english(line)
        assert line.known_at.startswith("2026-11-22")

    @pytest.mark.parametrize("day", ["1969-12-31", "2026-11-23", "2026-02-30", "0000-00-00", "yesterday"])
    def test_a_day_that_cannot_be_asked_about_leaves_it_unchecked(self, day: str) -> None:
        (line,) = check(Brought("x.csv", f"code,on\n{desk()[1][0].code()},{day}\n".encode()))
        assert (line.verdict, line.on) == ("CANNOT_CHECK", "")
        assert day in english(line)

    def test_one_day_for_all_unless_a_row_names_its_own(self) -> None:
        number = desk()[1][2].code()
        lines = check(Brought("x.csv", f"code,on\n{number},\n{number},2026-11-01\n".encode()), on="2026-05-01")
        assert [(line.verdict, line.on) for line in lines] == [("VALID", "2026-05-01"), ("REVOKED", "2026-11-01")]
        assert lines[0].heading == {"en": "Genuine and in force on 1 May 2026", "zh-CN": "2026年5月1日真实有效"}


class TestFiles:
    def lines(self) -> list[Line]:
        first, _, revoked = desk()[1]
        files = {"=HYPERLINK(x).txt": first.code().encode(), "+b.txt": revoked.code().encode(), "\x07.txt": b""}
        return check(*(Brought(name, data) for name, data in files.items()))

    def test_nothing_in_a_csv_file_is_a_formula(self) -> None:
        data = csv_file(self.lines(), Language.CHINESE)
        assert data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        assert [row["file"] for row in rows] == ["'=HYPERLINK(x).txt", "'+b.txt", "\x07.txt"]
        assert [row["verdict"] for row in rows] == ["VALID", "REVOKED", "UNREADABLE"]
        assert rows[0]["test"] == "TEST"

    @pytest.mark.parametrize("language", list(Language))
    def test_nothing_in_a_workbook_is_a_formula(self, language: Language) -> None:
        book = openpyxl.load_workbook(io.BytesIO(xlsx_file(self.lines(), language)))
        sheet = book.worksheets[0]
        assert str(sheet["A1"].value).startswith("TEST")
        assert [cell.value for cell in sheet["A"]][2:] == ["=HYPERLINK(x).txt", "+b.txt", "\ufffd.txt"]
        assert all(cell.data_type in "sn" for row in sheet for cell in row if cell.value is not None)
        assert sheet["A3"].quotePrefix
        assert sheet.max_column == len(COLUMNS)
        assert book.worksheets[1]["A1"].value == "UNREADABLE"

    def test_json_has_everything_in_both_languages(self) -> None:
        told = json.loads(json_file(self.lines(), Language.ENGLISH))
        assert told["verdicts"] == {"UNREADABLE": 1, "REVOKED": 1, "VALID": 1}
        assert told["lines"][0]["heading"] == "Genuine and in force"

    def test_a_bulk_check_takes_steps_that_are_each_over_soon(self) -> None:
        rows = "\n".join([desk()[1][0].code()] * 1000)
        index = cast("Index", BookIndex(desk()[0]))
        longest = timedelta()
        steps = Bulk(index, lambda: NOW).steps([Brought("x.csv", rows.encode())], count=1)
        begun = time.monotonic()
        for count, _ in enumerate(steps):
            longest = max(longest, timedelta(seconds=time.monotonic() - begun)) if count > 2 else longest
            begun = time.monotonic()
        assert longest < timedelta(seconds=2)
