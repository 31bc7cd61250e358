"""Files that are not what they seem: each is refused with a reason, quickly, and nothing of them is run or fetched."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import pytest

from issuer.errors import FileRefused
from issuer.spreadsheet import decoding, spreadsheets
from tests.issuer.workbooks import SHEET, part, with_cells, with_parts, workbook

PLAIN = workbook(["number", "name"], ["1", "x"])
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def reason(data: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        spreadsheets.read(data)
    (fault,) = refused.value.faults
    assert fault.got
    assert fault.wanted
    return fault.got


def bomb(size: int) -> bytes:
    """Return a workbook whose sheet unpacks to so many bytes of spaces."""
    return with_parts(PLAIN, {SHEET: part(PLAIN, SHEET).replace(b"<sheetData>", b"<sheetData>" + b" " * size)})


def lying_bomb() -> bytes:
    """Return a workbook whose directory says that its largest part is small."""
    data = bytearray(bomb(30 * 1024**2))
    at = data.index(b"PK\x01\x02")
    while data[at : at + 4] == b"PK\x01\x02":
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        struct.pack_into("<I", data, at + 24, min(1000, *struct.unpack_from("<I", data, at + 24)))
        at += 46 + name + extra + comment
    return bytes(data)


def with_two_of(name: str) -> bytes:
    """Return a workbook with a part twice, so that two readers may read two things."""
    written = io.BytesIO(PLAIN)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(written, "a") as archive:
        archive.writestr(name, part(PLAIN, name))
    return written.getvalue()


def encrypted_entries() -> bytes:
    """Return a workbook whose entries say that they are encrypted."""
    data = bytearray(PLAIN)
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def related(kind: str, target: str) -> bytes:
    """Return a workbook that gets something from elsewhere."""
    path = "xl/_rels/workbook.xml.rels"
    link = f'<Relationship Id="x" Type="http://example.com/{kind}" Target="{target}" TargetMode="External"/>'
    return with_parts(PLAIN, {path: part(PLAIN, path).replace(b"</Relationships>", f"{link}</Relationships>".encode())})


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = ENTITIES.replace(b'a "ha"', b'a SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(bomb(decoding.MAX_UNPACKED), "far too much", id="bomb"),
        pytest.param(lying_bomb(), "damaged", id="bomb that lies about its size"),
        pytest.param(with_parts(PLAIN, {f"xl/{n}.xml": b"" for n in range(1001)}), "parts", id="too many parts"),
        pytest.param(with_parts(PLAIN, {SHEET: ENTITIES}), "document type", id="entities"),
        pytest.param(with_parts(PLAIN, {SHEET: OUTSIDE}), "document type", id="outside entities"),
        pytest.param(with_parts(PLAIN, {"xl/vbaProject.bin": b"x"}), "macros", id="macros"),
        pytest.param(
            with_parts(
                PLAIN,
                {
                    "[Content_Types].xml": part(PLAIN, "[Content_Types].xml").replace(
                        b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
                    )
                },
            ),
            "macros",
            id="macro-enabled by its type",
        ),
        pytest.param(with_parts(PLAIN, {"xl/macrosheets/sheet1.xml": b"x"}), "macros", id="old macros"),
        pytest.param(with_parts(PLAIN, {"xl/externalLinks/externalLink1.xml": b"x"}), "elsewhere", id="links"),
        pytest.param(with_parts(PLAIN, {"xl/connections.xml": b"x"}), "elsewhere", id="connections"),
        pytest.param(related("worksheet", "http://127.0.0.1/sheet.xml"), "elsewhere", id="sheet from elsewhere"),
        pytest.param(with_parts(PLAIN, {"xl/embeddings/x.bin": b"x"}), "files or controls", id="embedded files"),
        pytest.param(with_parts(PLAIN, {"xl/activeX/x.bin": b"x"}), "files or controls", id="controls"),
        pytest.param(COMPOUND, "old Excel workbook", id="xls"),
        pytest.param(COMPOUND + "EncryptedPackage".encode("utf-16-le"), "password", id="encrypted"),
        pytest.param(encrypted_entries(), "password", id="encrypted entries"),
        pytest.param(with_parts(PLAIN, {"xl/workbook.bin": b"x"}), ".xlsb", id="binary workbook"),
        pytest.param(
            with_parts(PLAIN, {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), ".ods", id="ods"
        ),
        pytest.param(with_parts(PLAIN, {"[Content_Types].xml": None}), "no workbook", id="some ZIP file"),
        pytest.param(with_parts(PLAIN, {"_rels/.rels": None}), "no workbook", id="without its root"),
        pytest.param(with_parts(PLAIN, {SHEET: b"<worksheet><sheetData>"}), "damaged", id="broken XML"),
        pytest.param(with_parts(PLAIN, {"XL/WorkBook.xml": b"x"}), "damaged", id="names that differ by case"),
        pytest.param(PLAIN[: len(PLAIN) // 2], "damaged", id="cut in half"),
        pytest.param(b"PK\x05\x06" + bytes(18), "no workbook", id="empty ZIP file"),
        pytest.param(with_cells('<row r="2"/><row r="2"/>'), "damaged", id="a row twice"),
        pytest.param(with_cells('<row><c r="B1"/><c r="B1"/></row>'), "damaged", id="a cell twice"),
        pytest.param(with_cells('<row><c r="A0"><v>1</v></c></row>'), "damaged", id="a cell that is nowhere"),
        pytest.param(with_cells('<row><c t="s"><v>9</v></c></row>'), "damaged", id="a text that is not there"),
        pytest.param(with_cells('<row><c t="s"><v>-1</v></c></row>'), "damaged", id="a text from the end"),
        pytest.param(with_cells('<row><c s="99"><v>9</v></c></row>'), "damaged", id="a style that is not there"),
        pytest.param(with_cells("<row><c><v>nine</v></c></row>"), "damaged", id="a number that is none"),
        pytest.param(with_cells("<row><c r='XFD1'><v>1</v></c></row>"), "200", id="columns"),
        pytest.param(b"<html><table>", "web page", id="a web page called .xls"),
        pytest.param(b"%PDF-1.7", "PDF", id="pdf"),
        pytest.param(b"\x89PNG\r\n", "picture", id="picture"),
        pytest.param(b"x" * (spreadsheets.MAX_FILE + 1), "20.0 MB", id="large"),
        pytest.param(b"a\n" * 50_002, "more than 50000 rows", id="many rows"),
        pytest.param(b"," * 200 + b"x", "201 cells", id="many columns"),
        pytest.param(b'"' + b"x" * 40_000 + b'"', "never ends", id="a long cell"),
        pytest.param(b'"' + b"x" * 200_000 + b'"', "cannot be taken apart", id="a cell longer than any"),
    ],
)
def test_hostile_file_is_refused_with_a_reason(data: bytes, words: str) -> None:
    began = time.monotonic()
    assert words in reason(data)
    assert time.monotonic() - began < 10


def test_part_that_is_there_twice_is_refused() -> None:
    assert "damaged" in reason(with_two_of(SHEET))


def test_workbook_with_too_many_rows_is_refused_before_the_rest_is_read() -> None:
    rows = "".join(f'<row r="{n}"><c><v>1</v></c></row>' for n in range(1, 60_000))
    assert "more than 50000 rows" in reason(with_cells(rows))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_number_that_is_none_is_refused(number: str) -> None:
    sheet = spreadsheets.read(with_cells(f"<row><c><v>{number}</v></c></row>"))
    assert "digits" in sheet.refused[1, 0][0]


def test_text_without_end_is_cut_off_and_refused() -> None:
    sheet = spreadsheets.read(with_cells(f'<row><c t="inlineStr"><is><t>{"x" * 10_000_000}</t></is></c></row>'))
    assert "more than 32767 characters" in sheet.refused[1, 0][0]


def test_many_empty_cells_and_rows_do_no_harm() -> None:
    rows = "".join(f'<row r="{n}"><c r="XFD{n}" s="0"/></row>' for n in range(2, 100_000))
    sheet = spreadsheets.read(with_cells(f'<row r="1"><c r="A1"><v>1</v></c></row>{rows}'))
    assert len(sheet.lines) == 1


def test_child_that_takes_too_much_is_ended_and_the_file_refused() -> None:
    # Few texts, none too long; but one rare character makes each four times as large in memory.
    shared = b"<sst>" + (b"<si><t>" + b"x" * 32_000 + "🐎".encode() + b"</t></si>") * 6_200 + b"</sst>"
    path = "xl/_rels/workbook.xml.rels"
    link = b'<Relationship Id="s" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>'
    data = with_parts(
        PLAIN, {"xl/sharedStrings.xml": shared, path: part(PLAIN, path).replace(b"</Relationships>", link)}
    )
    assert len(data) < 2 * 1024**2
    assert "takes too long or too much" in reason(data)


def test_child_that_crashes_is_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("issuer.spreadsheet.workbooks._PROGRAM", "import os; os.abort()  # {root}")
    assert "takes too long or too much" in reason(PLAIN)


def test_child_that_answers_nonsense_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "issuer.spreadsheet.workbooks._PROGRAM", """print('{{"found": {{"rows": "all"}}}}')  # {root}"""
    )
    assert "takes too long or too much" in reason(PLAIN)


def test_child_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("issuer.spreadsheet.workbooks._PROGRAM", "import time; time.sleep(60)  # {root}")
    monkeypatch.setattr("issuer.spreadsheet.workbooks.WALL_CLOCK_S", 0.2)
    assert "takes too long or too much" in reason(PLAIN)
