"""A spreadsheet that a clerk brought, as it is kept: encrypted, with what its columns mean and how its rows fared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.errors import NotFound, NotReady
from issuer.spreadsheet import judgements, mapping
from issuer.tables import draft_rows
from issuer.tables.draft_models import RememberedColumns, Upload, UploadState
from issuer.tables.task_models import Task, TaskState
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from issuer.office import Office
    from issuer.spreadsheet.judgements import Judgement
    from issuer.spreadsheet.mapping import Columns
    from issuer.spreadsheet.sheet import Sheet
    from issuer.tables.store import Work

_SAMPLES, _SHOWN = 3, 40
"""How many rows of a column are shown as samples, and how much of each cell."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looks like, for the page that asks what its columns mean."""

    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    """Of each column in turn."""
    rows: int
    """Under the headers."""
    encoding: str
    separator: str
    sheet: str
    other_sheets: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    """As `issuer.spreadsheet.sheet.Note` has them."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An upload, decrypted as far as pages show it."""

    upload: Upload
    state: UploadState
    """Where it is; an upload whose task came to nothing is where it was before."""
    name: str
    look: Look
    sheet: str
    """Which sheet was chosen; the first visible one if empty."""
    choices: Mapping[str, str]
    """Claim keys, or `mapping.SKIP`, by header: what a clerk said, now or for an earlier file with the same headers."""
    remembered: bool
    """Whether that was said for an earlier file."""
    task: Task | None


def opened(office: Office, work: Work, upload_id: str, *, agency: int) -> Opened:
    """Return an agency's upload; raises `NotFound` for another agency's as for none."""
    upload = own(work, upload_id, agency)
    if upload.forgotten_at <= office.now():
        raise NotFound(f"import: got {upload_id}, which was kept until {upload.forgotten_at:%Y-%m-%d}; bring it again")
    task = task_of(work, upload)
    look = _load_look(unlock(office, work, upload, "look", upload.look))
    said = {} if upload.choices is None else json.loads(unlock(office, work, upload, "choices", upload.choices))
    remembered = None if upload.choices else _remembered(office, work, upload, look)
    return Opened(
        upload,
        standing(upload, task),
        unlock(office, work, upload, "name", upload.name).decode(),
        look,
        said.get("sheet", ""),
        said.get("columns", {}) if remembered is None else remembered,
        bool(remembered),
        task,
    )


def listed(office: Office, work: Work, *, agency: int) -> list[Opened]:
    """Return an agency's uploads, the newest first."""
    found = draft_rows.uploads(work, agency)
    return [opened(office, work, each.id, agency=agency) for each in found if each.forgotten_at > office.now()]


def columns(opened: Opened, certificate_type: CertificateType) -> Columns:
    """Say what the columns of an upload mean, as far as is known."""
    return mapping.guess(opened.look.headers, certificate_type, chosen=opened.choices)


def judgement(office: Office, work: Work, upload: Upload) -> Judgement:
    """Return what was said of an upload's rows."""
    if upload.judged is None:
        raise NotReady(f"import {upload.id}: its rows were not judged yet")
    return judgements.loads(unlock(office, work, upload, "judged", upload.judged))


def batches(upload: Upload) -> tuple[int, ...]:
    """Return the numbers of what was made of an upload."""
    return tuple(int(number) for number in upload.batches.split(",") if number)


def lock(office: Office, work: Work, upload: Upload, column: str, value: bytes) -> bytes:
    """Encrypt something about an upload."""
    key = office.records.data_key(work, upload.agency)
    return key.encrypt(value, Place("upload", column, upload.id), entropy=office.entropy)


def unlock(office: Office, work: Work, upload: Upload, column: str, value: bytes) -> bytes:
    """Undo `lock`."""
    return office.records.data_key(work, upload.agency).decrypt(value, Place("upload", column, upload.id))


