"""Writes the signed part of a certificate."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from chain import base64url, strict_json
from chain.credential import (
    ALGORITHM,
    CONTEXT,
    MAX_CLAIMS,
    MEDIA_TYPE,
    SCHEMA_ID,
    SCHEMA_TYPE,
    STATUS_TYPE,
    Credential,
)
from chain.credential_reader import read_header, read_payload
from chain.errors import CertificateMalformed
from chain.validity import Validity

if TYPE_CHECKING:
    from chain.strict_json import JSON

_SOME_DAY = Validity(first_day=date(2026, 1, 1), last_day=None)
_SOME_HASH = bytes(32)


def signing_input(credential: Credential, kid: bytes) -> bytes:
    """Return the JWS signing input; raises `CertificateMalformed` for what the reader would refuse.

    The validity is taken as it is: F, which is written first, holds the same one to its limits.
    """
    if not 0 < len(credential.digests) <= MAX_CLAIMS:
        raise CertificateMalformed(f"got {len(credential.digests)} claims, wanted 1 to {MAX_CLAIMS}")
    _read_back(
        replace(credential, validity=_SOME_DAY, code_digest=_SOME_HASH, digests=(base64url.encode(_SOME_HASH),)), kid
    )
    return f"{base64url.encode(_header(kid))}.{base64url.encode(_payload(credential))}".encode("ascii")


@lru_cache(maxsize=256)
def _read_back(template: Credential, kid: bytes) -> None:
    """Read what all certificates of a batch have in common, once: what is anchored and then cannot be read is lost."""
    read_header(_header(kid))
    read_payload(_payload(template))


def _header(kid: bytes) -> bytes:
    return f'{{"alg":"{ALGORITHM}","kid":"{base64url.encode(kid)}","typ":"{MEDIA_TYPE}"}}'.encode()


def _payload(credential: Credential) -> bytes:
    payload: dict[str, JSON] = {
        "@context": [CONTEXT],
        "_sd_alg": "sha-256",
        "codeDigest": base64url.encode(credential.code_digest),
        "credentialSchema": {
            "digestSRI": _sri(credential.type_digest),
            "id": SCHEMA_ID + credential.type_identifier,
            "type": SCHEMA_TYPE,
            "version": credential.type_version,
        },
        "credentialStatus": {
            "agency": credential.agency,
            "certificateType": credential.type_number,
            "chainId": credential.chain_id,
            "registry": credential.registry_id.hex(),
            "type": STATUS_TYPE,
        },
        "credentialSubject": {"_sd": credential.digests},
        "issuer": credential.issuer,
        "type": ["VerifiableCredential", credential.credential_type],
        "validFrom": f"{credential.validity.first_day}T00:00:00+08:00",
    }
    if credential.validity.last_day is not None:
        payload["validUntil"] = f"{credential.validity.last_day}T23:59:59+08:00"
    if credential.related_resources:
        payload["relatedResource"] = [
            {"digestSRI": _sri(resource.digest), "id": resource.id, "mediaType": resource.media_type}
            for resource in credential.related_resources
        ]
    return strict_json.serialise(payload)


def _sri(digest: bytes) -> str:
    """Write a digest as W3C Subresource Integrity does."""
    return "sha256-" + b64encode(digest).decode("ascii")
