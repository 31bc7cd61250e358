"""Spreadsheets brought over pages: uploaded, their columns named, judged, drafted, the bad rows fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import Query, Response
from starlette.datastructures import UploadFile

from chain.text import quoted
from issuer.draft import imports, uploads
from issuer.errors import FileRefused, NotFound
from issuer.routes.pages import front
from issuer.routes.pages.drafts import clerk_of, types_of
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.said import msgid
from issuer.spreadsheet import fault_words, importing, mapping, returned, spreadsheets, templates
from issuer.spreadsheet.mapping import How
from issuer.spreadsheet.sheet import Told
from issuer.tables.draft_models import UploadState
from issuer.tasks import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from issuer.draft.uploads import Opened
    from issuer.errors import RowFault
    from issuer.spreadsheet.mapping import Column

router = front.router(tags=["imports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 50
"""Faults on one page."""
IN_HAND = (UploadState.CHECKING, UploadState.DRAFTING)
_COLUMN = "column-"
_HOW = {
    How.NAMED: (msgid("Recognised"), "green"),
    How.CHOSEN: (msgid("As you said"), "green"),
    How.GUESSED: (msgid("A guess"), "yellow"),
    How.UNCLEAR: (msgid("Please choose"), "yellow"),
    How.UNKNOWN: (msgid("Not recognised"), "grey"),
    How.SKIPPED: (msgid("Not read"), "grey"),
}
_NOTES = {
    Told.SHEET: msgid("Read from the sheet %(where)s."),
    Told.OTHER_SHEETS: msgid("Not read: the sheets %(where)s."),
    Told.HIDDEN_SHEETS: msgid("Not read: the hidden sheets %(where)s."),
    Told.HIDDEN_ROWS: msgid("Hidden in the sheet, but read: the rows %(where)s."),
    Told.HIDDEN_COLUMNS: msgid("Hidden in the sheet, but read: the columns %(where)s."),
    Told.MERGED: msgid("Merged cells %(where)s: only the first of them counts."),
    Told.EXAMPLE: msgid("Not read: the example in row %(where)s."),
}
_SEPARATORS = {",": msgid("comma"), ";": msgid("semicolon"), "\t": msgid("tab")}


@router.get("/templates/{name}")
def template(name: str, visit: Visiting) -> Response:
    """Return an empty table of a type, `TYPE.xlsx` or `TYPE.csv`, in the visitor's language."""
    clerk_of(visit)
    identifier, _, kind = name.rpartition(".")
    certificate_type = visit.office.type(identifier)
    match kind:
        case "xlsx":
            data, media_type = templates.workbook(certificate_type, language=visit.language), XLSX
        case "csv":
            data, media_type = importing.template(certificate_type, language=visit.language), "text/csv; charset=utf-8"
        case _:
            raise NotFound(f"empty table: got .{kind[:20]}, wanted .xlsx or .csv")
    return _file(data, media_type, f"{certificate_type.names[visit.language]}.{kind}")


@router.get("/imports")
def listed(visit: Visiting, identifier: Annotated[str, Query(alias="type")] = "") -> Response:
    """Ask for a spreadsheet, and show those under way."""
    return _start(visit, identifier)


@router.post("/imports")
def upload(visit: Visiting) -> Response:
    """Take a spreadsheet in."""
    clerk, identifier = clerk_of(visit), visit.typed("type")
    sent = visit.form.get("file")
    faults = []
    if identifier not in {each.identifier for each in types_of(visit)}:
        faults.append(Fault("type", visit.words.gettext("Choose the type of the certificates.")))
    if not isinstance(sent, UploadFile) or not sent.filename:
        return _start(visit, identifier, [*faults, Fault("file", visit.words.gettext("Choose a file."))])
    if faults:
        return _start(visit, identifier, faults)
    data = sent.file.read(spreadsheets.MAX_FILE + 1)
    try:
        upload_id = imports.receive(visit.office, data, visit.office.type(identifier), clerk, name=sent.filename)
    except FileRefused as refused:
        return _start(visit, identifier, [Fault("file", text) for text in _sentences(visit, refused.faults)])
    return visit.goto(f"/imports/{upload_id}")


