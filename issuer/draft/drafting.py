"""From a spreadsheet to drafts: all of its rows, or the good ones while the others are handed back.

Nothing is written before every row was judged and encrypted, and then everything at once: an import that is stopped, by
whatever, leaves nothing behind, and the database's one write lock is held for the inserting alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain import merkle
from issuer import issuing, rights
from issuer.document import certified_files
from issuer.draft import duplicates
from issuer.draft.numbers import Numbers
from issuer.errors import FileRefused, NotReady, RowFault
from issuer.spreadsheet import importing
from issuer.tables import draft_rows
from issuer.tables.models import Import, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from issuer.document.certified_files import CertifiedFile
    from issuer.draft.duplicates import Warned
    from issuer.office import Office
    from issuer.spreadsheet.importing import Judged, Progress, Row
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

_STEP = 100
"""Rows between two calls of a `Progress`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read."""

    sheet: str = ""
    """Of a workbook; the first visible one if empty."""
    chosen: Mapping[str, str] | None = None
    """Claim keys, or `mapping.SKIP`, by header, where a clerk said what a column means."""
    good_rows: bool = False
    """Whether good rows become drafts though others are bad."""
    files: tuple[CertifiedFile, ...] = ()
    """Existing files that the one certificate in it vouches for."""
    progress: Progress = importing.in_silence
    """Called with how much is done of how much; what it raises ends the import."""
    judged: Judged | None = None
    """What this very file came to before, by the same type and columns. Whether a number is free is asked again."""


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
    warned: Mapping[int, Sequence[Warned]] = field(default_factory=dict)
    """What to look at in good rows, by row; where another row is meant, `other` is its number."""


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
    digest = digest_of(data, reading.sheet)
    with office.store.reading() as work:
        if held := work.import_of(agency, certificate_type.identifier, digest):
            own = frozenset(_number(batch) for batch in work.batches_of_import(held.id or 0))
            numbers = Numbers(office, certificate_type, agency, own)
            return _again(work, held, _judge(work, data, numbers, reading) if reading.good_rows else None)
    directory = office.directory()
    rights.require_may_issue(directory, agency, certificate_type)
    office.records.ensure_data_key(office.store, agency, now=office.now())
    numbers = Numbers(office, certificate_type, agency)
    with office.store.reading() as work:
        judged = _judge(work, data, numbers, reading)
        is_there = bool(judged.faults) and work.import_of(agency, certificate_type.identifier, digest) is not None
    if is_there:
        # Somebody drafted this very file since it was looked for above: it is what took its numbers.
        return draft(office, data, certificate_type, agency=agency, reading=reading)
    rows = judged.good
    if judged.faults and not reading.good_rows:
        raise FileRefused(judged.faults)
    if not rows:
        return Drafts((), 0, repeated=False, judged=judged)
    if reading.files and len(rows) > 1:
        # A file is one certificate's; which one, a table does not say.
        raise FileRefused([RowFault(0, "", f"{len(rows)} rows beside a file to be certified", "one row")])
    closed = _close(office, certificate_type, rows, agency=agency, name=directory.agency(agency).name, reading=reading)
    warned = _warned(office, certificate_type, agency, closed)
    ids = {row.row: each.id for row, each in zip(rows, closed, strict=True)}
    values = list(map(draft_rows.values_of, closed))
    # From here on it is not stopped any more: what is left takes the time of an insert.
    reading.progress(2 * len(rows), 2 * len(rows))
    with office.store.writing() as work:
        if held := work.import_of(agency, certificate_type.identifier, digest):
            return _again(work, held, judged)
        # Asked again, because somebody may have imported the same numbers since.
        indexes = [each.number_index or b"" for each in closed]
        in_use = work.numbers_in_use(agency, certificate_type.identifier, indexes)
        if in_use and (meanwhile := numbers.taken(work, [row.number for row in rows])):
            number = certificate_type.number_claim
            raise FileRefused([importing.number_fault(row, number) for row in rows if row.number in meanwhile])
        batches = _insert(office, work, certificate_type, values, agency=agency, digest=digest)
        certified_files.put(office.records, work, closed[0], reading.files)
        duplicates.keep(work, warned, are_new=True)
    named = {row: number for number, row in ids.items()}
    return Drafts(
        batches,
        len(rows),
        repeated=False,
        judged=judged,
        warned={named[row]: duplicates.in_file(some, named) for row, some in warned.items()},
    )


def digest_of(data: bytes, sheet: str = "") -> bytes:
    """Return what tells whether a file was imported before: its bytes, and which of its sheets was read."""
    digest = hashlib.sha256(data).digest()
    return hashlib.sha256(digest + sheet.encode()).digest() if sheet else digest


def judge(
    office: Office, data: bytes, certificate_type: CertificateType, *, agency: int, reading: Reading
) -> tuple[Judged, dict[int, list[Warned]]]:
    """Say what `draft` would make of a file, without writing anything, and what to look at in its good rows."""
    digest = digest_of(data, reading.sheet)
    with office.store.reading() as work:
        held = work.import_of(agency, certificate_type.identifier, digest)
        # What was made of this very file before does not speak against it.
        own = frozenset(_number(batch) for batch in work.batches_of_import(held.id or 0)) if held else frozenset()
        judged = _judge(work, data, Numbers(office, certificate_type, agency, own), reading)
        periods = {
            str(row.row): duplicates.period(office, work, agency, certificate_type, row.claims) for row in judged.good
        }
        besides = {each.id for number in own for each in work.certificates(number)}
        found = duplicates.find(office, work, agency, certificate_type.identifier, periods, besides=besides)
    reading.progress(2 * len(judged.good), 2 * len(judged.good))
    return judged, {int(row): some for row, some in found.items()}


def _judge(work: Work, data: bytes, numbers: Numbers, reading: Reading) -> Judged:
    before = reading.judged
    if before is not None and not numbers.taken(work, [row.number for row in before.good]):
        reading.progress(len(before.good), 2 * len(before.good))
        return before

    def taken(good: Sequence[Row]) -> list[Row]:
        found = numbers.taken(work, [row.number for row in good])
        return [row for row in good if row.number in found]

    return importing.judge(
        data,
        numbers.certificate_type,
        sheet=reading.sheet,
        chosen=reading.chosen,
        taken=taken,
        # Encrypting the drafts is the other half.
        progress=lambda done, total: reading.progress(done, 2 * total),
    )


def _close(
    office: Office,
    certificate_type: CertificateType,
    rows: Sequence[Row],
    *,
    agency: int,
    name: str,
    reading: Reading,
) -> list[Certificate]:
    """Return the drafts' rows, encrypted; they have no batch yet."""
    nowhere = issuing.unstored_batch(office, certificate_type, agency=agency)
    closed = []
    with office.store.reading() as work:
        for done, row in enumerate(rows):
            if done % _STEP == 0:
                reading.progress(len(rows) + done, 2 * len(rows))
            claims = issuing.with_authority(certificate_type, row.claims, name)
            place = done % merkle.MAX_BATCH
            closed.append(issuing.row(office, work, certificate_type, claims, batch=nowhere, position=place))
    return closed


