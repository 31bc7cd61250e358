"""From a spreadsheet to drafts: all of its rows, or the good ones while the others are handed back.

Nothing is written before every row was judged, and then everything at once: an import that is stopped, by whatever,
leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import merkle
from issuer import importing, issuing, rights, statuses
from issuer.errors import FileRefused, NotReady
from issuer.models import Import, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.importing import Judged, Progress, Row
    from issuer.models import Batch
    from issuer.office import Office
    from issuer.store import Work

_AUTHORITY = "issuing_authority"
"""The claim that names the agency on the face of a certificate."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read."""

    sheet: str = ""
    """Of a workbook; the first visible one if empty."""
    chosen: Mapping[str, str] | None = None
    """Claim keys, or `mapping.SKIP`, by header, where a clerk said what a column means."""
    good_rows: bool = False
    """Whether good rows become drafts though others are bad."""
    progress: Progress = importing.in_silence
    """Called with how much is done of how much; what it raises ends the import."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """What an import made."""

    batches: tuple[int, ...]
    rows: int
    """How many became drafts."""
    repeated: bool
    """The same file was imported before: these are its batches, nothing was made."""
    judged: Judged | None = None
    """What was read, bad rows as well. None for a file imported before, unless good rows among bad ones are wanted."""


def draft(
    office: Office,
    data: bytes,
    certificate_type: CertificateType,
    *,
    agency: int,
    reading: Reading = Reading(),
) -> Drafts:
    """Make draft certificates of a spreadsheet's rows, in batches of at most 1,024.

    Raises `FileRefused` with every fault, and then nothing was written; `NotAllowed` if the agency may not issue this.
    Where good rows are taken from among bad ones, the bad ones are in the answer, the second time as well.
    """
    digest = hashlib.sha256(data).digest()
    with office.store.reading() as work:
        if held := work.import_of(agency, certificate_type.identifier, digest):
            own = frozenset(_number(batch) for batch in work.batches_of_import(held.id or 0))
            numbers = _Numbers(office, certificate_type, agency, own)
            return _again(work, held, _judge(work, data, numbers, reading) if reading.good_rows else None)
    directory = office.directory()
    rights.require_may_issue(directory, agency, certificate_type)
    office.records.ensure_data_key(office.store, agency, now=office.now())
    numbers = _Numbers(office, certificate_type, agency)
    with office.store.reading() as work:
        judged = _judge(work, data, numbers, reading)
    rows = judged.good
    if judged.faults and not reading.good_rows:
        raise FileRefused(judged.faults)
    if not rows:
        return Drafts((), 0, repeated=False, judged=judged)
    name = directory.agency(agency).name
    with office.store.writing() as work:
        if held := work.import_of(agency, certificate_type.identifier, digest):
            return _again(work, held, judged)
        # Asked again, because somebody may have imported the same numbers since.
        if meanwhile := numbers.taken(work, rows):
            raise FileRefused([importing.number_fault(row, certificate_type.number_claim) for row in meanwhile])
        made = Import(
            agency=agency,
            certificate_type=certificate_type.identifier,
            file_digest=digest,
            rows=len(rows),
            created_at=office.now(),
        )
        work.add(made)
        work.flush()
        batches = []
        for start in range(0, len(rows), merkle.MAX_BATCH):
            reading.progress(len(rows) + start, 2 * len(rows))
            claims = [
                _with_authority(certificate_type, row.claims, name) for row in rows[start : start + merkle.MAX_BATCH]
            ]
            batches.append(issuing.add_batch(office, work, certificate_type, claims, agency=agency, import_id=made.id))
            work.flush()
        reading.progress(2 * len(rows), 2 * len(rows))
    return Drafts(tuple(batches), len(rows), repeated=False, judged=judged)


def _judge(work: Work, data: bytes, numbers: _Numbers, reading: Reading) -> Judged:
    return importing.judge(
        data,
        numbers.certificate_type,
        sheet=reading.sheet,
        chosen=reading.chosen,
        taken=lambda good: numbers.taken(work, good),
        # Writing the drafts is the other half.
        progress=lambda done, total: reading.progress(done, 2 * total),
    )


def _with_authority(certificate_type: CertificateType, claims: dict[str, JSON], name: str) -> dict[str, JSON]:
    """Name the agency as the registry does, where a clerk left that to us."""
    if claims.get(_AUTHORITY) is not None or all(claim.key != _AUTHORITY for claim in certificate_type.columns):
        return claims
    return certificate_type.validate({**claims, _AUTHORITY: name})


def _again(work: Work, held: Import, judged: Judged | None) -> Drafts:
    batches = work.batches_of_import(held.id or 0)
    return Drafts(tuple(_number(batch) for batch in batches), held.rows, repeated=True, judged=judged)


def _number(batch: Batch) -> int:
    if batch.id is None:
        raise NotReady("this batch has no number yet")
    return batch.id


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of a type that an agency gave out."""

    office: Office
    certificate_type: CertificateType
    agency: int
    own: frozenset[int] = frozenset()
    """Batches that were made of the same file before: their numbers are its own."""

    def taken(self, work: Work, rows: Sequence[Row]) -> list[Row]:
        """Return the rows whose certificate number is given out already."""
        key = self.office.records.data_key(work, self.agency)
        indexes = [key.index("number", row.number) for row in rows]
        taken = work.numbers_in_use(self.agency, self.certificate_type.identifier, indexes)
        return [
            row for row, index in zip(rows, indexes, strict=True) if index in taken and self._still_counts(work, index)
        ]

    def _still_counts(self, work: Work, index: bytes) -> bool:
        """Whether a certificate with that number is in force, or on its way to be: not replaced, ended or expired."""
        for certificate in work.certificates_numbered(self.agency, index):
            is_other = certificate.certificate_type != self.certificate_type.identifier
            if is_other or certificate.batch_id in self.own or work.successor(certificate.id):
                continue
            expired = certificate.last_day is not None and certificate.last_day < self.office.today
            if expired and work.batch(certificate.batch_id).state == State.ISSUED:
                continue
            if not any(held.track.is_final for held in statuses.held_now(self.office, certificate)):
                return True
        return False
