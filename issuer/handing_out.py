"""Puts issued certificates into a folder: the document, the SD-JWT, the code's text, the proof, and a list of them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import astuple, dataclass
from datetime import date
from typing import TYPE_CHECKING

from chain import calendar, code
from chain.certificate_types import Validity
from chain.preparation import IDENTIFIER_CLAIM
from issuer import private_files, proofs
from issuer.errors import NotReady
from issuer.face import Agency, Document
from issuer.models import State
from issuer.replacing import ISSUE_DATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from chain.strict_json import JSON
    from issuer.directory import Directory
    from issuer.documents import Renderer
    from issuer.models import Batch, Certificate
    from issuer.office import Office
    from issuer.store import Work

INDEX = "index.csv"
_UNSAFE = re.compile(r"[^\w()（）〔〕.\-]+")
_LONGEST_NAME = 100
_HEAD = ("number", "identifier", "short_number", "pdf", "sd_jwt", "code", "proof")


@dataclass(frozen=True, slots=True)
class HandedOut:
    """The files of one certificate."""

    number: str
    identifier: str
    short_number: str
    pdf: str
    """File names within the folder."""
    sd_jwt: str
    code: str
    proof: str = ""
    """Empty where there is none, or none yet."""


def hand_out(
    office: Office, renderer: Renderer, batch_id: int, folder: Path, *, done: Callable[[], None]
) -> list[HandedOut]:
    """Write a batch's documents; `done` is called after each. Repeating it writes the same again."""
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"batch {batch_id} is {batch.state}: documents are handed out once it is ISSUED (seal it)")
        leaves = proofs.leaves_of(work, batch)
        documents = [
            document_of(office, work, directory, batch, certificate, leaves=leaves)
            for certificate in work.certificates(batch_id)
        ]
    private_files.make_folder(folder)
    index = _read_index(folder)
    handed_out = _named(documents, index)
    # The list comes first: whoever is killed between the files has taken their names.
    _write_index(folder, {**index, **{each.short_number: each for each in handed_out}})
    for document, files in zip(documents, handed_out, strict=True):
        private_files.write(folder / files.pdf, renderer.render(document))
        private_files.write(folder / files.sd_jwt, document.sd_jwt.encode())
        private_files.write(folder / files.code, document.code_url.encode())
        if document.proof is not None:
            private_files.write(folder / files.proof, document.proof)
        done()
    return handed_out


def document_of(
    office: Office,
    work: Work,
    directory: Directory,
    batch: Batch,
    certificate: Certificate,
    *,
    leaves: Sequence[bytes] = (),
) -> Document:
    """Return everything that an issued certificate's document is made of; `leaves` are the batch's, if at hand."""
    if certificate.first_day is None or certificate.leaf is None or batch.issued_at is None:
        raise NotReady(f"batch {batch.id} is {batch.state}: documents are made once it is ISSUED")
    pin = work.pin()
    claims = office.records.claims(work, certificate)
    sd_jwt, cose = office.records.signed(work, certificate)
    agency, *above = directory.line(certificate.agency)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    return Document(
        certificate_type=certificate_type,
        claims=claims,
        agency=Agency(agency.name, agency.code, tuple(each.name for each in reversed(above))),
        number=str(claims[certificate_type.number_claim]),
        validity=Validity(certificate.first_day, certificate.last_day),
        issued=_issued(claims, batch.issued_at),
        host=office.verifying_host,
        test=pin is None or pin.test,
        identifier=str(claims.get(IDENTIFIER_CLAIM, "")),
        sd_jwt=sd_jwt,
        code_url=code.url(office.verifying_host, cose),
        short_number=code.short_number(certificate.leaf),
        proof=proofs.file_of(work, batch, certificate, leaves),
    )


def _issued(claims: Mapping[str, JSON], signed: datetime) -> date:
    """Return the day of issue: as claimed, where the type has such a claim, or else when it was signed."""
    claimed = claims.get(ISSUE_DATE)
    return date.fromisoformat(claimed) if isinstance(claimed, str) else calendar.today(signed)


def file_name(number: str) -> str:
    """Return a certificate number as a file can be named on any system."""
    return _UNSAFE.sub("_", number).strip("._")[:_LONGEST_NAME] or "certificate"


def _named(documents: Sequence[Document], index: Mapping[str, HandedOut]) -> list[HandedOut]:
    """Give each document's files names that no other certificate has in the folder.

    The number alone, as a rule; the short number behind it where another certificate has that name: an older version,
    one of another type, one whose number differs only in what a file name cannot hold. Some systems take «a» for «A».
    """
    taken = {each.pdf.casefold(): each.short_number for each in index.values()}
    named: list[HandedOut] = []
    for document in documents:
        known = index.get(document.short_number)
        name = known.pdf.removesuffix(".pdf") if known else file_name(document.number)
        if taken.setdefault(f"{name}.pdf".casefold(), document.short_number) != document.short_number:
            name = f"{name}-{document.short_number}"
        named.append(
            HandedOut(
                number=document.number,
                identifier=document.identifier,
                short_number=document.short_number,
                pdf=f"{name}.pdf",
                sd_jwt=f"{name}.sd-jwt",
                code=f"{name}.code.txt",
                proof="" if document.proof is None else f"{name}.proof",
            )
        )
    return named


def _read_index(folder: Path) -> dict[str, HandedOut]:
    """Return what a folder's list says of the certificates in it, by short number."""
    path = folder / INDEX
    if not path.exists():
        return {}
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    # Lists from before there were proofs end one column earlier.
    held = [
        HandedOut(*row) for row in rows if len(_HEAD) - 1 <= len(row) <= len(_HEAD) and tuple(row) != _HEAD[: len(row)]
    ]
    # The list may have been edited: only names that a document here could have are taken from it.
    return {each.short_number: each for each in held if each.pdf.endswith(".pdf") and not _UNSAFE.search(each.pdf)}


def _write_index(folder: Path, index: Mapping[str, HandedOut]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEAD, *(astuple(each) for each in index.values())])
    private_files.write(folder / INDEX, text.getvalue().encode("utf-8-sig"))
