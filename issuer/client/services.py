"""The four services of an e-certificate store for other systems (GB/T 36906): search, info, file, verify.

They read what the client's own agency issued and signed, of the types and with the claims that it was allowed, and say
what the registry holds of it at this moment. They never say that a certificate is valid: that is the verifier's word,
which rests on the chain alone and not on this service's database.

Every use is counted and noted down, with its cause, before anything is looked up (`admission.use`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from chain import code, identifiers
from chain.calendar import hour_of
from chain.errors import InvalidInput
from chain.preparation import IDENTIFIER_CLAIM
from issuer.client import withholding
from issuer.delivery import document_making, handing_out
from issuer.document import certified_files
from issuer.document.face import PROOF_MEDIA_TYPE
from issuer.errors import Erased, NotAllowed, NotFound, NotReady, ProofMissing
from issuer.status import statuses
from issuer.tables import client_rows
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from chain.certificate_type import CertificateType
    from chain.strict_json import JSON
    from issuer.client.admission import Caller
    from issuer.directory import Agency
    from issuer.document.documents import Renderer
    from issuer.document.face import Document
    from issuer.office import Office
    from issuer.slots import Held
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

MOST_FOUND = 100
"""A search returns no more; a holder with more of one type asks by number."""


class FileKind(StrEnum):
    """What the file service hands out."""

    PDF = "pdf"
    SD_JWT = "sd-jwt"
    CODE = "code"
    PROOF = "proof"


MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.SD_JWT: "application/vc+sd-jwt",
    FileKind.CODE: "text/plain; charset=utf-8",
    FileKind.PROOF: PROOF_MEDIA_TYPE,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which certificate is meant: by row id, by national identifier, or by type and number.

    Whoever names it in several ways gets the one that fits them all, or none.
    """

    row_id: str = ""
    identifier: str = ""
    kind: str = ""
    """The type's identifier here, or its national code."""
    number: str = ""

    def __str__(self) -> str:
        """Say how it was asked, without what was asked: a number may be a person's."""
        return next(
            word for word, given in (("id", self.row_id), ("identifier", self.identifier), ("number", True)) if given
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate as a client is shown it."""

    row_id: str
    certificate_type: CertificateType
    number: str | None
    """None where the client is not shown the claim; so are the identifier, and the days that claims hold."""
    identifier: str | None
    """Empty where the type or the agency has no national code; of the number's licence, so it goes with the number."""
    version: int
    agency: Agency
    holder_name: str | None
    """None where the client is not shown the claim."""
    holder_code: str | None
    issued: date | None
    first_day: date | None
    last_day: date | None
    """None also where it is open-ended."""
    withheld: frozenset[str]
    """Which of these the client is not shown, by their names here."""
    short_number: str
    claims: Mapping[str, JSON]
    """Those that the client is shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the registry holds of a certificate."""

    held: tuple[Held, ...]
    """Gravest first."""
    in_force: tuple[bool, ...]
    """Of each of them, whether it counts now."""
    block: int
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing what a client has with what is held here."""

    held: bool
    """Whether there is such a certificate here at all."""
    differing: tuple[str, ...] = ()
    matches: bool = False
    what: str = ""
    """For a file that is the same: which one it is."""
    standing: Standing | None = None
    certificate_type: CertificateType | None = None
    row_id: str = ""


def search(office: Office, caller: Caller, asked: Asked, *, holder: str = "", holder_type: str = "") -> list[Found]:
    """Return the certificates that fit, newest first: one by its identifier, or a holder's of one type.

    Refuses to look for holders by what the client is not shown, or it could guess it. A number may be named by whoever
    knows it, to narrow down as well as to find the certificate.
    """
    if not holder:
        try:
            return [info(office, caller, asked)]
        except (NotFound, Erased):
            return []
    certificate_type = type_named(office, caller, asked.kind)
    sought = certificate_type.holder_code_claim or certificate_type.holder_name_claim
    if not caller.sees(certificate_type.identifier, sought):
        raise NotAllowed(f"client {caller.public_id} is not shown «{sought}», so it cannot search by it")
    if holder_type not in {"", certificate_type.holder_code_type}:
        return []
    directory = office.directory()
    with office.store.reading() as work:
        key = office.records.data_key(work, caller.agency)
        rows = [
            (each, work.batch(each.batch_id))
            for each in work.certificates_held(caller.agency, key.index("holder", holder))
            if each.certificate_type == certificate_type.identifier and _fits(office, caller, work, asked, each)
        ]
        found = [
            _found(office, caller, work, row, batch, agency=directory.agency(row.agency))
            for row, batch in rows
            if batch.state == State.ISSUED and row.record_key is not None
        ]
    return found[:MOST_FOUND]


def info(office: Office, caller: Caller, asked: Asked) -> Found:
    """Return one certificate with the claims that the client is shown; raises `NotFound` or `Erased`."""
    directory = office.directory()
    with office.store.reading() as work:
        row, batch = _one(office, caller, work, asked)
        return _found(office, caller, work, row, batch, agency=directory.agency(row.agency))


def standing(office: Office, row_id: str) -> Standing:
    """Ask the registry what it holds of a certificate now; raises `RegistryUnavailable`, never guesses."""
    with office.store.reading() as work:
        row = work.certificate(row_id)
    block = office.registry.newest()
    held = statuses.held_now(office, row)
    hour = hour_of(office.now())
    return Standing(held, tuple(each.in_force(hour) for each in held), block.number, office.now())


def file(
    office: Office, caller: Caller, asked: Asked, kind: FileKind, *, renderer: Callable[[], Renderer]
) -> tuple[bytes, str, str]:
    """Return a file, the certificate's number for its name, empty where the client is not shown it, and its row id.

    A client that is shown only some claims gets the SD-JWT with just these disclosed and the proof, which says nothing
    of the holder; documents and codes cannot be cut, so they are refused. So is the SD-JWT where the days are not
    shown, which every one says in clear. Raises `NotAllowed`, `ProofMissing`.
    """
    directory = office.directory()
    with office.store.reading() as work:
        row, batch = _one(office, caller, work, asked)
        limited = not caller.sees_all(row.certificate_type)
        if limited and kind in {FileKind.PDF, FileKind.CODE}:
            raise NotAllowed(
                f"client {caller.public_id} is shown only some claims of «{row.certificate_type}», a {kind} has more; "
                f"ask for {FileKind.SD_JWT}, which can be cut"
            )
        if limited and kind is FileKind.SD_JWT:
            withholding.require_days(
                caller, office.type_of(batch.type_number, batch.type_version), office.records.claims(work, row)
            )
        document = handing_out.document_of(office, work, directory, batch, row)
    shown = caller.sees(row.certificate_type, document.certificate_type.number_claim)
    number = document.number if shown else ""
    if kind is FileKind.SD_JWT and limited:
        document = replace(document, sd_jwt=withholding.cut(caller, row.certificate_type, document.sd_jwt))
    if kind is FileKind.PDF:
        return document_making.pdf_of(office, renderer, row.id), number, row.id
    return _file(document, kind), number, row.id


def verify_info(office: Office, caller: Caller, asked: Asked, claims: Mapping[str, JSON]) -> Compared:
    """Say whether claims are what is held here; refuses claims that the client is not shown, or it could guess them."""
    with office.store.reading() as work:
        try:
            row, batch = _one(office, caller, work, asked)
        except NotFound:
            return Compared(held=False)
        for key in claims:
            if not caller.sees(row.certificate_type, key):
                raise NotAllowed(f"client {caller.public_id} is not shown «{key[:60]}», so it cannot have it verified")
        kind = office.type_of(batch.type_number, batch.type_version)
        held = office.records.claims(work, row)
    differing = tuple(sorted(key for key, value in claims.items() if not _same(held.get(key), value)))
    now = standing(office, row.id)
    return Compared(
        held=True, differing=differing, matches=not differing, standing=now, certificate_type=kind, row_id=row.id
    )


def verify_file(
    office: Office, caller: Caller, asked: Asked, data: bytes, *, renderer: Callable[[], Renderer]
) -> Compared:
    """Say whether a file is, to the byte, one that belongs to a certificate; nothing of the file is read or kept."""
    digest = hashlib.sha256(data).digest()
    directory = office.directory()
    with office.store.reading() as work:
        try:
            row, batch = _one(office, caller, work, asked)
        except NotFound:
            return Compared(held=False)
        document = handing_out.document_of(office, work, directory, batch, row)
        originals = {each.digest for each in certified_files.of(office.records, work, row)}
    what = (
        "certified file"
        if digest in originals
        else _which(document, digest, lambda: document_making.pdf_of(office, renderer, row.id))
    )
    now, kind = standing(office, row.id), document.certificate_type
    return Compared(held=True, matches=bool(what), what=what, standing=now, certificate_type=kind, row_id=row.id)


def type_named(office: Office, caller: Caller, name: str) -> CertificateType:
    """Return the type that a client names by identifier or national code; raises `NotAllowed`."""
    named = [each for each in office.types if name in {each.identifier, each.type_code}]
    newest = max(named, key=lambda each: each.version, default=None)
    caller.require_type(name[:60] if newest is None else newest.identifier)
    return newest if newest is not None else office.type(name)


def _one(office: Office, caller: Caller, work: Work, asked: Asked) -> tuple[Certificate, Batch]:
    if asked.row_id:
        rows = [row for row in client_rows.certificates(work, asked.row_id) if row.agency == caller.agency]
    elif asked.identifier:
        named = identifiers.parse_certificate_identifier(asked.identifier)
        rows = client_rows.certificates_identified(work, caller.agency, named.lineage, named.version)
    elif asked.number and asked.kind:
        kind = type_named(office, caller, asked.kind).identifier
        key = office.records.data_key(work, caller.agency)
        rows = [
            row
            for row in work.certificates_numbered(caller.agency, key.index("number", asked.number))
            if row.certificate_type == kind
        ]
    else:
        raise InvalidInput(
            "certificate: wanted id, certificateIdentifier, or certificateTypeCode and certificateNumber"
        )
    for row in rows:
        batch = work.batch(row.batch_id)
        # What is not signed yet is no certificate, and says so to nobody outside.
        if row.certificate_type not in caller.types or batch.state != State.ISSUED:
            continue
        if _fits(office, caller, work, asked, row):
            return row, batch
    raise NotFound("certificate: got none that fits all that was named, wanted one that this client's agency issued")


def _fits(office: Office, caller: Caller, work: Work, asked: Asked, row: Certificate) -> bool:
    """Whether a certificate is what was asked for in every way in which it was named: of two, neither is guessed."""
    if asked.row_id not in {"", row.id}:
        return False
    if asked.kind and type_named(office, caller, asked.kind).identifier != row.certificate_type:
        return False
    if asked.identifier:
        named = identifiers.parse_certificate_identifier(asked.identifier)
        if (named.lineage, named.version) != (row.lineage, row.version):
            return False
    # An erased certificate has no number left to compare; that it is erased is told next.
    if not asked.number or row.number_index is None:
        return True
    return row.number_index == office.records.data_key(work, caller.agency).index("number", asked.number)


def _found(office: Office, caller: Caller, work: Work, row: Certificate, batch: Batch, *, agency: Agency) -> Found:
    if row.first_day is None or row.leaf is None or batch.issued_at is None:
        raise NotReady(f"batch {batch.id} is {batch.state}: it is not issued yet")
    kind = office.type_of(batch.type_number, batch.type_version)
    claims = office.records.claims(work, row)
    shown = {key: value for key, value in claims.items() if caller.sees(kind.identifier, key)}
    withheld = withholding.withheld(caller, kind, claims)
    return Found(
        row_id=row.id,
        certificate_type=kind,
        number=None if "number" in withheld else str(claims[kind.number_claim]),
        identifier=None if "identifier" in withheld else str(claims.get(IDENTIFIER_CLAIM) or ""),
        version=row.version,
        agency=agency,
        holder_name=_text(shown.get(kind.holder_name_claim)),
        holder_code=_text(shown.get(kind.holder_code_claim)) if kind.holder_code_claim else None,
        issued=None if "issued" in withheld else handing_out.issue_day(claims, batch.issued_at),
        first_day=None if "first_day" in withheld else row.first_day,
        last_day=None if "last_day" in withheld else row.last_day,
        withheld=withheld,
        short_number=code.short_number(row.leaf),
        claims=shown,
    )


def _file(document: Document, kind: Literal[FileKind.SD_JWT, FileKind.CODE, FileKind.PROOF]) -> bytes:
    match kind:
        case FileKind.SD_JWT:
            return document.sd_jwt.encode()
        case FileKind.CODE:
            return document.code_url.encode()
        case FileKind.PROOF:
            if document.proof is None:
                raise ProofMissing("certificate: its proof is not made yet, or its chain has none")
            return document.proof


def _which(document: Document, digest: bytes, pdf: Callable[[], bytes]) -> str:
    """Return which of a certificate's files has a digest, empty if none; the PDF last, for it may have to be made."""
    files: tuple[tuple[FileKind, Callable[[], bytes]], ...] = (
        (FileKind.SD_JWT, document.sd_jwt.encode),
        (FileKind.CODE, document.code_url.encode),
        (FileKind.PROOF, lambda: document.proof or b""),
        (FileKind.PDF, pdf),
    )
    return next((str(name) for name, made in files if hashlib.sha256(made()).digest() == digest), "")


def _same(held: JSON, given: JSON) -> bool:
    """Whether two values are one, by type as well: true is not 1."""
    return type(held) is type(given) and held == given


def _text(value: JSON) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case list() | tuple():
            # Several holders are joined as other systems join them.
            return "^".join(map(str, value))
        case _:
            return str(value)
