"""Fixes every bit of a certificate before anything is signed.

So officers approve a leaf, and the registry anchors it, before any signature exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import base64url, disclosures, identifiers
from chain.credential import Credential, RelatedResource
from chain.credential_writer import signing_input
from chain.errors import CertificateMalformed, InvalidInput
from chain.facts import KID8, SALT, Facts, leaf
from chain.keys import low_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chain.certificate_type import CertificateType
    from chain.strict_json import JSON
    from chain.validity import Validity

MAX_TEXT = 256 * 1024
"""Characters of a certificate."""
IDENTIFIER_CLAIM = "certificateIdentifier"
"""The national certificate identifier (GB/T 36904)."""
_SIGNATURE = len("." + 86 * "s" + "~")


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


def prepare(statement: Statement, *, entropy: Callable[[int], bytes]) -> Prepared:
    """Fix every bit of a certificate and its code.

    What must always be shown and is not claimed is stated, too, as null: otherwise nobody could tell its absence from
    its being withheld. `entropy` is asked once, for 16 bytes for F's salt and then 16 for each claim in the order of
    the claims, those that are null last, in the type's order. Raises `InvalidInput` for what `parse` or the code's
    format would not take.
    """
    certificate_type = statement.certificate_type
    absent = (claim.key for claim in certificate_type.claims if claim.always and claim.key not in statement.claims)
    claims: dict[str, JSON] = {**statement.claims, **dict.fromkeys(absent)}
    _check_identifier(statement)
    randomness = entropy(SALT * (1 + len(claims)))
    facts_bytes = Facts(
        agency=statement.agency,
        certificate_type=certificate_type.number,
        version=certificate_type.version,
        kid8=statement.kid[:KID8],
        number=str(claims[certificate_type.number_claim]),
        facts=certificate_type.facts(statement.claims),
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
