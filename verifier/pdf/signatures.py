"""Signatures of a PDF file itself (PAdES): whether each covers the whole file, unchanged, and whose it is.

«The signature is valid» alone is a trap: it says so of the part that was signed, and what was added behind it, or put
into the gap that every signature leaves for itself, may show other things. So a signature counts only where the gap
holds its own digits and nothing else, and everything else is signed to the last byte. Whether the signer is who the
certificate says is judged only against authorities that the operator named.

Runs in the confined child (`uploads.decoding`), and only where a file has a signature: the library takes a while.
Not followed: revocation of certificates, timestamps of other services, long-term validation data.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pikepdf
    from pyhanko.sign.validation import EmbeddedPdfSignature, PdfSignatureStatus
    from pyhanko_certvalidator import ValidationContext

Told: TypeAlias = dict[str, object]

BROKEN, PARTIAL, CHANGED = "broken", "partial", "changed"
"""What can be wrong with one, as `presented.PdfSignature` says it."""
MOST = 4
"""How many are looked at; a file with more has no good ones."""
_MOST_NAME = 120
_HEX = re.compile(rb"<[0-9A-Fa-f]*>")
_RANGE = 4


def dictionaries(things: Iterable[pikepdf.Object]) -> list[pikepdf.Object]:
    """Return what says of itself that it is a signature, wherever it hangs."""
    return [thing for thing in things if "/ByteRange" in thing or thing.get("/Type") in ("/Sig", "/DocTimeStamp")]


def read(upload: bytes, dictionaries_: Sequence[pikepdf.Object], roots: Path | None) -> tuple[list[Told], int]:
    """Return what is to be told of each signature, and of how many nothing can be told.

    `roots` is a PEM file of the authorities whose certificates are to be trusted.
    """
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 (takes a second to load, and most files are not signed)
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 (as above)
    from pyhanko.sign.general import SigningError  # noqa: PLC0415 (as above)
    from pyhanko.sign.validation.errors import SignatureValidationError  # noqa: PLC0415 (as above)

    faults: tuple[type[Exception], ...]
    faults = (PdfError, SigningError, SignatureValidationError, ValueError, TypeError, LookupError)
    faults += (AttributeError, NotImplementedError, AssertionError, RecursionError, OSError)
    if len(dictionaries_) > MOST:
        return [], len(dictionaries_)
    try:
        embedded = list(PdfFileReader(io.BytesIO(upload)).embedded_regular_signatures)
    except faults:
        return [], len(dictionaries_)
    told, authorities = [], _authorities(roots)
    for signature in embedded:
        try:
            told.append(_told(upload, signature, authorities))
        except faults:
            continue
    return told, max(len(dictionaries_) - len(told), 0)


def _told(upload: bytes, signature: EmbeddedPdfSignature, authorities: ValidationContext | None) -> Told:
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415 (as above)
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415 (as above)
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415 (as above)

    status = validate_pdf_signature(
        signature,
        signer_validation_context=authorities or ValidationContext(trust_roots=[], allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"}),
    )
    certificate = signature.signer_cert
    subject = certificate.subject.native.get("common_name")
    issuer = certificate.issuer.native.get("common_name")
    return {
        "signer": _plain(subject if isinstance(subject, str) else certificate.subject.human_friendly),
        "issuer": _plain(issuer if isinstance(issuer, str) else certificate.issuer.human_friendly),
        "serial": f"{certificate.serial_number:x}",
        "not_before": int(certificate.not_valid_before.timestamp()),
        "not_after": int(certificate.not_valid_after.timestamp()),
        "sha256": certificate.sha256.hex(),
        "fault": _fault(upload, signature, status),
        "trusted": None if authorities is None else bool(status.trusted),
        "field": str(signature.field_name),
    }


def _fault(upload: bytes, signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> str:
    """Say what is wrong; empty where the signature is good, and covers all of the file but its own gap."""
    from asn1crypto.cms import ContentInfo  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415 (as above)

    contents = signature.pkcs7_content
    # Behind the signature's own bytes the room that was left for it is filled with zeros.
    if not (status.intact and status.valid) or any(contents[len(ContentInfo.load(contents).dump()) :]):
        return BROKEN
    covers = [int(number) for number in signature.byte_range]
    if len(covers) != _RANGE or covers[0] != 0 or min(covers) < 0:
        return PARTIAL
    _, before, behind, rest = covers
    gap = upload[before:behind]
    if _HEX.fullmatch(gap) is None or bytes.fromhex(gap[1:-1].decode("ascii")) != contents:
        return PARTIAL
    if behind + rest != len(upload):
        return CHANGED if behind + rest < len(upload) else PARTIAL
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE or status.docmdp_ok is False:
        return CHANGED
    return ""


def _authorities(roots: Path | None) -> ValidationContext | None:
    if roots is None:
        return None
    from asn1crypto import pem  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)
    from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415 (as above)

    trusted = [Certificate.load(der) for _, _, der in pem.unarmor(roots.read_bytes(), multiple=True)]
    return ValidationContext(trust_roots=trusted, allow_fetching=False)


def _plain(name: str) -> str:
    """Return a stranger's words without characters that do not show."""
    return "".join(each for each in name if each.isprintable())[:_MOST_NAME]
