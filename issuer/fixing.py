"""Fixes what certificates say, before anybody signs anything: identifiers, salts, leaves, and the root of a batch.

Also how a code is made of what was fixed, so that a rehearsed code has the size of the real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import code, identifiers, merkle
from chain.certificate_types import Validity
from chain.preparation import IDENTIFIER_CLAIM, Statement
from chain.preparation import prepare as prepare_statement
from issuer.document import certified_files
from issuer.errors import NotReady

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType
    from chain.code import InclusionPath
    from chain.preparation import Prepared
    from chain.registry import Identity
    from chain.strict_json import JSON
    from issuer.directory import Agency
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

_VERSION_16_M_BITS = 453 * 8
"""Data codewords of QR version 16 at level M (ISO/IEC 18004:2015, table 7)."""
_SEGMENT_HEADS = (4 + 16) + (4 + 12)
"""Mode and length of a byte segment and of a numeric one in versions 10 to 26 (table 3)."""


def statement_of(
    office: Office,
    work: Work,
    certificate: Certificate,
    claims: dict[str, JSON],
    *,
    certificate_type: CertificateType,
    identity: Identity,
    agency: Agency,
    kid: bytes,
    validity: Validity,
) -> Statement:
    """Return what an agency states in a certificate with these claims, to be signed by the key of that kid."""
    return Statement(
        certificate_type=certificate_type,
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        agency=agency.id,
        agency_code=agency.code,
        issuer=office.agency_did(agency.id),
        kid=kid,
        claims=claims,
        validity=validity,
        related_resources=certified_files.resources(office.records, work, certificate),
    )


def fix_leaves(
    office: Office, work: Work, batch: Batch, certificate_type: CertificateType, *, agency: Agency, kid: bytes
) -> None:
    """Compute identifiers, disclosures and leaves; random salts make every leaf new."""
    identity = office.registry.identity()
    certificates = work.certificates(batch.id or 0)
    for certificate in certificates:
        claims = office.records.claims(work, certificate)
        _name(office, work, certificate, certificate_type, agency.code)
        claims.pop(IDENTIFIER_CLAIM, None)
        if certificate_type.has_national_code and _takes_identifier(certificate_type):
            claims[IDENTIFIER_CLAIM] = str(
                identifiers.certificate_identifier(
                    certificate_type.type_code, agency.code, certificate.serial or "", certificate.version
                )
            )
        claims = certificate_type.validate(claims)
        validity = certificate_type.validity(claims, office.today)
        prepared = prepare_statement(
            statement_of(
                office,
                work,
                certificate,
                claims,
                certificate_type=certificate_type,
                identity=identity,
                agency=agency,
                kid=kid,
                validity=validity,
            ),
            entropy=office.entropy,
        )
        certificate.first_day, certificate.last_day = validity.first_day, validity.last_day
        certificate.leaf = prepared.leaf
        office.records.put_claims(work, certificate, claims)
        office.records.put_prepared(work, certificate, prepared)
    work.flush()
    batch.kid = kid
    batch.root = merkle.root([certificate.leaf or b"" for certificate in certificates])


def validity_of(certificate: Certificate) -> Validity:
    """Return the days that were fixed for a certificate; raises `NotReady` if none were yet."""
    if certificate.first_day is None:
        raise NotReady(f"certificate {certificate.id}: nothing of it is fixed yet")
    return Validity(certificate.first_day, certificate.last_day)


def signed_code(
    host: str, prepared: Prepared, path: InclusionPath, *, registry_id: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return the code, with the inclusion path where there is room for it."""
    facts, signing_input_hash = prepared.facts_bytes, prepared.signing_input_hash
    signed = code.make(facts, signing_input_hash, registry_id=registry_id, sign=sign, path=path)
    if has_room(code.url(host, signed)):
        return signed
    return code.make(facts, signing_input_hash, registry_id=registry_id, sign=sign)


def has_room(url: str) -> bool:
    """Whether a code fits version 16 at level M, so that its modules stay large enough in print."""
    prefix, _, digits = url.partition("#")
    return _SEGMENT_HEADS + 8 * (len(prefix) + 1) + -(-10 * len(digits) // 3) <= _VERSION_16_M_BITS


def _name(
    office: Office, work: Work, certificate: Certificate, certificate_type: CertificateType, agency_code: str
) -> None:
    """Give a certificate its serial number, lineage and version, once."""
    if certificate.serial is not None:
        return
    if certificate.replaces_id is not None:
        old = work.certificate(certificate.replaces_id)
        certificate.serial, certificate.lineage, certificate.version = old.serial, old.lineage, old.version + 1
        return
    year = office.today.year
    # Year and a running number, as public systems write serials; at least six digits.
    certificate.serial = f"{year}{work.next_serial(certificate.agency, certificate_type.identifier, year):06}"
    certificate.lineage = f"{identifiers.ROOT}.{certificate_type.type_code}.{agency_code}.{certificate.serial}"


def _takes_identifier(certificate_type: CertificateType) -> bool:
    return any(claim.key == IDENTIFIER_CLAIM for claim in certificate_type.claims)