def _warned(
    office: Office, certificate_type: CertificateType, agency: int, closed: Sequence[Certificate]
) -> dict[str, list[Warned]]:
    periods = {each.id: duplicates.Period(each.holder_index, each.first_day, each.last_day) for each in closed}
    with office.store.reading() as work:
        return duplicates.find(office, work, agency, certificate_type.identifier, periods)


def _insert(
    office: Office,
    work: Work,
    certificate_type: CertificateType,
    values: Sequence[dict[str, object]],
    *,
    agency: int,
    digest: bytes,
) -> tuple[int, ...]:
    made = Import(
        agency=agency,
        certificate_type=certificate_type.identifier,
        file_digest=digest,
        rows=len(values),
        created_at=office.now(),
    )
    work.add(made)
    work.flush()
    batches = []
    for start in range(0, len(values), merkle.MAX_BATCH):
        some = values[start : start + merkle.MAX_BATCH]
        batch = issuing.open_batch(
            office, work, certificate_type, agency=agency, size=len(some), import_id=made.id, purpose=Purpose.ISSUE
        )
        batches.append(_number(batch))
        for each in some:
            each["batch_id"] = batches[-1]
        draft_rows.add_certificates(work, some)
    return tuple(batches)


def _again(work: Work, held: Import, judged: Judged | None) -> Drafts:
    batches = work.batches_of_import(held.id or 0)
    return Drafts(tuple(_number(batch) for batch in batches), held.rows, repeated=True, judged=judged)


def _number(batch: Batch) -> int:
    if batch.id is None:
        raise NotReady("this batch has no number yet")
    return batch.id
