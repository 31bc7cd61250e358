"""Documents as the issuer prints them, of certificates that a registry in memory has anchored."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from chain import code
from chain.calendar import today
from chain.validity import Validity
from issuer.document.documents import Agency, Document, Renderer
from tests.verifier.book import AGENCY, NOW, TYPE, Book, Paper, paper

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON

ISSUED = date(2026, 1, 31)


@cache
def renderer() -> Renderer:
    """One warm renderer for all tests."""
    return Renderer()


def examples(known: CertificateType) -> dict[str, JSON]:
    """Return the claims that the type's own examples make."""
    claims, faults = known.from_row({claim.key: claim.example for claim in known.columns})
    assert not faults
    return claims


def issue(known: CertificateType = TYPE, claims: dict[str, JSON] | None = None) -> tuple[Book, Paper, bytes]:
    """Return a registry that anchored a certificate, the certificate, and its document."""
    claims = examples(known) if claims is None else claims
    days = known.validity(claims, ISSUED)
    validity = Validity(min(days.first_day, today(NOW)), days.last_day)
    made = paper(certificate_type=known, claims=claims, validity=validity)
    book = Book(digests={(known.number, known.version): known.digest})
    book.anchor(made.leaf, certificate_type=known.number, version=known.version, agency=AGENCY)
    return book, made, print_document(made, known, claims, validity)


def print_document(
    made: Paper, known: CertificateType, claims: dict[str, JSON], validity: Validity, **changes: object
) -> bytes:
    """Print a certificate with whatever claims; those need not be the certificate's."""
    values: dict[str, object] = {
        "certificate_type": known,
        "claims": claims,
        "agency": Agency("演示市住房和城乡建设局", "11150100X00000027D", ("演示自治区住房和城乡建设厅",)),
        "number": str(claims["number"]),
        "validity": validity,
        "issued": ISSUED,
        "host": "verify.example.cn",
        "test": True,
        "sd_jwt": made.sd_jwt,
        "code_url": made.code(),
        "short_number": code.short_number(made.leaf),
    }
    return renderer().typeset(Document(**(values | changes)))  # type: ignore[arg-type]  # Tests name the fields.
