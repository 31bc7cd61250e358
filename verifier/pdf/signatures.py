"""Signatures of a PDF file itself (PAdES): whether each covers the whole file, unchanged, and whose it is.

«The signature is valid» alone is a trap: it says so of the part that was signed, and what was added behind it, or put
into the gap that every signature leaves for itself, may show other things. So a signature counts only where the gap
holds its own digits and nothing else, and everything else is signed: to the last byte, or to the end of what there was
when it was made, if nothing was added since but what keeps signatures good for long (ETSI EN 319 142-1): further
signatures, time stamps of the document, and the store of evidence (DSS). A time stamp is looked at like a signature.
Whether the signer is who the certificate says is judged only against authorities that the operator named.

Runs in the confined child (`uploads.decoding`), and only where a file has a signature: the library takes a while.
Not followed: revocation of certificates, the moments of time stamps, what the store of evidence holds.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pikepdf
    from pyhanko.sign.validation import DocumentTimestampStatus, EmbeddedPdfSignature, PdfSignatureStatus
    from pyhanko_certvalidator import ValidationContext

Told: TypeAlias = dict[str, object]
_Status: TypeAlias = "PdfSignatureStatus | DocumentTimestampStatus"

BROKEN, PARTIAL, CHANGED = "broken", "partial", "changed"
"""What can be wrong with one, as `presented.PdfSignature` says it."""
MOST = 16
"""How many are looked at; a file with more has no good ones. One that is kept for long is time-stamped now and then."""
TIME_STAMP = "/DocTimeStamp"
_MOST_NAME = 120
_HEX = re.compile(rb"<[0-9A-Fa-f]*>")
_RANGE = 4


def dictionaries(things: Iterable[pikepdf.Object]) -> list[pikepdf.Object]:
    """Return what says of itself that it is a signature, wherever it hangs."""
    return [thing for thing in things if "/ByteRange" in thing or thing.get("/Type") in ("/Sig", TIME_STAMP)]


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
        embedded = list(PdfFileReader(io.BytesIO(upload)).embedded_signatures)
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
    status = _status(signature, authorities)
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
        "is_time_stamp": signature.sig_object_type == TIME_STAMP,
        "field": str(signature.field_name),
    }


def _status(signature: EmbeddedPdfSignature, authorities: ValidationContext | None) -> _Status:
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp  # noqa: PLC0415 (as above)
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415 (as above)
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415 (as above)

    context = authorities or ValidationContext(trust_roots=[], allow_fetching=False)
    if signature.sig_object_type == TIME_STAMP:
        return validate_pdf_timestamp(signature, context)
    # Either will do (RFC 5280, 4.2.1.3): many authorities certify keys for people's signatures with the second alone.
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    return validate_pdf_signature(signature, signer_validation_context=context, key_usage_settings=usage)


def _fault(upload: bytes, signature: EmbeddedPdfSignature, status: _Status) -> str:
    """Say what is wrong; empty where the signature is good, and covers all but its own gap and later signatures."""
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
        is_cut = behind + rest > len(upload)
        return PARTIAL if is_cut else "" if _is_only_followed(signature, status) else CHANGED
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE or status.docmdp_ok is False:
        return CHANGED
    return ""


def _is_only_followed(signature: EmbeddedPdfSignature, status: _Status) -> bool:
    """Whether later parts of the file add signatures, time stamps and their evidence, as far as this one allows them.

    The library compares each later part with what was signed; what is filled in besides are fields of a form, of which
    `pdf.stamps` lets none be but those of signatures.
    """
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415 (as above)
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415 (as above)

    return (
        signature.signed_revision + 1 < signature.reader.xrefs.total_revisions
        and status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
        and status.docmdp_ok is not False
        and status.modification_level in (ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
    )


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
