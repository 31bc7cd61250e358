"""What an agency states about a holder, as an SD-JWT (RFC 9901): read by the strict profile, verified, shown in part.

How one comes into being is `chain.preparation`; the profile is that of docs/protocol.md, and nothing else is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import base64url, disclosures
from chain.credential import Credential, RelatedResource
from chain.credential_reader import read_header, read_payload
from chain.disclosures import Disclosure
from chain.errors import CertificateAltered, CertificateMalformed, InvalidInput, SignatureInvalid
from chain.facts import leaf_of_digests
from chain.keys import PublicKey, fault_of
from chain.preparation import MAX_TEXT, Prepared, Statement, prepare

if TYPE_CHECKING:
    from collections.abc import Collection

    from chain.strict_json import JSON

__all__ = [
    "MAX_TEXT",
    "Certificate",
    "Credential",
    "Disclosure",
    "Prepared",
    "RelatedResource",
    "Statement",
    "parse",
    "prepare",
    "present",
    "verify",
]

_JWS_PARTS = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as read: not to be believed before `verify`, nor to be relied on before the registry is asked."""

    credential: Credential
    """What stands in clear."""
    disclosures: tuple[Disclosure, ...]
    """In the order in which they came."""
    kid: bytes
    """Names the document key; 32 bytes."""
    signing_input: bytes
    signature: bytes
    """r ‖ s with low s."""
    claims: dict[str, JSON] = field(init=False)
    """Those that are disclosed, by name; without those that are stated to be absent."""

    def __post_init__(self) -> None:
        """Find once what every check asks for."""
        told = {each.name: each.value for each in self.disclosures if each.value is not None}
        object.__setattr__(self, "claims", told)

    @property
    def absent(self) -> frozenset[str]:
        """The claims that are stated to be absent: null. Whether the type lets them be, is not checked."""
        return frozenset(each.name for each in self.disclosures if each.value is None)

    @property
    def withheld(self) -> int:
        """How many claims are not disclosed. Which ones, nobody can tell; the type says which must be."""
        return len(self.credential.digests) - len(self.disclosures)

    @property
    def code_digest(self) -> bytes:
        """SHA-256(F), by which the certificate's code is known."""
        return self.credential.code_digest

    @property
    def signing_input_hash(self) -> bytes:
        """SHA-256 of the signing input, as the code carries it."""
        return sha256(self.signing_input).digest()

    @property
    def leaf(self) -> bytes:
        """What must have been anchored."""
        return leaf_of_digests(self.code_digest, self.signing_input_hash)


def parse(text: str) -> Certificate:
    """Read a certificate; raises `CertificateMalformed`, `CertificateAltered` or `CertificateUnsupported`.

    Neither the signature nor the registry has been asked then, and whether everything is disclosed that the type wants
    shown is for the verifier, who knows the type.
    """
    if len(text) > MAX_TEXT:
        raise CertificateMalformed(f"got {len(text)} characters, wanted at most {MAX_TEXT}")
    jws, *shown = text.split("~")
    if not shown:
        raise CertificateMalformed("got no ~, wanted a JWS and its disclosures, each followed by ~")
    if shown.pop():
        raise CertificateMalformed(
            "got something behind the last ~, wanted nothing: key binding is not part of the profile"
        )
    parts = jws.split(".")
    if len(parts) != _JWS_PARTS:
        raise CertificateMalformed(f"got a JWS of {len(parts)} parts, wanted header, payload and signature")
    header, payload, signature = map(_decode, parts)
    certificate = Certificate(
        kid=read_header(header),
        credential=read_payload(payload),
        disclosures=tuple(map(disclosures.parse, shown)),
        signing_input=jws.rpartition(".")[0].encode(),
        signature=signature,
    )
    if fault := fault_of(signature):
        raise CertificateMalformed(fault)
    _check_disclosures(certificate)
    return certificate


def verify(certificate: Certificate, key: PublicKey) -> None:
    """Check the signature; raises `SignatureInvalid`. Whether the key may sign for the agency, the registry knows."""
    if certificate.kid != key.kid:
        raise SignatureInvalid(f"got a certificate of the key {certificate.kid.hex()}, tried the key {key.kid.hex()}")
    key.verify(certificate.signature, certificate.signing_input)


def present(text: str, disclose: Collection[str]) -> str:
    """Return the certificate with only these claims disclosed, and what is stated to be absent, which is no secret.

    Raises as `parse`, and `InvalidInput` if a claim is not disclosed in it. Whether the type demands more to be shown,
    is not checked.
    """
    certificate = parse(text)
    if missing := set(disclose) - certificate.claims.keys():
        raise InvalidInput(f"got the claim {min(missing)!r}, wanted one of {', '.join(certificate.claims)}")
    kept = (each.text for each in certificate.disclosures if each.name in disclose or each.value is None)
    return "~".join((text.partition("~")[0], *kept, ""))


def _decode(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except ValueError as exc:
        raise CertificateMalformed(f"JWS: {exc}") from exc


def _check_disclosures(certificate: Certificate) -> None:
    """Demand that every disclosure belongs to this certificate, and none says again what another said."""
    digests = frozenset(certificate.credential.digests)
    names: set[str] = set()
    for disclosure in certificate.disclosures:
        if disclosure.digest not in digests:
            raise CertificateAltered(f"got a disclosure of {disclosure.name!r} that belongs to another certificate")
        if disclosure.name in names:
            raise CertificateAltered(f"got the claim {disclosure.name!r} disclosed twice, wanted it once")
        names.add(disclosure.name)
