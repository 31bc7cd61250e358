"""What an agency states about a holder: prepared, signed, read and verified, as an SD-JWT (RFC 9901).

Preparing fixes every bit that will be signed, so that officers approve a leaf and the registry anchors it before any
signature exists. Reading takes the strict profile of docs/protocol.md and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import base64url, disclosures, identifiers
from chain.credential import Credential, RelatedResource
from chain.credential_reader import read_header, read_payload
from chain.credential_writer import signing_input
from chain.disclosures import Disclosure
from chain.errors import CertificateAltered, CertificateMalformed, InvalidInput, SignatureInvalid
from chain.facts import SALT, Facts, leaf, leaf_of_digests
from chain.keys import PublicKey, fault_of, low_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from chain.certificate_type import CertificateType
    from chain.strict_json import JSON
    from chain.validity import Validity

__all__ = [
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

MAX_TEXT = 256 * 1024
"""Characters of a certificate."""
_JWS_PARTS = 3
_SIGNATURE = len("." + 86 * "s" + "~")
IDENTIFIER_CLAIM = "certificateIdentifier"
"""The national certificate identifier (GB/T 36904)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What an agency is about to state. Its claims come from `CertificateType.validate` and are not checked again."""

    certificate_type: CertificateType
    registry_id: bytes
    chain_id: int
    agency: int
    """The registry's number of the agency."""
    agency_code: str
    """Its unified social credit code."""
    issuer: str
    """Its did:web."""
    kid: bytes
    """Of the document key that is to sign, 32 bytes."""
    claims: Mapping[str, JSON]
    """With the certificate number, and the national identifier where there is one."""
    validity: Validity
    related_resources: tuple[RelatedResource, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything about a certificate but its signature. Keep all of it: the salts exist nowhere else."""

    facts_bytes: bytes
    """F."""
    signing_input: bytes
    """The JWS signing input: header and payload in base64url, a full stop between them."""
    disclosures: tuple[str, ...]
    """In the order of the claims."""

    @property
    def size(self) -> int:
        """How many characters the certificate will have when it is signed."""
        return len(self.signing_input) + _SIGNATURE + sum(map(len, self.disclosures)) + len(self.disclosures)

    @property
    def signing_input_hash(self) -> bytes:
        """SHA-256 of the signing input, for the code."""
        return sha256(self.signing_input).digest()

    @property
    def leaf(self) -> bytes:
        """What is approved and anchored."""
        return leaf(self.facts_bytes, self.signing_input_hash)

    def sign(self, sign: Callable[[bytes], bytes]) -> str:
        """Return the certificate with all disclosures; `sign` returns r ‖ s, with high or low s.

        Raises `SigningFailed` if what it returns is no ES256 signature; whether the right key made it, `verify` tells.
        """
        signature = base64url.encode(low_s(sign(self.signing_input)))
        return "~".join((f"{self.signing_input.decode('ascii')}.{signature}", *self.disclosures, ""))


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

    @property
    def claims(self) -> dict[str, JSON]:
        """The claims that are disclosed, by name."""
        return {disclosure.name: disclosure.value for disclosure in self.disclosures}

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


def prepare(statement: Statement, *, entropy: Callable[[int], bytes]) -> Prepared:
    """Fix every bit of a certificate and its code.

    `entropy` is asked once, for 16 bytes for F's salt and then 16 for each claim in the order of the claims. Raises
    `InvalidInput` for what `parse` or the code's format would not take.
    """
    certificate_type, claims = statement.certificate_type, statement.claims
    _check_identifier(statement)
    randomness = entropy(SALT * (1 + len(claims)))
    facts_bytes = Facts(
        agency=statement.agency,
        certificate_type=certificate_type.number,
        version=certificate_type.version,
        kid8=statement.kid[:8],
        number=str(claims[certificate_type.number_claim]),
        facts=certificate_type.facts(claims),
        validity=statement.validity,
        salt=randomness[:SALT],
    ).encode()
    salts = (randomness[start : start + SALT] for start in range(SALT, len(randomness), SALT))
    try:
        shown = tuple(map(disclosures.make, salts, claims.keys(), claims.values()))
        to_sign = signing_input(_credential(statement, facts_bytes, shown), statement.kid)
    except CertificateMalformed as exc:
        raise InvalidInput(f"got a statement that cannot be written: {exc}") from exc
    prepared = Prepared(facts_bytes=facts_bytes, signing_input=to_sign, disclosures=shown)
    if prepared.size > MAX_TEXT:
        raise InvalidInput(f"got claims that make {prepared.size} characters, wanted at most {MAX_TEXT}")
    return prepared


def parse(text: str) -> Certificate:
    """Read a certificate; raises `CertificateMalformed` or `CertificateUnsupported`.

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
    """Return the certificate with only these claims disclosed.

    Raises as `parse`, and `InvalidInput` if a claim is not disclosed in it. Whether the type demands more to be shown,
    is not checked.
    """
    certificate = parse(text)
    if missing := set(disclose) - certificate.claims.keys():
        raise InvalidInput(f"got the claim {min(missing)!r}, wanted one of {', '.join(certificate.claims)}")
    kept = (disclosure.text for disclosure in certificate.disclosures if disclosure.name in disclose)
    return "~".join((text.partition("~")[0], *kept, ""))


def _credential(statement: Statement, facts_bytes: bytes, shown: tuple[str, ...]) -> Credential:
    certificate_type = statement.certificate_type
    return Credential(
        issuer=statement.issuer,
        credential_type=certificate_type.credential_type,
        type_identifier=certificate_type.identifier,
        type_version=certificate_type.version,
        type_digest=certificate_type.digest,
        registry_id=statement.registry_id,
        chain_id=statement.chain_id,
        agency=statement.agency,
        type_number=certificate_type.number,
        validity=statement.validity,
        code_digest=sha256(facts_bytes).digest(),
        digests=tuple(sorted(map(disclosures.digest, shown))),
        related_resources=statement.related_resources,
    )


def _check_identifier(statement: Statement) -> None:
    """Hold the national identifier, where there is one, to the type and agency that the certificate names."""
    text = statement.claims.get(IDENTIFIER_CLAIM)
    if text is None:
        return
    identifier = identifiers.parse_certificate_identifier(str(text))
    got = (identifier.type_code, identifier.issuer_code)
    wanted = (statement.certificate_type.type_code, statement.agency_code)
    if got != wanted:
        raise InvalidInput(f"got an identifier of type and agency {got}, wanted {wanted}")


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
