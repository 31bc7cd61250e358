"""Certificates drafted one by one: the form of a type, and the list of drafts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response
from starlette.datastructures import UploadFile

from chain.errors import ClaimsInvalid, InvalidInput
from issuer import forms
from issuer.document import certified_files
from issuer.document.certified_files import CertifiedFile
from issuer.draft import drafts, redrafting
from issuer.draft.drafts import Clerk, Content
from issuer.draft.redrafting import Bound
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.routes.pages import front, sought
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.said import msgid
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate_types import CertificateType
    from issuer.draft.drafts import Draft
    from issuer.forms import Form

router = front.router(tags=["drafts"])

_WHY_BOUND = {
    Bound.NUMBER: msgid("A renewal keeps the number."),
    Bound.FIRST_DAY: msgid("From this day follows when the old version ends, for the whole batch."),
    Bound.OLD_VERSION: msgid("It names the version that this one replaces."),
}
_KEPT_FILE = re.compile(r"([0-9a-f]{64})\|([a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,120})\|([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What somebody sent."""

    form: Form
    files: tuple[CertifiedFile, ...]
    faults: tuple[Fault, ...]

    @property
    def content(self) -> Content:
        return Content(self.form.claims, self.files)


def clerk_of(visit: Visit) -> Clerk:
    """Return who prepares; refuses somebody who does not, or who is of no agency."""
    visit.require(Role.PREPARER)
    if not visit.who.agency:
        raise NotAllowed("the council prepares no certificates")
    return Clerk(visit.who.agency, visit.who.login, visit.occasion)


def types_of(visit: Visit) -> list[CertificateType]:
    """Return the types that the visitor's agency may issue, each in its newest version."""
    agency = visit.agency
    held = frozenset() if agency is None else frozenset(agency.types)
    newest = {each.identifier: each for each in sorted(visit.office.types, key=lambda it: it.version)}
    return [each for each in newest.values() if each.number in held]


@router.get("/new")
def new(visit: Visiting) -> Response:
    """Ask which type it is to be, and whether by form or by spreadsheet."""
    clerk_of(visit)
    return visit.page("new.html", types=types_of(visit))


@router.get("/new/{identifier}")
def blank(
    identifier: str,
    visit: Visiting,
    batch: Annotated[int | None, Query()] = None,
    like: Annotated[str, Query()] = "",
) -> Response:
    """Show the form of a type, empty or with what another draft says."""
    clerk = clerk_of(visit)
    certificate_type = visit.office.type(identifier)
    form = forms.blank(certificate_type, visit.words)
    if like:
        with visit.store.reading() as work:
            said = drafts.opened(visit.office, work, like, agency=clerk.agency).content.claims
        without = {key: value for key, value in said.items() if key != certificate_type.number_claim}
        form = forms.filled(certificate_type, without, visit.words)
    return _form(visit, certificate_type, form, batch=batch)


@router.post("/new/{identifier}/field")
def field_of_new(identifier: str, visit: Visiting) -> Response:
    """Answer with the one field that was left, judged."""
    clerk_of(visit)
    return _field(visit, visit.office.type(identifier))


@router.post("/new/{identifier}")
def make(identifier: str, visit: Visiting) -> Response:
    """Make a draft of what was typed."""
    clerk = clerk_of(visit)
    certificate_type = visit.office.type(identifier)
    typed = _typed(visit, certificate_type)
    batch = visit.number("batch")
    if typed.faults:
        return _form(visit, certificate_type, typed.form, batch=batch, typed=typed)
    warned = drafts.foreseen(visit.office, certificate_type, typed.content, clerk.agency)
    if warned and visit.typed("meant") != "yes":
        return _form(visit, certificate_type, typed.form, batch=batch, typed=typed, warned=warned)
    try:
        row = drafts.make(visit.office, certificate_type, typed.content, clerk, batch_id=batch)
    except (ClaimsInvalid, NotReady) as refused:
        return _refused(visit, certificate_type, typed, refused, batch=batch)
    with visit.store.reading() as work:
        number = drafts.opened(visit.office, work, row, agency=clerk.agency).batch.id
    if visit.typed("next") == "another":
        return visit.done(f"/new/{identifier}?batch={number}", visit.words.gettext("The draft is saved."))
    return visit.done(f"/drafts/{row}", visit.words.gettext("The draft is saved."))


