"""Puts issued certificates into a folder: the document, the SD-JWT, the code's text, and a list of them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from chain import calendar, code
from chain.certificate_types import Validity
from chain.preparation import IDENTIFIER_CLAIM
from issuer.errors import NotReady
from issuer.face import Agency, Document
from issuer.models import State
from issuer.replacing import ISSUE_DATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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


def hand_out(
    office: Office, renderer: Renderer, batch_id: int, folder: Path, *, done: Callable[[], None]
) -> list[HandedOut]:
    """Write a batch's documents; `done` is called after each. Repeating it writes the same again."""
    directory = office.directory()
    folder.mkdir(parents=True, exist_ok=True)
    handed_out: list[HandedOut] = []
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"batch {batch_id} is {batch.state}: documents are handed out once it is ISSUED (seal it)")
        for certificate in work.certificates(batch_id):
            document = document_of(office, work, directory, batch, certificate)
            name = file_name(document.number)
            files = HandedOut(
                number=document.number,
                identifier=document.identifier,
                short_number=document.short_number,
                pdf=f"{name}.pdf",
                sd_jwt=f"{name}.sd-jwt",
                code=f"{name}.code.txt",
            )
            _write(folder / files.pdf, renderer.render(document))
            _write(folder / files.sd_jwt, document.sd_jwt.encode())
            _write(folder / files.code, document.code_url.encode())
            handed_out.append(files)
            done()
    _index(folder, handed_out)
    return handed_out


def document_of(office: Office, work: Work, directory: Directory, batch: Batch, certificate: Certificate) -> Document:
    """Return everything that an issued certificate's document is made of."""
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
    )


def _issued(claims: Mapping[str, JSON], signed: datetime) -> date:
    """Return the day of issue: as claimed, where the type has such a claim, or else when it was signed."""
    claimed = claims.get(ISSUE_DATE)
    return date.fromisoformat(claimed) if isinstance(claimed, str) else calendar.today(signed)


def file_name(number: str) -> str:
    """Return a certificate number as a file can be named on any system."""
    return _UNSAFE.sub("_", number).strip("._")[:_LONGEST_NAME] or "certificate"


def _index(folder: Path, handed_out: list[HandedOut]) -> None:
    """Write the list; a folder that has one already keeps what it says of other certificates."""
    path = folder / INDEX
    head = ("number", "identifier", "short_number", "pdf", "sd_jwt", "code")
    rows: dict[str, list[str]] = {}
    if path.exists():
        kept = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        rows = {row[0]: row for row in kept if len(row) == len(head) and tuple(row) != head}
    for each in handed_out:
        rows[each.number] = [each.number, each.identifier, each.short_number, each.pdf, each.sd_jwt, each.code]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows.values()])
    _write(path, text.getvalue().encode("utf-8-sig"))


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.rename(path)
