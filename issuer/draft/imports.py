"""A spreadsheet on its way to drafts, over pages: brought, its columns named, judged, its good rows drafted.

Judging and drafting are work for the background. The file is kept encrypted until its rows are drafts, or until it is
given up, and what was said of its rows a little longer, so that the bad ones can be fetched; never longer than `KEPT`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from importlib import metadata
from typing import TYPE_CHECKING

from issuer import audit_log, rights, tasks
from issuer.draft import drafting, uploads
from issuer.draft.drafting import Reading
from issuer.errors import FileRefused, NotReady, RowFault
from issuer.spreadsheet import judgements, mapping, spreadsheets
from issuer.spreadsheet.judgements import Judgement
from issuer.tables import draft_rows
from issuer.tables.draft_models import Upload, UploadState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.draft.drafting import Drafts
    from issuer.draft.drafts import Clerk
    from issuer.draft.uploads import Opened
    from issuer.office import Office
    from issuer.spreadsheet.rows import Judged
    from issuer.tables.store import Work
    from issuer.tasks import TaskAtHand

KIND = "import"
"""Of tasks."""
KEPT = timedelta(days=7)
"""How long at most anything of an uploaded file is kept."""
_LONGEST_NAME = 120


def receive(office: Office, data: bytes, certificate_type: CertificateType, clerk: Clerk, *, name: str) -> str:
    """Take a file in; returns the upload's id. Raises `FileRefused` for one that no row can be read from."""
    directory = office.directory()
    rights.require_may_issue(directory, clerk.agency, certificate_type)
    sheet = spreadsheets.read(data)
    if not sheet.lines and not sheet.form.other_sheets:
        raise FileRefused([RowFault(0, "", "an empty file", "one row for each certificate")])
    look = uploads.look_of(sheet)
    office.records.ensure_data_key(office.store, clerk.agency, now=office.now())
    upload = Upload(
        id=office.entropy(16).hex(),
        agency=clerk.agency,
        login=clerk.login,
        certificate_type=certificate_type.identifier,
        state=UploadState.UPLOADED,
        file=None,
        name=b"",
        look=b"",
        created_at=office.now(),
        forgotten_at=office.now() + KEPT,
    )
    with office.store.reading() as work:
        upload.file = uploads.lock(office, work, upload, "file", data)
        upload.name = uploads.lock(office, work, upload, "name", name[-_LONGEST_NAME:].encode(errors="replace"))
        upload.look = uploads.lock(office, work, upload, "look", uploads.dump_look(look))
    with office.store.writing() as work:
        forget_old(office, work)
        work.add(upload)
        _note(work, "spreadsheet uploaded", upload, clerk, detail=f"{look.rows} {upload.certificate_type}")
    return upload.id


def before(office: Office, opened: Opened) -> tuple[int, ...]:
    """Return the batches that were made of this very file before."""
    upload = opened.upload
    if upload.file is None:
        return ()
    with office.store.reading() as work:
        digest = drafting.digest_of(uploads.unlock(office, work, upload, "file", upload.file), opened.sheet)
        held = work.import_of(upload.agency, upload.certificate_type, digest)
        return () if held is None else tuple(each.id or 0 for each in work.batches_of_import(held.id or 0))


def choose_sheet(office: Office, upload_id: str, sheet: str, clerk: Clerk) -> None:
    """Read another sheet of the workbook; raises `FileRefused` if it cannot be read."""
    with office.store.reading() as work:
        upload = uploads.own(work, upload_id, clerk.agency)
        data = uploads.file_of(office, work, upload)
    look = uploads.look_of(spreadsheets.read(data, sheet=sheet))
    with office.store.writing() as work:
        upload = _waiting(work, upload_id, clerk, UploadState.UPLOADED, UploadState.CHECKED)
        upload.look = uploads.lock(office, work, upload, "look", uploads.dump_look(look))
        upload.choices = uploads.lock(office, work, upload, "choices", uploads.dumps({"sheet": sheet, "columns": {}}))
        upload.state, upload.judged, upload.good = UploadState.UPLOADED, None, None
        _note(work, "another sheet chosen", upload, clerk)


