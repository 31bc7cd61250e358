"""Drafts one by one: made from a form, changed, taken out again, listed.

A certificate that is made alone is a batch of one, or joins a batch of drafts of its type. A draft of a batch that was
submitted can be changed as well; then everybody's signature over the batch is void.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import merkle
from chain.errors import ClaimsInvalid, Fault
from issuer import audit_log, history, issuing, rights
from issuer.document import certified_files
from issuer.draft import duplicates, submissions
from issuer.draft.numbers import Numbers
from issuer.errors import NotFound, NotReady
from issuer.spreadsheet import importing
from issuer.spreadsheet.rows import Row
from issuer.tables import draft_rows, erasure_rows
from issuer.tables.draft_rows import Selection
from issuer.tables.erasure_models import ErasureState
from issuer.tables.models import Purpose, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.audit_log import Occasion
    from issuer.document.certified_files import CertifiedFile
    from issuer.draft.duplicates import Warned
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

PAGE = 25
"""Drafts on one page of a list."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who does something with drafts, for which agency, and from where."""

    agency: int
    login: str
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft says."""

    claims: dict[str, JSON]
    """Valid for their type."""
    files: tuple[CertifiedFile, ...] = ()
    """Existing files that it vouches for."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft, opened."""

    certificate: Certificate
    batch: Batch
    certificate_type: CertificateType
    content: Content
    warnings: tuple[Warned, ...]

    @property
    def seen(self) -> str:
        """What tells whether somebody changed it since: to be given back with a change."""
        return hashlib.sha256(self.certificate.claims or b"").hexdigest()[:16]

    @property
    def number(self) -> str:
        """The certificate number."""
        return str(self.content.claims.get(self.certificate_type.number_claim, ""))

    @property
    def holder(self) -> str:
        """The holder's name, as the type shows it."""
        key = self.certificate_type.holder_name_claim
        value = self.content.claims.get(key)
        return "" if value is None else self.certificate_type.display(key, value, "zh-CN")

    @property
    def changeable(self) -> bool:
        """Whether it can still be changed here."""
        return self.batch.state in issuing.CHANGEABLE

    @property
    def is_version(self) -> bool:
        """Whether it is to take another certificate's place (issuer/draft/redrafting.py)."""
        return self.batch.purpose != Purpose.ISSUE


def make(
    office: Office, certificate_type: CertificateType, content: Content, clerk: Clerk, *, batch_id: int | None = None
) -> str:
    """Make a draft, in a batch of its own or in an open one; returns its row id.

    Raises `ClaimsInvalid` for a number that is given out already, `NotReady` for a batch that is not open to it.
    """
    directory = office.directory()
    rights.require_may_issue(directory, clerk.agency, certificate_type)
    office.records.ensure_data_key(office.store, clerk.agency, now=office.now())
    claims = issuing.with_authority(certificate_type, content.claims, directory.agency(clerk.agency).name)
    numbers = Numbers(office, certificate_type, clerk.agency)
    with office.store.reading() as work:
        _require_free(work, numbers, claims)
        nowhere = issuing.unstored_batch(office, certificate_type, agency=clerk.agency)
        certificate = issuing.row(office, work, certificate_type, claims, batch=nowhere, position=0)
        warned = _warned(office, work, certificate)
    with office.store.writing() as work:
        _require_free(work, numbers, claims)
        if batch_id is None:
            batch = issuing.open_batch(office, work, certificate_type, agency=clerk.agency, size=1)
        else:
            batch = _own(work, batch_id, clerk)
            _require_room(batch, certificate_type)
            submissions.void(office, work, batch, "a draft was added")
            certificate.position, batch.size = batch.size, batch.size + 1
        certificate.batch_id = batch.id or 0
        work.add(certificate)
        work.flush()
        certified_files.put(office.records, work, certificate, content.files)
        duplicates.keep(work, {certificate.id: warned})
        _note(office, work, "draft made", certificate, clerk)
        return certificate.id


def foreseen(
    office: Office, certificate_type: CertificateType, content: Content, agency: int, *, row_id: str = ""
) -> list[Warned]:
    """Return what there would be to look at in a draft, which need not be made yet; `row_id` is that of one that is."""
    office.records.ensure_data_key(office.store, agency, now=office.now())
    with office.store.reading() as work:
        period = duplicates.period(office, work, agency, certificate_type, content.claims)
        identifier = certificate_type.identifier
        return duplicates.find(office, work, agency, identifier, {"": period}, besides={row_id}).get("", [])


