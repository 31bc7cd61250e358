"""Signs PDF files (PAdES) as an agency would, or a forger, with a certificate of an authority of its own."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asn1crypto.keys import PrivateKeyInfo  # type: ignore[import-untyped] # It has no types.
from asn1crypto.x509 import Certificate  # type: ignore[import-untyped] # As above.
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko_certvalidator.registry import SimpleCertificateStore

if TYPE_CHECKING:
    from pathlib import Path

    from pyhanko.stamp import BaseStampStyle

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Authority:
    """One that certifies who somebody is."""

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def called(cls, name: str) -> Authority:
        """Make up an authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(name, key, _certificate(name, key, name, key, serial=1, is_authority=True))

    def write(self, path: Path) -> Path:
        """Write its certificate, for those who trust it."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def signer(self, name: str) -> SimpleSigner:
        """Return a signer that this authority certifies."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, self.name, self.key, serial=0xABC, is_authority=False)
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SimpleSigner(
            signing_cert=Certificate.load(certificate.public_bytes(Encoding.DER)),
            signing_key=PrivateKeyInfo.load(private),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call] # As above.
        )


def sign(
    pdf: bytes,
    by: SimpleSigner,
    *,
    box: tuple[int, int, int, int] | None = None,
    field: str = "Signature",
    certify: bool = False,
    stamp: BaseStampStyle | None = None,
) -> bytes:
    """Sign a whole file; with a box in points, the signature shows there."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    if box is not None:
        append_signature_field(writer, SigFieldSpec(field, box=box))
    about = PdfSignatureMetadata(
        field_name=field,
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signed = PdfSigner(about, by, stamp_style=stamp).sign_pdf(writer).getvalue()
    return bytes(signed)


def turned_afterwards(signed: bytes) -> bytes:
    """Turn the page by an update behind the signature, which stays valid for what it covers."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = NumberObject(90)  # type: ignore[no-untyped-call] # As above.
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call] # As above.
    return out.getvalue()


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    serial: int,
    is_authority: bool,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