def check(
    office: Office, upload_id: str, choices: Mapping[str, str], certificate_type: CertificateType, clerk: Clerk
) -> int:
    """Have the rows judged, with the columns meaning what was chosen; returns the task's number.

    `choices` are claim keys, or `mapping.SKIP`, by header; they are remembered for the agency's next file with the same
    headers. Raises `FileRefused` if they leave no row to be read.
    """
    with office.store.reading() as work:
        at = uploads.opened(office, work, upload_id, agency=clerk.agency)
    known = mapping.guess(at.look.headers, certificate_type, chosen=choices)
    if faults := mapping.faults(known, certificate_type):
        raise FileRefused(faults)
    with office.store.writing() as work:
        upload = _waiting(work, upload_id, clerk, UploadState.UPLOADED, UploadState.CHECKED)
        upload.choices = uploads.lock(
            office, work, upload, "choices", uploads.dumps({"sheet": at.sheet, "columns": dict(choices)})
        )
        upload.judged = upload.good = None
        uploads.remember(office, work, upload, at.look, known)
        return _submit(office, work, upload, UploadState.CHECKING, clerk)


def reconsider(office: Office, upload_id: str, clerk: Clerk) -> None:
    """Ask once more what the columns of a judged file mean."""
    with office.store.writing() as work:
        upload = _waiting(work, upload_id, clerk, UploadState.CHECKED)
        upload.state, upload.judged, upload.good = UploadState.UPLOADED, None, None
        _note(work, "columns asked for again", upload, clerk)


def draft_good_rows(office: Office, upload_id: str, clerk: Clerk) -> int:
    """Have the good rows made drafts of; returns the task's number."""
    with office.store.writing() as work:
        upload = _waiting(work, upload_id, clerk, UploadState.CHECKED)
        return _submit(office, work, upload, UploadState.DRAFTING, clerk)


def cancel(office: Office, upload_id: str, clerk: Clerk) -> None:
    """Stop what is being done with an upload; it is then where it was before."""
    with office.store.writing() as work:
        upload = uploads.own(work, upload_id, clerk.agency)
        if upload.task_id is not None:
            tasks.cancel(work, tasks.find(work, upload.task_id, clerk.agency))
            _note(work, "import stopped", upload, clerk)


def give_up(office: Office, upload_id: str, clerk: Clerk) -> None:
    """Forget an upload and everything about it; drafts that were made of it stay."""
    with office.store.writing() as work:
        upload = _waiting(work, upload_id, clerk, UploadState.UPLOADED, UploadState.CHECKED, UploadState.DRAFTED)
        _note(work, "import given up" if not upload.batches else "import put away", upload, clerk)
        work.session.delete(upload)


def forget_old(office: Office, work: Work) -> None:
    """Delete everything of uploads whose time is over."""
    draft_rows.forget_uploads(work, office.now())


def run(office: Office, task: TaskAtHand, progress: Callable[[int, int], None]) -> JSON:
    """Do what an import's task is for: judge, or draft."""
    upload_id = task.data.decode()
    with office.store.reading() as work:
        upload = uploads.own(work, upload_id, task.agency)
        if upload.task_id != task.id:
            raise NotReady(f"import {upload_id}: another task has it in hand")
        data = uploads.file_of(office, work, upload)
        said = json.loads(uploads.unlock(office, work, upload, "choices", upload.choices or b""))
    reading = Reading(sheet=said["sheet"], chosen=said["columns"], good_rows=True, progress=progress)
    if upload.state == UploadState.CHECKING:
        return _check(office, upload, data, reading)
    return _draft(office, upload, data, reading, login=task.login)


def _check(office: Office, upload: Upload, data: bytes, reading: Reading) -> JSON:
    certificate_type = office.type(upload.certificate_type)
    good = b""
    try:
        judged, warned = drafting.judge(office, data, certificate_type, agency=upload.agency, reading=reading)
    except FileRefused as refused:
        found = judgements.refused(refused.faults)
    else:
        others = {row: tuple(each.other for each in some) for row, some in warned.items()}
        found = Judgement(len(judged.good), judged, others)
        good = judgements.dumps_good(judged.good, _judged_by(certificate_type, data, reading))
    said = judgements.dumps(found)
    with office.store.writing() as work:
        upload = uploads.own(work, upload.id, upload.agency)
        upload.judged = uploads.lock(office, work, upload, "judged", said)
        upload.good = uploads.lock(office, work, upload, "good", good) if good else None
        upload.state = UploadState.CHECKED
    return {"good": found.good, "bad": len(found.judged.bad)}