def change(office: Office, row_id: str, content: Content, clerk: Clerk, *, seen: str) -> None:
    """Have a draft say something else.

    Raises `NotReady` if somebody else changed it since it was opened (`Draft.seen`), or if it is no draft any more.
    """
    with office.store.reading() as work:
        draft = opened(office, work, row_id, agency=clerk.agency)
        certificate_type = draft.certificate_type
        name = office.directory().agency(clerk.agency).name
        claims = issuing.with_authority(certificate_type, content.claims, name)
        numbers = Numbers(office, certificate_type, clerk.agency, besides=row_id)
        _require_changeable(draft, seen)
        if (claims, content.files) == (draft.content.claims, draft.content.files):
            return
        _require_free(work, numbers, claims)
        fresh = issuing.row(office, work, certificate_type, claims, batch=draft.batch, position=0)
        warned = _warned(office, work, fresh, besides=row_id)
    with office.store.writing() as work:
        draft = opened(office, work, row_id, agency=clerk.agency)
        _require_changeable(draft, seen)
        _require_free(work, numbers, claims)
        put(office, work, draft, fresh=fresh, claims=claims, clerk=clerk)
        certified_files.put(office.records, work, draft.certificate, content.files)
        duplicates.keep(work, {row_id: warned})


def put(office: Office, work: Work, draft: Draft, *, fresh: Certificate, claims: dict[str, JSON], clerk: Clerk) -> None:
    """Lay what a row made of new claims would have over a draft's own; every signature over its batch is void."""
    submissions.void(office, work, draft.batch, "a draft was changed")
    for index in ("number_index", "holder_index", "name_index", "first_day", "last_day"):
        setattr(draft.certificate, index, getattr(fresh, index))
    office.records.put_claims(work, draft.certificate, claims)
    _note(office, work, "draft changed", draft.certificate, clerk)


def drop(office: Office, row_id: str, clerk: Clerk) -> None:
    """Take a draft out of its batch and delete it; the batch goes with its last one."""
    with office.store.writing() as work:
        drop_within(office, work, row_id, clerk)


def drop_within(office: Office, work: Work, row_id: str, clerk: Clerk) -> None:
    """Do so within a transaction."""
    draft = opened(office, work, row_id, agency=clerk.agency)
    _require_changeable(draft, draft.seen)
    batch = draft.batch
    submissions.void(office, work, batch, "a draft was deleted")
    if batch.size == 1:
        work.discard(batch)
        batch.state = State.DISCARDED
        history.note(work, "discarded", at=office.now(), batch_id=batch.id, detail="its last draft was deleted")
    else:
        position = draft.certificate.position
        work.session.delete(draft.certificate)
        work.flush()
        batch.size -= 1
        work.flush()
        draft_rows.close_gap(work, batch.id or 0, position)
    erasure_rows.end_all(work, [row_id], ErasureState.LAPSED, by=clerk.login, at=office.now())
    audit_log.add(
        work,
        clerk.occasion,
        "draft deleted",
        who=clerk.login,
        agency=clerk.agency,
        subject=f"certificate {row_id}",
        detail=f"batch {batch.id}",
    )


def opened(office: Office, work: Work, row_id: str, *, agency: int) -> Draft:
    """Return an agency's draft; raises `NotFound` for another agency's as for none."""
    certificate = work.certificate(row_id)
    if certificate.agency != agency:
        raise NotFound(f"certificate: got row id {row_id}, wanted one of this database")
    batch = work.batch(certificate.batch_id)
    return _opened(office, work, certificate, batch, warnings(work, batch.id or 0).get(row_id, []))


def listed(
    office: Office, work: Work, agency: int, *, certificate_type: str = "", text: str = "", page: int = 1
) -> tuple[list[Draft], int]:
    """Return one page of an agency's drafts, the newest first, and how many there are on all pages.

    `text` is a certificate number, or a holder's code or name, whole: they are found by blind indexes.
    """
    wanted = Selection(agency, certificate_type, _indexes(office, work, agency, text))
    total = draft_rows.count(work, wanted)
    found = draft_rows.drafts(work, wanted, start=(max(page, 1) - 1) * PAGE, most=PAGE)
    batches = {number: work.batch(number) for number in {each.batch_id for each in found}}
    said = {row: some for number in batches for row, some in warnings(work, number).items()}
    return [_opened(office, work, each, batches[each.batch_id], said.get(each.id, [])) for each in found], total