def own(work: Work, upload_id: str, agency: int) -> Upload:
    """Return an agency's upload; raises `NotFound` for another agency's as for none."""
    found = draft_rows.upload(work, upload_id)
    if found.agency != agency:
        raise NotFound(f"import: got {upload_id}, wanted one of this database; finished ones are deleted after a while")
    return found


def file_of(office: Office, work: Work, upload: Upload) -> bytes:
    """Return the file's bytes; raises `NotReady` once it is not kept any more."""
    if upload.file is None:
        raise NotReady(f"import {upload.id}: the file is not kept any more; bring it again")
    return unlock(office, work, upload, "file", upload.file)


def look_of(sheet: Sheet) -> Look:
    """Say what a sheet looks like."""
    headers, *body = sheet.lines or (None,)
    cells = () if headers is None else headers.cells
    samples = tuple(
        tuple(line.cells[place][:_SHOWN] for line in body[:_SAMPLES] if place < len(line.cells))
        for place in range(len(cells))
    )
    form = sheet.form
    notes = tuple((str(note.kind), note.where) for note in sheet.notes)
    return Look(cells, samples, len(body), form.encoding, form.separator, form.sheet, form.other_sheets, notes)


def dump_look(look: Look) -> bytes:
    """Write down what a file looks like."""
    return dumps({name: getattr(look, name) for name in Look.__slots__})


def _load_look(data: bytes) -> Look:
    said = json.loads(data)
    said["samples"] = tuple(map(tuple, said["samples"]))
    said["notes"] = tuple(map(tuple, said["notes"]))
    said["headers"], said["other_sheets"] = tuple(said["headers"]), tuple(said["other_sheets"])
    return Look(**said)


def task_of(work: Work, upload: Upload) -> Task | None:
    """Return what is being done with an upload, or was last."""
    return None if upload.task_id is None else work.session.get(Task, upload.task_id)


def standing(upload: Upload, task: Task | None) -> UploadState:
    """Return where an upload is; one whose task ended without a result is where it was."""
    state = UploadState(upload.state)
    over = task is None or task.state in {TaskState.FAILED, TaskState.CANCELLED}
    if state == UploadState.CHECKING and over:
        return UploadState.UPLOADED
    return UploadState.CHECKED if state == UploadState.DRAFTING and over else state


def _remembered(office: Office, work: Work, upload: Upload, look: Look) -> dict[str, str] | None:
    index = _index(office, work, upload, look.headers)
    held = draft_rows.remembered(work, upload.agency, upload.certificate_type, index)
    if held is None:
        return None
    key = office.records.data_key(work, upload.agency)
    choices: dict[str, str] = json.loads(key.decrypt(held.choices, _columns_place(held)))
    return choices


def remember(office: Office, work: Work, upload: Upload, look: Look, known: Columns) -> None:
    """Keep what a clerk said of columns, for the agency's next file with the same headers."""
    index = _index(office, work, upload, look.headers)
    held = draft_rows.remembered(work, upload.agency, upload.certificate_type, index)
    if held is None:
        held = RememberedColumns(
            agency=upload.agency,
            certificate_type=upload.certificate_type,
            headers=index,
            choices=b"",
            changed_at=office.now(),
        )
        work.add(held)
        work.flush()
    key = office.records.data_key(work, upload.agency)
    held.choices = key.encrypt(dumps(known.choices), _columns_place(held), entropy=office.entropy)
    held.changed_at = office.now()


def _index(office: Office, work: Work, upload: Upload, headers: Sequence[str]) -> bytes:
    # Of a file that was handed back with errors in a column of its own, the rest counts.
    names = "\n".join(
        sorted({mapping.folded(each) for each in headers} - set(map(mapping.folded, mapping.ERROR_HEADERS)))
    )
    return office.records.data_key(work, upload.agency).index("headers", names)


def _columns_place(held: RememberedColumns) -> Place:
    return Place("remembered_columns", "choices", str(held.id))


def dumps(value: object) -> bytes:
    """Write something down as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
