"""The signed part of a certificate: header and payload, exactly these members and no others.

A W3C Verifiable Credential 2.0 as VC-JOSE-COSE secures it with SD-JWT. What is said about the holder is not here but in
the disclosures (`chain.disclosures`), of which the payload holds the digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chain.validity import Validity

ALGORITHM = "ES256"
MEDIA_TYPE = "vc+sd-jwt"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
SCHEMA_TYPE = "YinxinCertificateType"
SCHEMA_ID = "urn:yinxin:certificate-type:"
"""Before the type's identifier, because a credentialSchema's id has to be a URL (VC Data Model 2.0, section 4.11)."""
STATUS_TYPE = "YinxinRegistryEntry"
MAX_CHAIN_ID = 2**53 - 1
MAX_CLAIMS = 64
MAX_RESOURCES = 16


@dataclass(frozen=True, slots=True)
class RelatedResource:
    """An existing file that the certificate vouches for."""

    id: str
    """`urn:…`; nothing is fetched from it."""
    digest: bytes
    """SHA-256 of the file."""
    media_type: str


@dataclass(frozen=True, slots=True)
class Credential:
    """All that the payload says."""

    issuer: str
    """The agency's did:web. A hint where to ask; trust comes from the registry."""
    credential_type: str
    """The type's name in CamelCase."""
    type_identifier: str
    type_version: int
    type_digest: bytes
    """SHA-256 of the type's data file."""
    registry_id: bytes
    chain_id: int
    agency: int
    type_number: int
    validity: Validity
    code_digest: bytes
    """SHA-256(F)."""
    digests: tuple[str, ...]
    """Of all claims, shown or not, in ascending order."""
    related_resources: tuple[RelatedResource, ...] = ()