@router.get("/drafts")
def listed(
    visit: Visiting,
    identifier: Annotated[str, Query(alias="type")] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """List the agency's drafts, or those of a number or holder."""
    text, faults = sought.asked(visit, "text")
    return _list(visit, identifier, text, page, faults)


@router.post("/drafts")
def search(visit: Visiting) -> Response:
    """Go to the list of a number's or holder's drafts, whose address keeps no name."""
    clerk_of(visit)
    kind, text = visit.typed("type"), visit.typed("text").strip()
    try:
        url = sought.url(visit, "/drafts", text, {"type": kind})
    except InvalidInput as exc:
        return _list(visit, "", text, 1, [Fault("text", visit.words.explain(exc))])
    return visit.goto(url)


@router.get("/drafts/{row}")
def opened(row: str, visit: Visiting) -> Response:
    """Show a draft, to be changed."""
    draft = _draft(visit, row)
    form = forms.filled(draft.certificate_type, draft.content.claims, visit.words)
    return _form(visit, draft.certificate_type, form, draft=draft, files=draft.content.files, warned=draft.warnings)


@router.post("/drafts/{row}/field")
def field_of_draft(row: str, visit: Visiting) -> Response:
    """Answer with the one field that was left, judged."""
    draft = _draft(visit, row)
    return _field(visit, draft.certificate_type, f"/drafts/{row}/field")


@router.post("/drafts/{row}")
def change(row: str, visit: Visiting) -> Response:
    """Have a draft say what was typed."""
    clerk, draft = clerk_of(visit), _draft(visit, row)
    certificate_type = draft.certificate_type
    typed = _typed(visit, certificate_type, draft)
    if typed.faults:
        return _form(visit, certificate_type, typed.form, draft=draft, typed=typed)
    if draft.is_version:
        return _change_version(visit, draft, typed)
    warned = drafts.foreseen(visit.office, certificate_type, typed.content, clerk.agency, row_id=row)
    if set(warned) - set(draft.warnings) and visit.typed("meant") != "yes":
        return _form(visit, certificate_type, typed.form, draft=draft, typed=typed, warned=warned)
    try:
        drafts.change(visit.office, row, typed.content, clerk, seen=visit.typed("seen"))
    except (ClaimsInvalid, NotReady) as refused:
        return _refused(visit, certificate_type, typed, refused, draft=draft)
    return visit.done(f"/drafts/{row}", visit.words.gettext("The draft is saved."))


def _change_version(visit: Visit, draft: Draft, typed: _Typed) -> Response:
    row = draft.certificate.id
    try:
        redrafting.change(visit.office, row, typed.content, clerk_of(visit), seen=visit.typed("seen"))
    except (ClaimsInvalid, NotAllowed, NotReady) as refused:
        return _refused(visit, draft.certificate_type, typed, refused, draft=draft)
    return visit.done(f"/drafts/{row}", visit.words.gettext("The draft is saved."))


@router.get("/drafts/{row}/delete")
def ask_to_delete(row: str, visit: Visiting) -> Response:
    """Ask whether it is meant."""
    return visit.page("draft_delete.html", draft=_draft(visit, row))


@router.post("/drafts/{row}/delete")
def delete(row: str, visit: Visiting) -> Response:
    """Delete a draft."""
    drafts.drop(visit.office, row, clerk_of(visit))
    return visit.done("/drafts", visit.words.gettext("The draft is deleted."))


def _list(visit: Visit, identifier: str, text: str, page: int, faults: Sequence[Fault] = ()) -> Response:
    clerk = clerk_of(visit)
    with visit.store.reading() as work:
        found, total = drafts.listed(
            visit.office, work, clerk.agency, certificate_type=identifier, text=text, page=page
        )
    return visit.page(
        "drafts.html",
        faults=faults,
        drafts=found,
        total=total,
        types=types_of(visit),
        type=identifier,
        text=text,
        page=page,
        pages=-(-total // drafts.PAGE),
        query_string=sought.query(visit, {"type": identifier}),
    )


def _draft(visit: Visit, row: str) -> Draft:
    clerk = clerk_of(visit)
    with visit.store.reading() as work:
        return drafts.opened(visit.office, work, row, agency=clerk.agency)


def _typed(visit: Visit, certificate_type: CertificateType, draft: Draft | None = None) -> _Typed:
    """Judge what was sent: claims, and files to be certified as they are; what a draft is bound to is its own."""
    values = {name: value for name, value in visit.form.multi_items() if isinstance(value, str)}
    if draft is not None:
        held = forms.cells(certificate_type, draft.content.claims)
        values |= {forms.PREFIX + key: held.get(key, "") for key in redrafting.bound(draft)}
    form = forms.read(certificate_type, values, visit.words)
    faults = [Fault(name, text) for name, text in form.faults]
    dropped = set(visit.chosen("drop"))
    files = [_kept(each) for each in visit.chosen("file") if each not in dropped]
    for sent in visit.form.getlist("certify"):
        if not isinstance(sent, UploadFile) or not sent.filename:
            continue
        try:
            files.append(certified_files.of_bytes(sent.file.read(certified_files.MAX_FILE + 1)))
        except InvalidInput as exc:
            faults.append(Fault("certify", visit.words.explain(exc)))
    return _Typed(form, tuple(dict.fromkeys(files)), tuple(faults))


def _kept(said: str) -> CertifiedFile:
    """Read what a form kept of a file that was sent before; raises `InvalidInput` for anything else."""
    match = _KEPT_FILE.fullmatch(said)
    if match is None:
        raise InvalidInput("file to be certified: got a form that was altered, wanted one of ours; open it again")
    return CertifiedFile(bytes.fromhex(match[1]), match[2], int(match[3]))


def _refused(
    visit: Visit,
    certificate_type: CertificateType,
    typed: _Typed,
    error: ClaimsInvalid | NotAllowed | NotReady,
    *,
    batch: int | None = None,
    draft: Draft | None = None,
) -> Response:
    """Show the form again with what was found only when it was to be saved."""
    if isinstance(error, ClaimsInvalid):
        form = forms.refused(typed.form, certificate_type, error, visit.words)
        again = _Typed(form, typed.files, tuple(Fault(name, text) for name, text in form.faults))
    else:
        again = _Typed(typed.form, typed.files, (Fault("", visit.words.explain(error)),))
    return _form(visit, certificate_type, again.form, batch=batch, draft=draft, typed=again)


def _form(
    visit: Visit,
    certificate_type: CertificateType,
    form: Form,
    *,
    batch: int | None = None,
    draft: Draft | None = None,
    typed: _Typed | None = None,
    files: Sequence[CertifiedFile] = (),
    warned: Sequence[object] = (),
) -> Response:
    clerk = clerk_of(visit)
    with visit.store.reading() as work:
        open_batches = drafts.open_batches(work, clerk.agency, certificate_type) if draft is None else []
    return visit.page(
        "draft.html",
        status=200 if typed is None or not typed.faults else 422,
        type=certificate_type,
        form=form,
        draft=draft,
        batch=batch,
        open_batches=[each for each in open_batches if each.id is not None],
        files=files if typed is None else typed.files,
        faults=() if typed is None else typed.faults,
        warned=warned,
        # What was found before saving has to be said to be meant.
        ask=bool(warned) and typed is not None,
        shown=() if draft is None else _shown(visit, draft),
        bound=() if draft is None else _bound(visit, draft),
        replaces=draft.certificate.replaces_id if draft is not None else None,
        validate=f"/drafts/{draft.certificate.id}/field" if draft else f"/new/{certificate_type.identifier}/field",
        action=f"/drafts/{draft.certificate.id}" if draft else f"/new/{certificate_type.identifier}",
        seen=visit.typed("seen") or (draft.seen if draft else ""),
    )


def _bound(visit: Visit, draft: Draft) -> list[dict[str, str]]:
    """Return what of a new version is not changed here, with why."""
    said = draft.content.claims
    claims = {claim.key: claim for claim in draft.certificate_type.claims}
    return [
        {
            "name": forms.PREFIX + key,
            "label": claims[key].labels[visit.language],
            "value": claims[key].display(said[key], visit.language) if said.get(key) is not None else "–",
            "why": visit.words.gettext(_WHY_BOUND[why]),
        }
        for key, why in redrafting.bound(draft).items()
    ]


def _shown(visit: Visit, draft: Draft) -> list[tuple[str, str]]:
    """Return what a draft says, for one that is not changed any more."""
    said = draft.content.claims
    return [
        (claim.labels[visit.language], claim.display(said[claim.key], visit.language))
        for claim in draft.certificate_type.claims
        if said.get(claim.key) is not None
    ]


def _field(visit: Visit, certificate_type: CertificateType, validate: str = "") -> Response:
    values = {name: value for name, value in visit.form.multi_items() if isinstance(value, str)}
    form = forms.read(certificate_type, values, visit.words)
    field = form.field(visit.typed("field"))
    if field is None:
        raise NotFound("field: got one that this form does not have; open the form again")
    return visit.page("draft_field.html", field=field, validate=validate or f"/new/{certificate_type.identifier}/field")