@router.get("/imports/{upload_id}")
def opened(upload_id: str, visit: Visiting, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """Show where an import is, and what is wanted next."""
    at = _opened(visit, upload_id)
    if at.state in IN_HAND:
        return visit.page("import_working.html", at=at, progress=_progress(visit, at))
    if at.state == UploadState.UPLOADED:
        return _columns(visit, at)
    return _judged(visit, at, page)


@router.get("/imports/{upload_id}/progress")
def progress(upload_id: str, visit: Visiting) -> Response:
    """Answer with how far it is; where it is over, the page is to be loaded anew."""
    at = _opened(visit, upload_id)
    answer = visit.page("import_progress.html", at=at, progress=_progress(visit, at))
    if at.state not in IN_HAND:
        answer.headers["HX-Redirect"] = f"/imports/{upload_id}"
    return answer


@router.post("/imports/{upload_id}/sheet")
def choose_sheet(upload_id: str, visit: Visiting) -> Response:
    """Read another sheet of the workbook."""
    try:
        imports.choose_sheet(visit.office, upload_id, visit.typed("sheet"), clerk_of(visit))
    except FileRefused as refused:
        return _columns(
            visit, _opened(visit, upload_id), [Fault("sheet", text) for text in _sentences(visit, refused.faults)]
        )
    return visit.goto(f"/imports/{upload_id}")


@router.post("/imports/{upload_id}/columns")
def check(upload_id: str, visit: Visiting) -> Response:
    """Have the rows judged, with the columns meaning what was chosen."""
    clerk, at = clerk_of(visit), _opened(visit, upload_id)
    certificate_type = visit.office.type(at.upload.certificate_type)
    choices = _choices(visit, at)
    try:
        imports.check(visit.office, upload_id, choices, certificate_type, clerk)
    except FileRefused as refused:
        places = {header.strip(): f"{_COLUMN}{place}" for place, header in reversed([*enumerate(at.look.headers)])}
        faults = [
            Fault(places.get(each.column, ""), _column_fault(visit, certificate_type, each)) for each in refused.faults
        ]
        return _columns(visit, at, faults, choices)
    return visit.goto(f"/imports/{upload_id}")


@router.post("/imports/{upload_id}/again")
def again(upload_id: str, visit: Visiting) -> Response:
    """Ask once more what the columns mean."""
    imports.reconsider(visit.office, upload_id, clerk_of(visit))
    return visit.goto(f"/imports/{upload_id}")


@router.post("/imports/{upload_id}/drafts")
def draft(upload_id: str, visit: Visiting) -> Response:
    """Have the good rows made drafts of."""
    imports.draft_good_rows(visit.office, upload_id, clerk_of(visit))
    return visit.goto(f"/imports/{upload_id}")


@router.post("/imports/{upload_id}/stop")
def stop(upload_id: str, visit: Visiting) -> Response:
    """Stop what is being done."""
    imports.cancel(visit.office, upload_id, clerk_of(visit))
    return visit.goto(f"/imports/{upload_id}")


@router.post("/imports/{upload_id}/give-up")
def give_up(upload_id: str, visit: Visiting) -> Response:
    """Forget the file and what was said of it."""
    imports.give_up(visit.office, upload_id, clerk_of(visit))
    return visit.done("/imports", visit.words.gettext("The file is deleted."))


@router.get("/imports/{upload_id}/{name}")
def bad_rows(upload_id: str, name: str, visit: Visiting) -> Response:
    """Return the bad rows with what is wrong in each, `errors.csv` or `errors.xlsx`."""
    at = _opened(visit, upload_id)
    with visit.store.reading() as work:
        judged = uploads.judgement(visit.office, work, at.upload).judged
    match name:
        case "errors.csv":
            data, media_type = returned.as_csv(judged, language=visit.language), "text/csv; charset=utf-8"
        case "errors.xlsx":
            data, media_type = returned.as_workbook(judged, language=visit.language), XLSX
        case _:
            raise NotFound(f"bad rows: got «{name[:20]}», wanted errors.csv or errors.xlsx")
    stem = at.name.rpartition(".")[0] or at.name
    words = visit.words.gettext("%(name)s, to be mended", name=stem)
    return _file(data, media_type, f"{words}.{name.rpartition('.')[2]}")


def _opened(visit: Visit, upload_id: str) -> Opened:
    clerk = clerk_of(visit)
    with visit.store.reading() as work:
        return uploads.opened(visit.office, work, upload_id, agency=clerk.agency)


def _start(visit: Visit, identifier: str, faults: Sequence[Fault] = ()) -> Response:
    clerk = clerk_of(visit)
    with visit.store.reading() as work:
        under_way = uploads.listed(visit.office, work, agency=clerk.agency)
    return visit.page(
        "imports.html",
        status=422 if faults else 200,
        faults=faults,
        types=types_of(visit),
        type=identifier,
        under_way=under_way,
        type_names={each.identifier: each.names[visit.language] for each in visit.office.types},
        kept_days=imports.KEPT.days,
    )


def _columns(
    visit: Visit, at: Opened, faults: Sequence[Fault] = (), choices: Mapping[str, str] | None = None
) -> Response:
    """Ask what the columns mean."""
    certificate_type = visit.office.type(at.upload.certificate_type)
    known = uploads.columns(at, certificate_type)
    options = [
        (claim.key, claim.labels[visit.language] + (" *" if claim.required and claim.derived is None else ""))
        for claim in certificate_type.columns
    ]
    return visit.page(
        "import_columns.html",
        status=422 if faults else 200,
        faults=faults,
        at=at,
        type=certificate_type,
        columns=[_asked(visit, at, each, choices) for each in known.columns],
        options=options,
        notes=_notes(visit, at.look.notes),
        separator=visit.words.gettext(_SEPARATORS[at.look.separator]) if at.look.separator else "",
        before=imports.before(visit.office, at),
        failure=_failure(visit, at),
        kept_days=imports.KEPT.days,
    )


def _asked(visit: Visit, at: Opened, column: Column, choices: Mapping[str, str] | None) -> dict[str, object]:
    """Return what the page shows of a column."""
    word, colour = _HOW[column.how]
    if at.remembered and column.how in {How.CHOSEN, How.SKIPPED} and not column.is_for_errors:
        word = msgid("As in an earlier file")
    chosen = column.claim or (column.candidates[0] if column.how is How.GUESSED else mapping.SKIP)
    if choices is not None:
        chosen = choices.get(column.header, chosen)
    return {
        "name": f"{_COLUMN}{column.position}",
        "header": column.header.strip() or visit.words.gettext("(no header)"),
        "samples": at.look.samples[column.position],
        "chosen": chosen,
        "how": visit.words.gettext(word),
        "colour": colour,
        "is_for_errors": column.is_for_errors,
    }


def _choices(visit: Visit, at: Opened) -> dict[str, str]:
    """Return what was chosen, by header."""
    choices: dict[str, str] = {}
    for place, header in enumerate(at.look.headers):
        if not header.strip():
            continue
        chosen = visit.typed(f"{_COLUMN}{place}")
        # Of two columns with one header, the one that is to be read is meant.
        choices[header] = chosen or choices.get(header, mapping.SKIP)
    return choices


def _judged(visit: Visit, at: Opened, page: int) -> Response:
    """Show how the rows fared."""
    with visit.store.reading() as work:
        found = uploads.judgement(visit.office, work, at.upload)
    faults = found.judged.faults
    pages = max(1, -(-len(faults) // PAGE))
    page = min(page, pages)
    shown = [
        # Row 0 is none: the fault is the whole file's.
        (each.row or "–", each.column, *(fault_words.translated(it, visit.language) for it in (each.got, each.wanted)))
        for each in faults[(page - 1) * PAGE : page * PAGE]
    ]
    return visit.page(
        "import_judged.html",
        at=at,
        type=visit.office.type(at.upload.certificate_type),
        done=at.state == UploadState.DRAFTED,
        good=found.good,
        bad=len(found.judged.bad),
        rows=found.rows,
        faults_total=len(faults),
        shown_rows=shown,
        warned=sorted(found.warned.items())[:PAGE],
        warned_total=len(found.warned),
        page=page,
        pages=pages,
        notes=_notes(visit, [(str(each.kind), each.where) for each in found.judged.notes]),
        batches=uploads.batches(at.upload),
        before=() if at.state == UploadState.DRAFTED else imports.before(visit.office, at),
        failure=_failure(visit, at),
        kept_days=imports.KEPT.days,
    )


def _progress(visit: Visit, at: Opened) -> dict[str, object]:
    done, total = (0, 0) if at.task is None else (at.task.done, at.task.total)
    checking = at.state == UploadState.CHECKING
    label = msgid("Checking the rows") if checking else msgid("Making drafts of the good rows")
    if at.task is not None and at.task.state == TaskState.WAITING:
        label = msgid("Waiting for its turn")
    return {"done": done, "total": total, "label": visit.words.gettext(label)}


def _failure(visit: Visit, at: Opened) -> str:
    """Say why what was to be done with an upload came to nothing; empty if it did not."""
    if at.task is None:
        return ""
    if at.task.state == TaskState.CANCELLED:
        return visit.words.gettext("It was stopped, and nothing was written.")
    if at.task.state == TaskState.FAILED:
        return visit.words.gettext("It did not come to an end, and nothing was written. Try again.")
    return ""


def _notes(visit: Visit, notes: Sequence[tuple[str, str]]) -> list[str]:
    return [visit.words.gettext(_NOTES[Told(kind)], where=where) for kind, where in notes]


def _sentences(visit: Visit, faults: Sequence[RowFault]) -> list[str]:
    return [fault_words.said(each, visit.language) for each in faults]


def _column_fault(visit: Visit, certificate_type: CertificateType, fault: RowFault) -> str:
    """Say what is wrong with a column, in terms of the page's lists."""
    labels = {claim.key: claim.labels[visit.language] for claim in certificate_type.columns}
    if fault.column in labels and fault.got == "no such column":
        return visit.words.gettext("Say which column holds: %(label)s", label=labels[fault.column])
    return visit.words.gettext("Choose something else for the column %(header)s", header=quoted(fault.column))


def _file(data: bytes, media_type: str, name: str) -> Response:
    """Return a file to be kept; its name in UTF-8, as RFC 6266 has it."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(data, media_type=media_type, headers=headers)
