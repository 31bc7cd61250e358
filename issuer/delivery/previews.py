"""A certificate of a batch as its document will be, before anything of it is signed: to be looked at, by those who may.

It says PREVIEW across the page and its code does not verify. What is not fixed yet is shown as if it were fixed today;
a national identifier is given out only then, so until then the page shows none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain import code
from chain.certificate_types import Validity
from chain.preparation import IDENTIFIER_CLAIM
from issuer.delivery import handing_out
from issuer.document import certified_files, face, readback
from issuer.document.face import Agency, Document

if TYPE_CHECKING:
    from datetime import date

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.directory import Directory
    from issuer.document.documents import Renderer
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work


@dataclass(frozen=True, slots=True)
class Signed:
    """What a document carries that only a key can make."""

    sd_jwt: str
    code_url: str
    short_number: str
    proof: bytes | None


def document_of(office: Office, work: Work, directory: Directory, batch: Batch, certificate: Certificate) -> Document:
    """Return what a certificate's document will be made of, but for what is signed: it is good for a preview only."""
    pin = work.pin()
    claims = office.records.claims(work, certificate)
    agency, *above = directory.line(certificate.agency)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    return Document(
        certificate_type=certificate_type,
        claims=claims,
        agency=Agency(agency.name, agency.code, tuple(each.name for each in reversed(above))),
        number=str(claims[certificate_type.number_claim]),
        validity=_validity(certificate_type, certificate, claims, office.today),
        issued=handing_out.issue_day(claims, office.now()),
        host=office.verifying_host,
        test=pin is None or pin.test,
        identifier=str(claims.get(IDENTIFIER_CLAIM, "")),
        related=certified_files.resources(office.records, work, certificate),
    )


def with_signed(document: Document, signed: Signed) -> Document:
    """Return a document with what is signed."""
    return replace(
        document,
        sd_jwt=signed.sd_jwt,
        code_url=signed.code_url,
        short_number=signed.short_number,
        proof=signed.proof,
    )


def pdf(renderer: Renderer, document: Document) -> bytes:
    """Return the preview as a PDF; raises `Unprintable`."""
    return renderer.preview(document)


def picture(renderer: Renderer, document: Document) -> bytes:
    """Return the preview's first page as a PNG; raises `Unprintable`."""
    return readback.picture(renderer.preview(document))


def words(document: Document, language: str) -> list[tuple[str, str]]:
    """Return what a preview shows, label by label, for those who do not see the picture."""
    kind = document.certificate_type
    rows = [
        (claim.labels[language], kind.display(claim.key, value, language))
        for claim in kind.claims
        if (value := document.claims.get(claim.key)) is not None
    ]
    # Where claims say the days, or who issues, they are said already.
    rule, last = kind.validity_rule, document.validity.last_day
    if rule.first is None or document.claims.get(rule.first) is None:
        rows.append((_FIRST_DAY[language], face.day_in_words(document.validity.first_day, language)))
    if last is not None and (rule.last is None or document.claims.get(rule.last) is None):
        rows.append((_LAST_DAY[language], face.day_in_words(last, language)))
    if document.claims.get(face.AUTHORITY_CLAIM) is None:
        rows.append((_AGENCY[language], document.agency.name))
    return rows


def short_number(certificate: Certificate) -> str:
    """Return what will stand under the code; empty as long as nothing is fixed."""
    return code.short_number(certificate.leaf) if certificate.leaf else ""


_FIRST_DAY = {"zh-CN": "有效期自", "en": "Valid from"}
_LAST_DAY = {"zh-CN": "有效期至", "en": "Valid until"}
_AGENCY = {"zh-CN": "发证机关", "en": "Issuing agency"}


def _validity(
    certificate_type: CertificateType, certificate: Certificate, claims: dict[str, JSON], today: date
) -> Validity:
    """Return the days that were fixed, or those that would be fixed today."""
    if certificate.leaf is not None and certificate.first_day is not None:
        return Validity(certificate.first_day, certificate.last_day)
    return certificate_type.validity(claims, today)
