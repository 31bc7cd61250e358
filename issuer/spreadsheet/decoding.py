"""Takes an Excel workbook apart. Runs as a program of its own, in a child process that has given up most of its powers.

The workbook comes in on standard input, JSON goes out on standard output. Whatever goes wrong here (a bomb, a crash, a
loop) ends this process and nothing else; `spreadsheet.workbooks` starts it and says what its answer means. It uses the
standard library only: every cell is read by one parser, which sees values, formulas and formats together.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import posixpath
import resource
import sys
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, NoReturn
from xml.parsers import expat

from issuer.spreadsheet.number_formats import BUILT_IN
from issuer.spreadsheet.sheet_cells import Answer, Attributes, Refused, SharedTexts, SheetCells, local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMORY = 768 * 1024**2
CPU_S = 20
"""Of processor time, for everything."""
OUTPUT = 128 * 1024**2
MAX_PARTS = 1_000
"""Files in the ZIP archive; a workbook with a dozen sheets has about fifty."""
MAX_UNPACKED = 200 * 1024**2
"""Bytes of all parts together, as the archive's directory states them; no more is ever unpacked."""
_CHUNK = 64 * 1024
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38


def confine() -> None:
    """Give up memory, time, children, files and, where the kernel lets us, the network."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(kind, (limit, limit))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Best effort: a user namespace lets an ordinary user leave the network; many containers forbid it.
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWNET)


def decode(upload: bytes, *, sheet: str = "", max_rows: int, max_columns: int) -> Answer:
    """Return the cells of a sheet, the first visible one if none is named; raises `Refused`."""
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            return _workbook(archive, sheet, max_rows, max_columns)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError, NotImplementedError) as e:
        raise Refused("damaged") from e


# The archive.

_ACTIVE = {
    "vbaProject": "macros",
    "/macrosheets/": "macros",
    "/externalLinks/": "links",
    "connections.xml": "links",
    "/queryTables/": "links",
    "/embeddings/": "objects",
    "/activeX/": "objects",
    "/dialogsheets/": "macros",
}
"""Parts that no table of claims needs, and what they bring."""


def _workbook(archive: zipfile.ZipFile, wanted: str, max_rows: int, max_columns: int) -> Answer:
    names = _checked(archive)
    types = {
        each.get("PartName", ""): each.get("ContentType", "")
        for each in _elements(archive, "[Content_Types].xml", {"Override", "Default"})
    }
    if any("macroEnabled" in kind for kind in types.values()):
        raise Refused("macros")
    main = next(
        (path for kind, path, _ in _relations(archive, "", names).values() if kind == "officeDocument"),
        None,
    )
    if main is None or main not in names:
        raise Refused("kind")
    relations = _relations(archive, main, names)
    sheets, is_1904 = [], False
    for each in _elements(archive, main, {"sheet", "workbookPr"}):
        if "name" not in each:
            is_1904 = is_1904 or each.get("date1904") in {"1", "true"}
            continue
        relation = next((value for key, value in each.items() if local(key) == "id" and ":" in key), "")
        kind, path, _ = relations.get(relation, ("", "", ""))
        if kind == "worksheet" and path in names:
            sheets.append((each["name"], each.get("state", "visible") != "visible", path))
    chosen = _chosen(sheets, wanted)
    others = {kind: path for kind, path, _ in relations.values() if path in names}
    texts = SharedTexts()
    if "sharedStrings" in others:
        _parse(archive, others["sharedStrings"], texts.start, texts.end, texts.characters)
    formats = _formats(archive, others["styles"]) if "styles" in others else []
    reader = SheetCells(texts.found, formats, is_1904=is_1904, max_rows=max_rows, max_columns=max_columns)
    _parse(archive, chosen[2], reader.start, reader.end, reader.characters)
    return {
        "sheet": chosen[0],
        "hidden": chosen[1],
        "other_sheets": [[name, hidden] for name, hidden, path in sheets if path != chosen[2]],
        **reader.answer(),
    }


def _checked(archive: zipfile.ZipFile) -> set[str]:
    """Return the names of all parts, once none of them can do harm."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise Refused("parts", str(len(parts)))
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Refused("bomb")
    names = {part.filename for part in parts}
    if len({name.casefold() for name in names}) < len(parts):
        raise Refused("damaged")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("encrypted")
    _refuse_other_kinds(archive, names)
    for name in names:
        for part, what in _ACTIVE.items():
            if part.casefold() in f"/{name}".casefold():
                raise Refused(what)
    return names


def _refuse_other_kinds(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "mimetype" in names and archive.read("mimetype").startswith(b"application/vnd.oasis"):
        raise Refused("ods")
    if "xl/workbook.bin" in names:
        raise Refused("xlsb")
    if "[Content_Types].xml" not in names:
        raise Refused("kind")


def _chosen(sheets: list[tuple[str, bool, str]], wanted: str) -> tuple[str, bool, str]:
    found = [each for each in sheets if (each[0] == wanted if wanted else not each[1])]
    if not found:
        raise Refused("sheet", ", ".join(each[0] for each in sheets))
    return found[0]


def _relations(archive: zipfile.ZipFile, part: str, names: set[str]) -> dict[str, tuple[str, str, str]]:
    """Return (kind, path, mode) of what a part refers to, by the reference's name."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in names:
        return {}
    found = {}
    for each in _elements(archive, path, {"Relationship"}):
        kind, mode = each.get("Type", "").rpartition("/")[2], each.get("TargetMode", "Internal")
        if mode != "Internal":
            # A workbook or sheet that gets its contents from elsewhere; addresses in cells belong to sheets.
            raise Refused("links")
        target = posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))
        found[each.get("Id", "")] = (kind, target.lstrip("/"), mode)
    return found


# XML.


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Stream a part through a parser that knows no document types, and so no entities."""

    def refuse(*_: object) -> NoReturn:
        raise Refused("entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    with archive.open(part) as stream:
        for chunk in _chunks(stream):
            parser.Parse(chunk, False)  # noqa: FBT003 — a foreign signature
    parser.Parse(b"", True)  # noqa: FBT003 — as above


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _elements(archive: zipfile.ZipFile, part: str, names: set[str]) -> list[Attributes]:
    """Return the attributes of every element of these names."""
    found: list[Attributes] = []

    def start(name: str, attributes: Attributes) -> None:
        if local(name) in names:
            found.append(attributes)

    _parse(archive, part, start)
    return found


def _formats(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Return the number format of each style."""
    own: dict[int, str] = {}
    styles: list[int] = []
    within = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal within
        match local(name):
            case "numFmt" if within != "dxfs":
                own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            case "cellXfs" | "cellStyleXfs" | "dxfs" as section:
                within = section
            case "xf" if within == "cellXfs":
                styles.append(int(attributes.get("numFmtId", "0")))

    _parse(archive, part, start)
    return [own.get(each, BUILT_IN.get(each, "?")) for each in styles]


def main() -> None:
    """Read standard input, write the answer."""
    confine()
    asked = json.loads(sys.argv[1])
    upload = sys.stdin.buffer.read()
    try:
        answer: Answer = {
            "found": decode(upload, sheet=asked["sheet"], max_rows=asked["max_rows"], max_columns=asked["max_columns"])
        }
    except Refused as exc:
        answer = {"fault": exc.key, "what": exc.what}
    except MemoryError:
        answer = {"fault": "limits", "what": ""}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)
