"""Puts issued certificates into a folder: the document, the SD-JWT, the code's text, the proof, and a list of them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from chain import code
from chain.preparation import IDENTIFIER_CLAIM
from issuer import private_files, proofs
from issuer.delivery import document_making
from issuer.delivery.document_making import document_of, issue_day
from issuer.errors import NotReady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from issuer.document.documents import Renderer
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

__all__ = [
    "INDEX",
    "HandedOut",
    "Papers",
    "contents",
    "document_of",
    "file_name",
    "hand_out",
    "issue_day",
    "list_of",
    "named",
    "papers_of",
]

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


@dataclass(frozen=True, slots=True)
class Papers:
    """What a certificate's holder gets, but for the PDF."""

    certificate_id: str
    number: str
    identifier: str
    short_number: str
    sd_jwt: str
    code_url: str
    proof: bytes | None


def hand_out(
    office: Office, renderer: Renderer, batch_id: int, folder: Path, *, done: Callable[[], None]
) -> list[HandedOut]:
    """Write a batch's documents; `done` is called after each. Repeating it writes the same again.

    Documents that are not made yet are made now, for good. Certificates that were erased have none.
    """
    while made := document_making.make(office, lambda: renderer, batch_id, most=document_making.PORTION):
        for _ in made:
            done()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        leaves = proofs.leaves_of(work, batch)
        certificates = [each for each in work.certificates(batch_id) if each.record_key is not None]
        papers = [papers_of(office, work, batch, each, leaves=leaves) for each in certificates]
    private_files.make_folder(folder)
    index = _read_index(folder)
    handed_out = named(papers, index)
    # The list comes first: whoever is killed between the files has taken their names.
    _write_index(folder, {**index, **{each.short_number: each for each in handed_out}})
    for each, files in zip(papers, handed_out, strict=True):
        pdf = document_making.pdf_of(office, lambda: renderer, each.certificate_id)
        for name, content in contents(each, files, pdf):
            private_files.write(folder / name, content)
    return handed_out


def papers_of(
    office: Office, work: Work, batch: Batch, certificate: Certificate, *, leaves: Sequence[bytes] = ()
) -> Papers:
    """Return what an issued certificate's holder gets; asks nothing of the chain."""
    if certificate.leaf is None or batch.issued_at is None:
        raise NotReady(f"batch {batch.id} is {batch.state}: documents are handed out once it is ISSUED")
    claims = office.records.claims(work, certificate)
    sd_jwt, cose = office.records.signed(work, certificate)
    return Papers(
        certificate_id=certificate.id,
        number=str(claims[office.type_of(batch.type_number, batch.type_version).number_claim]),
        identifier=str(claims.get(IDENTIFIER_CLAIM, "")),
        short_number=code.short_number(certificate.leaf),
        sd_jwt=sd_jwt,
        code_url=code.url(office.verifying_host, cose),
        proof=proofs.file_of(work, batch, certificate, leaves),
    )


def contents(papers: Papers, files: HandedOut, pdf: bytes) -> list[tuple[str, bytes]]:
    """Return the files of one certificate, by name."""
    written = [(files.pdf, pdf), (files.sd_jwt, papers.sd_jwt.encode()), (files.code, papers.code_url.encode())]
    return written if papers.proof is None else [*written, (files.proof, papers.proof)]


def file_name(number: str) -> str:
    """Return a certificate number as a file can be named on any system."""
    return _UNSAFE.sub("_", number).strip("._")[:_LONGEST_NAME] or "certificate"


def named(documents: Sequence[Papers], index: Mapping[str, HandedOut]) -> list[HandedOut]:
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
    private_files.write(folder / INDEX, list_of(index.values()))


def list_of(handed_out: Iterable[HandedOut]) -> bytes:
    """Return the list of what was handed out, as `INDEX` holds it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEAD, *(astuple(each) for each in handed_out)])
    return text.getvalue().encode("utf-8-sig")
