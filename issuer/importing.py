"""Reads a spreadsheet of claims and says everything that is wrong with it at once."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.errors import FileRefused, RowFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON

SEPARATORS = ",;\t"
MAX_ROWS = 50_000
_SHOWN = 60

_WANTED_FILE = "a CSV file in UTF-8 or GB18030"
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\xff\xfe": "text in UTF-16 (Excel's «Unicode text»)",
    b"\xfe\xff": "text in UTF-16 (Excel's «Unicode text»)",
    b"%PDF": "a PDF",
}
"""What people take for a table of text, by its first bytes."""


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
class Table:
    """A spreadsheet as read: cells by claim key."""

    headers: dict[str, str]
    """The header as it stands in the file, for each claim key."""
    rows: tuple[tuple[int, dict[str, str]], ...]
    faults: tuple[RowFault, ...]
    """Of rows that do not fit under the headers."""


def template(certificate_type: CertificateType, *, language: str = "") -> bytes:
    """Return an empty table: claim keys as headers, or labels in a language.

    With a byte order mark, so that spreadsheet programs take it for UTF-8.
    """
    headers = [claim.labels[language] if language else claim.key for claim in certificate_type.columns]
    text = io.StringIO()
    csv.writer(text).writerow(headers)
    return text.getvalue().encode("utf-8-sig")


def read(
    data: bytes,
    certificate_type: CertificateType,
    *,
    taken: Callable[[Sequence[Row]], Sequence[Row]] = lambda _: (),
) -> tuple[Row, ...]:
    """Return every row's claims; raises `FileRefused` with all faults of all rows.

    `taken` returns those of the good rows whose certificate number is given out already.
    """
    table = _table(data, certificate_type)
    number_column = table.headers.get(certificate_type.number_claim, certificate_type.number_claim)
    faults = list(table.faults)
    good: list[Row] = []
    first_row_of: dict[JSON, int] = {}
    for row, cells in table.rows:
        claims, wrong = certificate_type.from_row(cells)
        faults.extend(
            RowFault(row, table.headers.get(fault.claim, fault.claim), fault.got, fault.wanted) for fault in wrong
        )
        number = claims.get(certificate_type.number_claim)
        if number is not None and (first := first_row_of.setdefault(number, row)) != row:
            faults.append(
                RowFault(row, number_column, f"{number}, which row {first} has too", "each certificate number once")
            )
        elif not wrong:
            good.append(Row(row, claims))
    faults.extend(number_fault(row, number_column) for row in taken(good))
    if faults:
        raise FileRefused(sorted(faults, key=lambda fault: fault.row))
    return tuple(good)


def number_fault(row: Row, column: str) -> RowFault:
    """Say that a row's certificate number is given out already."""
    return RowFault(
        row.row,
        column,
        f"{row.number}, which is given out already",
        "a new number, or `replace` or `renew` for a new version of that certificate",
    )


def cells(data: bytes, certificate_type: CertificateType) -> list[dict[str, str]]:
    """Return rows by claim key as they stand, required columns or not; for changes of what is there already."""
    table = _table(data, certificate_type, partial=True)
    if table.faults:
        raise FileRefused(table.faults)
    return [{key: cell for key, cell in row.items() if cell.strip()} for _, row in table.rows]


def _table(data: bytes, certificate_type: CertificateType, *, partial: bool = False) -> Table:
    text = _text(data)
    lines = list(_records(text))
    if not lines:
        raise FileRefused([RowFault(0, "", "an empty file", _wanted_headers(certificate_type))])
    (_, head), *body = lines
    headers = _headers(head, certificate_type, partial=partial)
    if not body:
        raise FileRefused([RowFault(0, "", "headers without a row under them", "one row for each certificate")])
    if len(body) > MAX_ROWS:
        raise FileRefused([RowFault(0, "", f"{len(body)} rows", f"at most {MAX_ROWS}; split the file")])
    faults: list[RowFault] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in body:
        if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
            faults.append(
                RowFault(
                    number, "", f"{len(cells)} cells", f"at most {len(headers)}, one for each header; quote commas"
                )
            )
            continue
        rows.append((number, dict(zip(headers, cells, strict=False))))
    return Table(headers, tuple(rows), tuple(faults))


def _text(data: bytes) -> str:
    """Decode UTF-8 with or without byte order mark, or else GB18030, in which Chinese spreadsheet programs save."""
    for head, what in _FOREIGN.items():
        if data.startswith(head):
            raise FileRefused([RowFault(0, "", what, f"{_WANTED_FILE}: «save as» CSV UTF-8 there")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise FileRefused([RowFault(0, "", "bytes that are no text", _WANTED_FILE)])


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty with its row number."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(SEPARATORS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as exc:
        fault = RowFault(number + 1, "", f"a line that cannot be taken apart ({exc})", 'quotes in pairs, as "…"')
        raise FileRefused([fault]) from exc


def _headers(cells: Sequence[str], certificate_type: CertificateType, *, partial: bool) -> dict[str, str]:
    """Return the header in the file for each claim key, in the file's order; raises `FileRefused`."""
    known = {_folded(name): claim for claim in certificate_type.claims for name in (claim.key, *claim.labels.values())}
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    headers: dict[str, str] = {}
    faults: list[RowFault] = []
    for cell in cells:
        claim = known.get(_folded(cell))
        if claim is None:
            faults.append(RowFault(1, cell.strip(), _quoted(cell), _wanted_headers(certificate_type)))
        elif claim.assigned:
            faults.append(RowFault(1, cell.strip(), _quoted(cell), "no such column: it is given out when preparing"))
        elif claim.key in headers:
            faults.append(RowFault(1, cell.strip(), f"{_quoted(cell)} for {claim.key} again", "each claim once"))
        else:
            headers[claim.key] = cell.strip()
    faults.extend(
        RowFault(1, claim.key, "no such column", f"a column {claim.key} or {claim.labels['zh-CN']}: it is required")
        for claim in certificate_type.columns
        if claim.required and claim.derived is None and claim.key not in headers and not partial
    )
    if faults:
        raise FileRefused(faults)
    return headers


def _folded(header: str) -> str:
    return unicodedata.normalize("NFC", header).strip().strip("*").strip().casefold()


def _quoted(cell: str) -> str:
    return f"«{cell[:_SHOWN]}…»" if len(cell) > _SHOWN else f"«{cell}»"


def _wanted_headers(certificate_type: CertificateType) -> str:
    wanted = ", ".join(claim.key for claim in certificate_type.columns)
    return f"headers of {certificate_type.identifier}: {wanted}"
