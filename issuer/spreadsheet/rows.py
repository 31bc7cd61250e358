"""The rows of a table against a certificate type: which are good, and everything that is wrong with the others."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from chain.claims import Kind
from chain.text import quoted
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import mapping
from issuer.spreadsheet.sheet import Nature, Note, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chain.certificate_type import CertificateType
    from chain.claims import Claim
    from chain.errors import Fault
    from chain.strict_json import JSON
    from issuer.spreadsheet.mapping import Columns
    from issuer.spreadsheet.sheet import Line, Place, Sheet

Progress: TypeAlias = "Callable[[int, int], None]"
"""Called now and then with how many rows are done, of how many. What it raises ends the import, and nothing is left."""

EXAMPLE_MARKS = ("【示例】", "[Example] ")
"""Before the first cell of a template's example, in Chinese and in English."""
RETYPE_MARKS = ("【请重填】", "[Retype] ")
"""Before a cell that could not be read, in a file that is handed back."""
STEP = 100
"""Rows between two calls of a `Progress`."""

_SHARED = ", which row {} has too"
_SHARED_END = re.compile(re.escape(_SHARED).replace(r"\{\}", "([0-9]+)") + r"\Z")
_EXAMPLE = tuple(map(str.strip, EXAMPLE_MARKS))
_RETYPE = tuple(map(str.strip, RETYPE_MARKS))
_MAY_BE_NUMBERS = {Kind.MONEY, Kind.DATE, Kind.ENUM}
"""Kinds of claims in which a number means what it shows; a day typed as 20260131 is one."""


def in_silence(_done: int, _total: int) -> None:
    """Tell nobody how far an import is."""


@dataclass(frozen=True, slots=True)
class Row:
    """The claims of one certificate, valid for their type."""

    row: int
    """As spreadsheet programs count: the headers are row 1."""
    claims: dict[str, JSON]

    @property
    def number(self) -> str:
        """The certificate number."""
        return str(self.claims["number"])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a table says, and what is wrong with it."""

    good: tuple[Row, ...]
    bad: tuple[Line, ...]
    """The other rows, as they stand in the file."""
    faults: tuple[RowFault, ...]
    """All that is wrong with the bad ones, in their order."""
    unread: frozenset[Place]
    """Cells of bad rows that no text can be taken from."""
    headers: Line
    columns: Columns
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose columns are known."""

    sheet: Sheet
    headers: Line
    columns: Columns
    body: tuple[Line, ...]
    """Without examples."""
    examples: tuple[Line, ...]
    positions: Mapping[str, int]
    """Where each claim is read."""

    def cells(self, line: Line) -> dict[str, str]:
        """Return a row's cells by claim key."""
        return {key: line.cells[place] for key, place in self.positions.items() if place < len(line.cells)}

    def refused(self, line: Line, certificate_type: CertificateType) -> dict[str, tuple[str, str]]:
        """Return what was got and what is wanted, for those claims that cannot be taken from a row's cells."""
        found = {}
        for key, cell in self.cells(line).items():
            place = (line.row, self.positions[key])
            nature = self.sheet.natures.get(place)
            if place in self.sheet.refused:
                found[key] = self.sheet.refused[place]
            elif nature and (why := _unfit(certificate_type.claim(key), nature)):
                found[key] = (f"{quoted(cell)}, {why[0]}", why[1])
            elif cell.startswith(_RETYPE):
                found[key] = (
                    f"{quoted(cell)}, still marked to be typed anew",
                    "the value typed anew, without the mark",
                )
        return found

    def surplus(self, line: Line) -> RowFault | None:
        """Say that a row has cells to which no header belongs."""
        width = len(self.headers.cells)
        while width and not self.headers.cells[width - 1].strip():
            width -= 1
        if any(cell.strip() for cell in line.cells[width:]):
            wanted = f"at most {width}, one for each header; quote commas"
            return RowFault(line.row, "", f"{len(line.cells)} cells", wanted)
        for cell, header in zip(line.cells, self.headers.cells, strict=False):
            if cell.strip() and not header.strip():
                return RowFault(line.row, "", f"{quoted(cell)} under no header", "a header above it, or an empty cell")
        return None


def table(
    sheet: Sheet, certificate_type: CertificateType, *, chosen: Mapping[str, str] | None = None, partial: bool = False
) -> Table:
    """Return a sheet with the claims of its columns; raises `FileRefused` with everything that speaks against it.

    `chosen` are claim keys by header, as `mapping.guess` takes them. With `partial`, required columns may be missing.
    """
    if not sheet.lines:
        raise FileRefused([RowFault(0, "", "an empty file", mapping.wanted_headers(certificate_type))])
    headers, *body = sheet.lines
    columns = mapping.guess(headers.cells, certificate_type, chosen=chosen)
    computed = [
        RowFault(headers.row, column.header, *sheet.refused[headers.row, column.position])
        for column in columns.columns
        if (headers.row, column.position) in sheet.refused and column.how is not mapping.How.SKIPPED
    ]
    if faults := computed or mapping.faults(columns, certificate_type, partial=partial):
        raise FileRefused(faults)
    examples = tuple(line for line in body if _is_example(line))
    body = [line for line in body if not _is_example(line)]
    if not body:
        raise FileRefused([RowFault(0, "", "headers without a row under them", "one row for each certificate")])
    positions = {column.claim: column.position for column in columns.read if column.claim is not None}
    return Table(sheet, headers, columns, tuple(body), examples, positions)


