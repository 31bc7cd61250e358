"""New versions of many certificates at once: a file with the numbers of the old ones and what is different in the new.

Each row names a certificate by its number; cells that are empty stay as they are in the old one. What comes of it are
batches of new versions, which go the way of all batches: rehearsed, submitted, approved. A batch has one day from which
its old certificates are replaced, so rows of different days make several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import ClaimsInvalid, Fault, InvalidInput
from issuer import issuing
from issuer.document import certified_files
from issuer.draft import replacing
from issuer.draft.replacing import Changes, NewVersion
from issuer.errors import Ambiguous, FileRefused, NotAllowed, NotFound, NotReady, RowFault
from issuer.office import ANCHORED
from issuer.spreadsheet import importing
from issuer.tables import certificate_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from chain.certificate_types import CertificateType
    from chain.errors import YinxinError
    from issuer.office import Office
    from issuer.tables.models import Certificate, Purpose
    from issuer.tables.store import Work

MOST = 20_000
"""Rows of a file."""
_LARGEST_BATCH = 1_024
_HEADERS = 1


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of which no new version can be made."""

    row: int
    """As spreadsheet programs count: the headers are row 1."""
    number: str
    trouble: YinxinError


@dataclass(frozen=True, slots=True)
class JudgedList:
    """A file's rows."""

    good: tuple[NewVersion, ...]
    bad: tuple[BadRow, ...]


def judge(
    office: Office,
    data: bytes,
    certificate_type: CertificateType,
    *,
    agency: int,
    purpose: Purpose,
    first_day: date | None = None,
) -> JudgedList:
    """Tell the rows that can be carried out from those that cannot, with every reason; nothing is written.

    Raises `FileRefused` where the file cannot be read at all, or a column is missing or unknown.
    """
    rows = importing.cells(data, certificate_type)
    if not 1 <= len(rows) <= MOST:
        raise InvalidInput(f"rows: got {len(rows)}, wanted 1 to {MOST}")
    number_claim = certificate_type.number_claim
    numbers = [row.get(number_claim, "").strip() for row in rows]
    with office.store.reading() as work:
        held = _newest(office, work, agency, certificate_type, numbers)
    good, bad = [], []
    seen: set[str] = set()
    for place, (cells, number) in enumerate(zip(rows, numbers, strict=True), 1 + _HEADERS):
        try:
            old = _old(held, number, seen)
            seen.add(number)
            changes = Changes({key: cell for key, cell in cells.items() if key != number_claim}, first_day)
            judged = replacing.judge(office, old, changes, purpose=purpose)
            replacing.require_standing(office, judged)
            with office.store.reading() as work:
                replacing.require_free(office, work, judged)
        except (InvalidInput, NotAllowed, NotFound, NotReady, Ambiguous) as trouble:
            bad.append(BadRow(place, number, trouble))
        else:
            good.append(judged)
    return JudgedList(tuple(good), tuple(bad))


def draft(
    office: Office,
    judged: Sequence[NewVersion],
    *,
    agency: int,
    purpose: Purpose,
    reason: str = "",
) -> list[int]:
    """Make batches of the new versions; returns their numbers. All of them, or none.

    Raises `NotReady` if one of the old certificates got a new version meanwhile.
    """
    if not judged:
        raise InvalidInput("new versions: got none, wanted at least one")
    together: dict[int, list[NewVersion]] = {}
    for each in judged:
        together.setdefault(each.from_hour, []).append(each)
    made: list[int] = []
    with office.store.writing() as work:
        for from_hour, several in sorted(together.items()):
            for start in range(0, len(several), _LARGEST_BATCH):
                part = several[start : start + _LARGEST_BATCH]
                made.append(_add(office, work, part, agency=agency, purpose=purpose, from_hour=from_hour, why=reason))
    return made


def draft_file(
    office: Office,
    data: bytes,
    certificate_type: CertificateType,
    *,
    agency: int,
    purpose: Purpose,
    first_day: date | None = None,
    reason: str = "",
) -> list[int]:
    """Make batches of a file's rows; raises `FileRefused` with all bad rows, and then nothing was written."""
    judged = judge(office, data, certificate_type, agency=agency, purpose=purpose, first_day=first_day)
    if judged.bad:
        raise FileRefused([RowFault(each.row, each.number, "", str(each.trouble)) for each in judged.bad])
    return draft(office, judged.good, agency=agency, purpose=purpose, reason=reason)


def _add(
    office: Office,
    work: Work,
    part: Sequence[NewVersion],
    *,
    agency: int,
    purpose: Purpose,
    from_hour: int,
    why: str,
) -> int:
    certificate_type = part[0].certificate_type
    batch = issuing.open_batch(
        office, work, certificate_type, agency=agency, size=len(part), purpose=purpose, from_hour=from_hour
    )
    for position, each in enumerate(part):
        replacing.require_free(office, work, each)
        new = issuing.row(
            office, work, certificate_type, each.claims, batch=batch, position=position, replaces=each.old
        )
        if why:
            new.reason = office.records.close_grounds(work, new, why.encode())
        work.add(new)
        work.flush()
        certified_files.carry_over(office.records, work, each.old, new)
    return batch.id or 0


def _newest(
    office: Office, work: Work, agency: int, certificate_type: CertificateType, numbers: Sequence[str]
) -> dict[str, list[Certificate]]:
    """Return the newest anchored version of every licence with one of these numbers, by number."""
    if work.data_key(agency) is None:
        return {}
    key = office.records.data_key(work, agency)
    by_index = {key.index("number", number): number for number in numbers if number}
    found: dict[str, dict[str, Certificate]] = {}
    for certificate, batch in certificate_rows.numbered(work, agency, list(by_index)):
        if certificate.certificate_type != certificate_type.identifier or batch.state not in ANCHORED:
            continue
        licences = found.setdefault(by_index[certificate.number_index or b""], {})
        licence = certificate.lineage or certificate.id
        if licence not in licences or licences[licence].version < certificate.version:
            licences[licence] = certificate
    return {number: list(licences.values()) for number, licences in found.items()}


def _old(held: dict[str, list[Certificate]], number: str, seen: set[str]) -> Certificate:
    if not number:
        raise ClaimsInvalid([Fault("number", "nothing", "the number of the certificate that is replaced")])
    if number in seen:
        raise NotAllowed(f"the number «{number}» stands in the file twice")
    match held.get(number, []):
        case []:
            raise NotFound(f"certificate number: got «{number}», wanted one that this agency has issued of this type")
        case [only]:
            return only
        case several:
            raise Ambiguous(
                f"certificate number: «{number}» was given out to {len(several)} certificates; do it singly"
            )
