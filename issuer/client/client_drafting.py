"""Drafts from another system: rows of text as a spreadsheet would have them, read by the very same rules.

A client drafts for its own agency, and no further: officers submit, approve and seal what it drafted. The same rows for
the same type are the same batch, as the same file is.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import code, text
from chain.preparation import IDENTIFIER_CLAIM
from chain.text import quoted
from issuer.draft import drafting
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet.rows import EXAMPLE_MARKS, moved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from issuer.draft.drafting import Drafts
    from issuer.office import Office

MOST_ROWS = 20_000
_NUL = "\0"
_MARKS = tuple(each.strip() for each in EXAMPLE_MARKS)


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate of a batch, by which another system finds its own record again."""

    row_id: str
    position: int
    number: str
    identifier: str
    short_number: str
    """Empty before it is fixed."""


def draft(
    office: Office, rows: Sequence[Mapping[str, str]], certificate_type: CertificateType, *, agency: int
) -> Drafts:
    """Make drafts of rows, each a mapping of claim keys to text; raises `FileRefused` with every fault.

    Faults count rows from 1, in the order in which they came.
    """
    known = {claim.key for claim in certificate_type.columns}
    faults = [
        RowFault(number, key, f"the member {quoted(key)}", f"one of {', '.join(sorted(known))}")
        for number, row in enumerate(rows, 1)
        for key in row
        if key not in known
    ]
    faults += [
        # A table's reader would skip it as an example.
        RowFault(number, key, f"{quoted(cell)}, marked as an example", "a certificate's own value")
        for number, row in enumerate(rows, 1)
        for key, cell in row.items()
        if cell.strip().startswith(_MARKS)
    ]
    faults += [
        RowFault(number, "", "a row without a value", "one certificate's claims")
        for number, row in enumerate(rows, 1)
        if not any(cell.strip() for cell in row.values())
    ]
    faults += [
        # No table could hold it, so that nothing of the table could be read.
        RowFault(number, key, got, wanted)
        for number, row in enumerate(rows, 1)
        for key, cell in row.items()
        if _NUL in cell
        for got, wanted in text.faults(cell.strip(), multiline=True)
    ]
    if faults:
        raise FileRefused(sorted(faults, key=lambda fault: fault.row))
    used = {key for row in rows for key in row}
    headers = [claim.key for claim in certificate_type.columns if claim.key in used]
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, headers, restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    try:
        return drafting.draft(office, lines.getvalue().encode("utf-8-sig"), certificate_type, agency=agency)
    except FileRefused as refused:
        # Headers are the first row of a table; here is none.
        raise FileRefused([moved(each, -1) for each in refused.faults]) from refused


def listed(office: Office, batch_id: int) -> list[Listed]:
    """Return a batch's certificates in their order, without those whose claims were erased."""
    with office.store.reading() as work:
        found = []
        for row in work.certificates(batch_id):
            if row.record_key is None:
                continue
            claims = office.records.claims(work, row)
            found.append(
                Listed(
                    row_id=row.id,
                    position=row.position,
                    number=str(claims.get("number") or ""),
                    identifier=str(claims.get(IDENTIFIER_CLAIM) or ""),
                    short_number="" if row.leaf is None else code.short_number(row.leaf),
                )
            )
    return found