def moved(fault: RowFault, by: int) -> RowFault:
    """Return a fault as it is told where rows are counted from another one on, also the row that it is told with."""
    got = _SHARED_END.sub(lambda found: _SHARED.format(int(found[1]) + by), fault.got)
    return replace(fault, row=max(fault.row + by, 0), got=got)


def judge(
    sheet: Sheet,
    certificate_type: CertificateType,
    *,
    chosen: Mapping[str, str] | None = None,
    taken: Callable[[Sequence[Row]], Sequence[Row]] = lambda _: (),
    progress: Progress = in_silence,
) -> Judged:
    """Tell good rows from bad ones; raises `FileRefused` where the headers leave no row to be read.

    `taken` returns those of the good rows whose certificate number is given out already.
    """
    known = table(sheet, certificate_type, chosen=chosen)
    number_column = known.columns.headers.get(certificate_type.number_claim, certificate_type.number_claim)
    faults: list[RowFault] = []
    unread: set[Place] = set()
    good: dict[int, Row] = {}
    rows_of: dict[JSON, list[int]] = {}
    for done, line in enumerate(known.body):
        if done % STEP == 0:
            progress(done, len(known.body))
        refused = known.refused(line, certificate_type)
        unread.update((line.row, known.positions[key]) for key in refused)
        claims, wrong = _claims(known, line, refused, certificate_type)
        faults.extend(wrong)
        number = claims.get(certificate_type.number_claim)
        if number is not None:
            rows_of.setdefault(number, []).append(line.row)
        if not wrong:
            good[line.row] = Row(line.row, claims)
    for number, rows in rows_of.items():
        # Nobody but the clerk knows which of them is meant.
        for row in rows if len(rows) > 1 else ():
            other = rows[1] if row == rows[0] else rows[0]
            got = f"{quoted(str(number))}{_SHARED.format(other)}"
            faults.append(RowFault(row, number_column, got, "each certificate number once"))
            good.pop(row, None)
    for row_taken in taken(list(good.values())):
        faults.append(number_fault(row_taken, number_column))
        good.pop(row_taken.row, None)
    progress(len(known.body), len(known.body))
    examples = [Note(Told.EXAMPLE, ", ".join(str(line.row) for line in known.examples))] if known.examples else []
    return Judged(
        good=tuple(good.values()),
        bad=tuple(line for line in known.body if line.row not in good),
        faults=tuple(sorted(faults, key=lambda fault: fault.row)),
        unread=frozenset(unread),
        headers=known.headers,
        columns=known.columns,
        notes=(*sheet.notes, *examples),
    )


def number_fault(row: Row, column: str) -> RowFault:
    """Say that a row's certificate number is given out already."""
    return RowFault(
        row.row,
        column,
        f"{quoted(row.number)}, which is given out already",
        "a new number; what replaces or renews that certificate is made as its new version",
    )


def _claims(
    known: Table, line: Line, refused: Mapping[str, tuple[str, str]], certificate_type: CertificateType
) -> tuple[dict[str, JSON], list[RowFault]]:
    if surplus := known.surplus(line):
        return {}, [surplus]
    headers = known.columns.headers
    cells = {key: cell for key, cell in known.cells(line).items() if key not in refused}
    claims, wrong = certificate_type.from_row(cells)
    faults = [RowFault(line.row, headers[key], got, wanted) for key, (got, wanted) in refused.items()]
    faults += [
        RowFault(line.row, headers.get(fault.claim, fault.claim), fault.got, fault.wanted)
        for fault in wrong
        if not _follows(fault, refused, certificate_type)
    ]
    return claims, faults


def _follows(fault: Fault, refused: Mapping[str, object], certificate_type: CertificateType) -> bool:
    """Whether a fault is only there because another cell could not be read."""
    if not refused or not fault.claim:
        return False
    derived = next((claim.derived for claim in certificate_type.claims if claim.key == fault.claim), None)
    return fault.claim in refused or (derived is not None and derived.claim in refused)


def _unfit(claim: Claim, nature: Nature) -> tuple[str, str] | None:
    """Say why a claim cannot be taken from a cell that holds no text; None if it can."""
    anew = "it typed anew in a column formatted as text"
    if nature is Nature.DAY and claim.kind is not Kind.DATE:
        return "a day", anew
    if nature is Nature.NUMBER and claim.kind not in _MAY_BE_NUMBERS:
        return "typed as a number, which drops zeros in front and keeps 15 digits", anew
    return None


def _is_example(line: Line) -> bool:
    return next(filter(None, map(str.strip, line.cells)), "").startswith(_EXAMPLE)
