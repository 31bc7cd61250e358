"""Reads a spreadsheet of claims and says everything that is wrong with it at once."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import rows, spreadsheets
from issuer.spreadsheet.rows import Judged, Progress, Row, in_silence, number_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chain.certificate_types import CertificateType

__all__ = ["Judged", "Progress", "Row", "cells", "in_silence", "judge", "number_fault", "read", "template"]


def template(certificate_type: CertificateType, *, language: str = "") -> bytes:
    """Return an empty table: claim keys as headers, or labels in a language.

    With a byte order mark, so that spreadsheet programs take it for UTF-8.
    """
    headers = [claim.labels[language] if language else claim.key for claim in certificate_type.columns]
    text = io.StringIO()
    csv.writer(text).writerow(headers)
    return text.getvalue().encode("utf-8-sig")


def judge(
    data: bytes,
    certificate_type: CertificateType,
    *,
    sheet: str = "",
    chosen: Mapping[str, str] | None = None,
    taken: Callable[[Sequence[Row]], Sequence[Row]] = lambda _: (),
    progress: Progress = in_silence,
) -> Judged:
    """Tell a file's good rows from the bad ones; raises `FileRefused` where no row can be read at all.

    `sheet` names one of a workbook, `chosen` says what columns mean (`mapping.guess`). `taken` returns those of the
    good rows whose certificate number is given out already.
    """
    return rows.judge(
        spreadsheets.read(data, sheet=sheet), certificate_type, chosen=chosen, taken=taken, progress=progress
    )


def read(
    data: bytes,
    certificate_type: CertificateType,
    *,
    taken: Callable[[Sequence[Row]], Sequence[Row]] = lambda _: (),
) -> tuple[Row, ...]:
    """Return every row's claims; raises `FileRefused` with all faults of all rows."""
    judged = judge(data, certificate_type, taken=taken)
    if judged.faults:
        raise FileRefused(judged.faults)
    return judged.good


def cells(data: bytes, certificate_type: CertificateType) -> list[dict[str, str]]:
    """Return rows by claim key as they stand, required columns or not; for changes of what is there already."""
    known = rows.table(spreadsheets.read(data), certificate_type, partial=True)
    headers = known.columns.headers
    faults = [surplus for line in known.body if (surplus := known.surplus(line))]
    faults += [
        RowFault(line.row, headers[key], got, wanted)
        for line in known.body
        for key, (got, wanted) in known.refused(line, certificate_type).items()
    ]
    if faults:
        raise FileRefused(sorted(faults, key=lambda fault: fault.row))
    return [{key: cell for key, cell in known.cells(line).items() if cell.strip()} for line in known.body]