def _draft(office: Office, upload: Upload, data: bytes, reading: Reading, *, login: str) -> JSON:
    made = _drafted(office, upload, data, replace(reading, judged=_before(office, upload, data, reading)))
    others = {row: tuple(each.other for each in some) for row, some in made.warned.items()}
    judged = made.judged
    said = None if judged is None else judgements.dumps(Judgement(len(judged.good), judged, others))
    with office.store.writing() as work:
        upload = uploads.own(work, upload.id, upload.agency)
        if said is not None:
            upload.judged = uploads.lock(office, work, upload, "judged", said)
        upload.batches, upload.rows = ",".join(map(str, made.batches)), made.rows
        upload.state, upload.file, upload.good = UploadState.DRAFTED, None, None
        audit_log.add(
            work,
            audit_log.Occasion(office.now(), "background"),
            "drafts imported",
            who=login,
            agency=upload.agency,
            subject=f"import {upload.id}",
            detail=f"{made.rows} in batch {upload.batches}" if made.batches else "no row",
        )
    return {"batches": list(made.batches), "rows": made.rows, "repeated": made.repeated}


def _before(office: Office, upload: Upload, data: bytes, reading: Reading) -> Judged | None:
    """Return what the rows came to when they were judged, if nothing that decides it has changed since."""
    if upload.good is None or upload.judged is None:
        return None
    by = _judged_by(office.type(upload.certificate_type), data, reading)
    with office.store.reading() as work:
        good = judgements.loads_good(uploads.unlock(office, work, upload, "good", upload.good), by)
        return None if good is None else replace(uploads.judgement(office, work, upload).judged, good=good)


def _judged_by(certificate_type: CertificateType, data: bytes, reading: Reading) -> str:
    """Return a digest of all that decides how a file's rows are judged, but for the numbers that are in use.

    The program's version, too: what was judged before an upgrade is judged again by the rules after it.
    """
    columns = json.dumps(dict(reading.chosen or {}), sort_keys=True).encode()
    file = drafting.digest_of(data, reading.sheet)
    by = metadata.version("yinxin").encode()
    return hashlib.sha256(certificate_type.digest + file + hashlib.sha256(by).digest() + columns).hexdigest()


def _drafted(office: Office, upload: Upload, data: bytes, reading: Reading) -> Drafts:
    certificate_type = office.type(upload.certificate_type)
    try:
        return drafting.draft(office, data, certificate_type, agency=upload.agency, reading=reading)
    except FileRefused:
        # Somebody gave out a number of the file in the very meantime; judged again, its row is a bad one.
        again = replace(reading, judged=None)
        return drafting.draft(office, data, certificate_type, agency=upload.agency, reading=again)


def _waiting(work: Work, upload_id: str, clerk: Clerk, *wanted: UploadState) -> Upload:
    """Return an upload that is in one of these states; raises `NotReady`."""
    upload = uploads.own(work, upload_id, clerk.agency)
    state = uploads.standing(upload, uploads.task_of(work, upload))
    if state not in wanted:
        raise NotReady(f"import {upload_id} is {state}, wanted one that is {' or '.join(wanted)}")
    upload.state = state
    return upload


def _submit(office: Office, work: Work, upload: Upload, state: UploadState, clerk: Clerk) -> int:
    upload.state = state
    upload.task_id = tasks.submit(
        office,
        work,
        KIND,
        agency=clerk.agency,
        login=clerk.login,
        subject=f"import {upload.id}",
        data=upload.id.encode(),
    )
    _note(work, "import judged" if state == UploadState.CHECKING else "import drafted", upload, clerk)
    return upload.task_id


def _note(work: Work, what: str, upload: Upload, clerk: Clerk, *, detail: str = "") -> None:
    audit_log.add(
        work,
        clerk.occasion,
        what,
        who=clerk.login,
        agency=clerk.agency,
        subject=f"import {upload.id}",
        detail=detail,
    )