def open_batches(work: Work, agency: int, certificate_type: CertificateType) -> list[Batch]:
    """Return the batches that one more draft of a type can join, the newest first."""
    number, version = certificate_type.number, certificate_type.version
    return draft_rows.open_batches(work, agency, type_number=number, type_version=version, most=merkle.MAX_BATCH)


def warnings(work: Work, batch_id: int) -> dict[str, list[Warned]]:
    """Return what to look at in a batch, by row id; certificates without a warning are not in it.

    `duplicates.look_again` brings them up to date.
    """
    return duplicates.of_batch(work, batch_id)


def _opened(office: Office, work: Work, certificate: Certificate, batch: Batch, said: Sequence[Warned]) -> Draft:
    content = Content(office.records.claims(work, certificate), certified_files.of(office.records, work, certificate))
    return Draft(certificate, batch, office.type_of(batch.type_number, batch.type_version), content, tuple(said))


def _indexes(office: Office, work: Work, agency: int, text: str) -> list[bytes] | None:
    if not text.strip():
        return None
    if work.data_key(agency) is None:
        return []
    key = office.records.data_key(work, agency)
    return [key.index("number", text.strip()), key.index("holder", text.strip()), key.index("name", text.strip())]


def _warned(office: Office, work: Work, certificate: Certificate, *, besides: str = "") -> list[Warned]:
    period = duplicates.Period(certificate.holder_index, certificate.first_day, certificate.last_day)
    found = duplicates.find(
        office,
        work,
        certificate.agency,
        certificate.certificate_type,
        {certificate.id: period},
        besides={besides, certificate.id},
    )
    return found.get(certificate.id, [])


def _require_free(work: Work, numbers: Numbers, claims: dict[str, JSON]) -> None:
    """Refuse a certificate number that is given out already."""
    row = Row(0, claims)
    if numbers.taken(work, [row.number]):
        fault = importing.number_fault(row, numbers.certificate_type.number_claim)
        raise ClaimsInvalid([Fault(fault.column, fault.got, fault.wanted)])


def _require_changeable(draft: Draft, seen: str) -> None:
    batch = draft.batch
    if batch.purpose != Purpose.ISSUE:
        raise NotReady(
            f"batch {batch.id} holds a new version of a certificate; discard it and draft the new version again"
        )
    require_open(draft, seen)


def require_open(draft: Draft, seen: str) -> None:
    """Refuse a draft that is none any more, or that somebody else changed since it was opened; raises `NotReady`."""
    batch = draft.batch
    if batch.state not in issuing.CHANGEABLE:
        raise NotReady(f"batch {batch.id} is {batch.state}; its content cannot be changed any more")
    if draft.seen != seen:
        raise NotReady("this draft was changed by somebody else meanwhile; open it again")


def _require_room(batch: Batch, certificate_type: CertificateType) -> None:
    """Refuse a batch that cannot take one more of a type."""
    held = (batch.state, batch.purpose, batch.type_number, batch.type_version)
    if held != (State.DRAFT, Purpose.ISSUE, certificate_type.number, certificate_type.version):
        raise NotReady(
            f"batch {batch.id} is {batch.state} with {batch.certificate_type} version {batch.type_version}; "
            f"wanted drafts of {certificate_type.identifier} version {certificate_type.version}"
        )
    if batch.size >= merkle.MAX_BATCH:
        raise NotReady(f"batch {batch.id} is full with {batch.size} certificates; make a batch of its own")


def _own(work: Work, batch_id: int, clerk: Clerk) -> Batch:
    batch = work.batch(batch_id)
    if batch.agency != clerk.agency:
        raise NotFound(f"batch: got {batch_id}, wanted the number of one that is listed here")
    return batch


def _note(office: Office, work: Work, what: str, certificate: Certificate, clerk: Clerk) -> None:
    # Of the batch: a draft may be deleted, and its history stays.
    history.note(work, what, at=office.now(), batch_id=certificate.batch_id, detail=f"certificate {certificate.id}")
    audit_log.add(
        work,
        clerk.occasion,
        what,
        who=clerk.login,
        agency=clerk.agency,
        subject=f"certificate {certificate.id}",
        detail=f"batch {certificate.batch_id}",
    )
