"""Signs PDF files (PAdES) as an agency would, or a forger, with a certificate of an authority of its own."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from asn1crypto.keys import PrivateKeyInfo  # type: ignore[import-untyped] # It has no types.
from asn1crypto.x509 import Certificate  # type: ignore[import-untyped] # As above.
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
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

    def signer(self, name: str, *, commits_only: bool = False) -> SimpleSigner:
        """Return a signer that this authority certifies."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            name, key, self.name, self.key, serial=0xABC, is_authority=False, commits_only=commits_only
        )
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SimpleSigner(
            signing_cert=Certificate.load(certificate.public_bytes(Encoding.DER)),
            signing_key=PrivateKeyInfo.load(private),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call] # As above.
        )

    def time_stamper(self) -> DummyTimeStamper:
        """Return a service for time stamps that this authority certifies."""
        key = rsa.generate_private_key(65537, 2048)
        certificate = _certificate("Time stamps", key, self.name, self.key, serial=0xDEF, is_authority=False)
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return DummyTimeStamper(
            tsa_cert=Certificate.load(certificate.public_bytes(Encoding.DER)), tsa_key=PrivateKeyInfo.load(private)
        )

    def knows(self) -> ValidationContext:
        """Return what a signature for long carries: who certified whom, and that nothing is revoked."""
        now = datetime.now(UTC)
        revoked = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(_named(self.name))
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=30))
            .sign(self.key, SHA256())
        )
        root = Certificate.load(self.certificate.public_bytes(Encoding.DER))
        return ValidationContext(trust_roots=[root], crls=[revoked.public_bytes(Encoding.DER)], allow_fetching=False)


def sign(
    pdf: bytes,
    by: SimpleSigner,
    *,
    box: tuple[int, int, int, int] | None = None,
    field: str = "Signature",
    certify: MDPPerm | None = None,
    stamp: BaseStampStyle | None = None,
) -> bytes:
    """Sign a whole file; with a box in points, the signature shows there."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    if box is not None:
        append_signature_field(writer, SigFieldSpec(field, box=box))
    about = PdfSignatureMetadata(
        field_name=field,
        subfilter=SigSeedSubFilter.PADES,
        certify=certify is not None,
        docmdp_permissions=certify or MDPPerm.FILL_FORMS,
    )
    signed = PdfSigner(about, by, stamp_style=stamp).sign_pdf(writer).getvalue()
    return bytes(signed)


def signed_for_long(pdf: bytes, by: SimpleSigner, root: Authority, *, archived: bool) -> bytes:
    """Sign with the evidence of a later check (PAdES B-LT), and with a time stamp of the document (B-LTA)."""
    about = PdfSignatureMetadata(
        field_name="Signature",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=archived,
        validation_context=root.knows(),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signed = PdfSigner(about, by, timestamper=root.time_stamper()).sign_pdf(writer).getvalue()
    return bytes(signed)


def time_stamped(pdf: bytes, root: Authority) -> bytes:
    """Add a time stamp of the document."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return bytes(PdfTimeStamper(root.time_stamper()).timestamp_pdf(writer, "sha256").getvalue())


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
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    serial: int,
    is_authority: bool,
    commits_only: bool = False,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=not commits_only,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if isinstance(key, rsa.RSAPrivateKey):
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return built.sign(issuer_key, SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
