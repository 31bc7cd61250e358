"""Any list as CSV or JSON, written row by row while it is read, so that a million rows need no more memory than one.

Times stand in UTC and in China's time, what is binary in hexadecimal digits behind 0x. Nothing in a CSV file is ever a
formula. A file that ends without its last line was cut off: CSV ends with `# end` and the number of rows, JSON with the
member `count`.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from verifier.audit import times
from verifier.bulk.tables import disarmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Cell: TypeAlias = "str | int | bool | bytes | Sequence[str | int | bytes] | None"
"""What a list may hold."""

_LINES = 200
"""How many lines are sent at once."""


class ExportForm(StrEnum):
    """What a list is written as; the value is the file's ending."""

    CSV = "csv"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """What the file is, as HTTP says it."""
        return "text/csv; charset=utf-8" if self is ExportForm.CSV else "application/json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list."""

    name: str
    """Small letters and underscores, the same in every language, so that programs can read it."""
    is_time: bool = False
    """Whether its cells are seconds since 1970; such a column becomes two, `…_utc` and `…_shanghai`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the file has for it."""
        return (f"{self.name}_utc", f"{self.name}_shanghai") if self.is_time else (self.name,)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to be written; its rows are read once, and only while they are written."""

    name: str
    """The file's name, without its ending: ASCII letters, digits, dots and hyphens."""
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    about: Mapping[str, Cell] = field(default_factory=dict)
    """What holds for the whole list: the registry, the block up to which it goes, the filters."""

    def written(self, form: ExportForm) -> Iterator[bytes]:
        """Yield the file's parts."""
        return _csv(self) if form is ExportForm.CSV else _json(self)


def columns(*names: str, timed: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return columns by their names; those also named in `timed` hold times."""
    timed = frozenset(timed)
    return tuple(Column(name, is_time=name in timed) for name in names)


def _csv(listing: Listing) -> Iterator[bytes]:
    names = [name for column in listing.columns for name in column.names]
    lines: list[list[str | int]] = [[f"# {name}", _flat(value)] for name, value in listing.about.items()]
    # Excel takes a file for UTF-8 only with a byte order mark.
    yield b"\xef\xbb\xbf" + _lines([*lines, list(names)])
    lines, count = [], 0
    for row in listing.rows:
        lines.append([_flat(value) for value in _cells(listing, row)])
        count += 1
        if len(lines) == _LINES:
            yield _lines(lines)
            lines = []
    yield _lines([*lines, ["# end", count]])


def _lines(rows: Iterable[Sequence[str | int]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [disarmed(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue().encode("utf-8", "replace")


def _json(listing: Listing) -> Iterator[bytes]:
    names = [name for column in listing.columns for name in column.names]
    about = {name: _plain(value) for name, value in listing.about.items()}
    yield f'{{"about":{_text(about)},\n"columns":{_text(names)},\n"rows":[\n'.encode()
    lines: list[str] = []
    count = 0
    for row in listing.rows:
        cells = dict(zip(names, map(_plain, _cells(listing, row)), strict=True))
        lines.append((",\n" if count else "") + _text(cells))
        count += 1
        if len(lines) == _LINES:
            yield "".join(lines).encode("utf-8", "replace")
            lines = []
    yield f'{"".join(lines)}\n],\n"count":{count}}}\n'.encode("utf-8", "replace")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cells(listing: Listing, row: Sequence[Cell]) -> Iterator[Cell]:
    """Yield a row's cells, those of times twice."""
    for column, cell in zip(listing.columns, row, strict=True):
        if column.is_time:
            yield times.utc(cell) if isinstance(cell, int) else None
            yield times.shanghai(cell) if isinstance(cell, int) else None
        else:
            yield cell


def _plain(cell: Cell) -> object:
    match cell:
        case bytes():
            return f"0x{cell.hex()}"
        case str() | int() | None:
            return cell
        case _:
            return [_plain(part) for part in cell]


def _flat(cell: Cell) -> str | int:
    match _plain(cell):
        case None:
            return ""
        case bool(value):
            return "true" if value else "false"
        case int(value):
            return value
        case list(parts):
            return " ".join(map(str, parts))
        case value:
            return str(value)
