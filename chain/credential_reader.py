"""Reads the signed part of a certificate, and refuses every member that it does not know."""

from __future__ import annotations

import re
from datetime import date
from operator import ge
from typing import TYPE_CHECKING

from chain import base64url, strict_json
from chain.credential import (
    ALGORITHM,
    CONTEXT,
    MAX_CHAIN_ID,
    MAX_CLAIMS,
    MAX_RESOURCES,
    MEDIA_TYPE,
    SCHEMA_ID,
    SCHEMA_TYPE,
    STATUS_TYPE,
    Credential,
    RelatedResource,
)
from chain.errors import CertificateMalformed, CertificateUnsupported
from chain.facts import FIRST_DAY, LAST_DAY, MAX_AGENCY, MAX_TYPE, MAX_TYPE_VERSION
from chain.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.strict_json import JSON

_HASH_CHARACTERS = 43

_HEADER = frozenset({"alg", "kid", "typ"})
_REQUIRED = frozenset(
    {
        "@context",
        "_sd_alg",
        "codeDigest",
        "credentialSchema",
        "credentialStatus",
        "credentialSubject",
        "issuer",
        "type",
        "validFrom",
    }
)
_OPTIONAL = frozenset({"relatedResource", "validUntil"})
_SCHEMA = frozenset({"digestSRI", "id", "type", "version"})
_STATUS = frozenset({"agency", "certificateType", "chainId", "registry", "type"})
_RESOURCE = frozenset({"digestSRI", "id", "mediaType"})

_ISSUER = re.compile(r"(?=.{1,512}\Z)did:web:[A-Za-z0-9._%-]+(?::[A-Za-z0-9._%-]+)*")
_CREDENTIAL_TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_SCHEMA_ID = re.compile(re.escape(SCHEMA_ID) + r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""Base64url of 32 bytes: the last character has two bits to spare, which are zero."""
_SRI = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")
_STANDARD_TO_URL = str.maketrans("+/", "-_")
_REGISTRY = re.compile(r"[0-9a-f]{64}")
_FIRST_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00\+08:00")
_LAST_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T23:59:59\+08:00")
_RESOURCE_ID = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9()+,.:=@;$_!*'%/?#-]{1,256}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def read_header(data: bytes) -> bytes:
    """Return the kid; raises `CertificateMalformed`, or `CertificateUnsupported` for another kind of token.

    The algorithm is not read from the header but demanded of it, so that there is none to be confused about.
    """
    header = _json("header", data)
    match header:
        case {"typ": str() as media_type} if media_type != MEDIA_TYPE:
            raise CertificateUnsupported(f"got a token of the type {media_type[:40]!r}, wanted {MEDIA_TYPE}")
        case _:
            pass
    members = _members("header", header, _HEADER)
    _exactly("alg", members["alg"], ALGORITHM)
    _exactly("typ", members["typ"], MEDIA_TYPE)
    return _hash("kid", members["kid"])


def read_payload(data: bytes) -> Credential:
    """Read a payload; raises `CertificateMalformed`, or `CertificateUnsupported` for another profile."""
    payload = _json("payload", data)
    _check_profile(payload)
    members = _members("payload", payload, _REQUIRED, _OPTIONAL)
    _exactly("@context", members["@context"], [CONTEXT])
    _exactly("_sd_alg", members["_sd_alg"], "sha-256")
    schema = _members("credentialSchema", members["credentialSchema"], _SCHEMA)
    _exactly("credentialSchema.type", schema["type"], SCHEMA_TYPE)
    status = _members("credentialStatus", members["credentialStatus"], _STATUS)
    _exactly("credentialStatus.type", status["type"], STATUS_TYPE)
    subject = _members("credentialSubject", members["credentialSubject"], frozenset({"_sd"}))
    return Credential(
        issuer=_text("issuer", members["issuer"], _ISSUER),
        credential_type=_credential_type(members["type"]),
        type_identifier=_text("credentialSchema.id", schema["id"], _SCHEMA_ID).removeprefix(SCHEMA_ID),
        type_version=_whole("credentialSchema.version", schema["version"], MAX_TYPE_VERSION),
        type_digest=_sri_digest("credentialSchema.digestSRI", schema["digestSRI"]),
        registry_id=bytes.fromhex(_text("credentialStatus.registry", status["registry"], _REGISTRY)),
        chain_id=_whole("credentialStatus.chainId", status["chainId"], MAX_CHAIN_ID),
        agency=_whole("credentialStatus.agency", status["agency"], MAX_AGENCY),
        type_number=_whole("credentialStatus.certificateType", status["certificateType"], MAX_TYPE),
        validity=_validity(members),
        code_digest=_hash("codeDigest", members["codeDigest"]),
        digests=_digests(subject["_sd"]),
        related_resources=_related_resources(members),
    )


def _json(where: str, data: bytes) -> JSON:
    try:
        return strict_json.parse(data)
    except ValueError as exc:
        raise CertificateMalformed(f"{where}: {exc}") from exc


def _check_profile(payload: JSON) -> None:
    """Tell a credential of another kind from a spoilt one of ours."""
    match payload:
        case {"@context": [str() as context, *_]} if context != CONTEXT:
            raise CertificateUnsupported(f"got a credential of {context[:80]!r}, wanted {CONTEXT}")
        case {"credentialSchema": {"type": str() as schema}} if schema != SCHEMA_TYPE:
            raise CertificateUnsupported(f"got a credential with a {schema[:40]!r}, wanted a {SCHEMA_TYPE}")
        case {"credentialStatus": {"type": str() as status}} if status != STATUS_TYPE:
            raise CertificateUnsupported(f"got a credential with a {status[:40]!r}, wanted a {STATUS_TYPE}")
        case _:
            pass


def _members(
    where: str, value: JSON, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> Mapping[str, JSON]:
    """Demand exactly these members: what we do not know may change the meaning of what we do."""
    if not isinstance(value, dict):
        raise CertificateMalformed(f"{where}: got {_kind(value)}, wanted an object")
    if missing := required - value.keys():
        raise CertificateMalformed(f"{where}: {min(missing)!r} is missing")
    if unknown := value.keys() - required - optional:
        raise CertificateMalformed(f"{where}: got the unknown member {min(unknown)[:40]!r}")
    return value


def _exactly(where: str, value: JSON, wanted: JSON) -> None:
    if value != wanted:
        raise CertificateMalformed(f"{where}: got {_kind(value)}, wanted {wanted}")


def _text(where: str, value: JSON, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise CertificateMalformed(f"{where}: got {_kind(value)}, wanted text like {pattern.pattern}")
    return value


def _whole(where: str, value: JSON, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise CertificateMalformed(f"{where}: got {_kind(value)}, wanted a number from 1 to {most}")
    return value


def _hash(where: str, value: JSON) -> bytes:
    if isinstance(value, str) and len(value) == _HASH_CHARACTERS:
        try:
            return base64url.decode(value)
        except ValueError as exc:
            raise CertificateMalformed(f"{where}: {exc}") from exc
    raise CertificateMalformed(f"{where}: got {_kind(value)}, wanted the {_HASH_CHARACTERS} characters of a hash")


def _sri_digest(where: str, value: JSON) -> bytes:
    return _hash(where, _text(where, value, _SRI)[7:-1].translate(_STANDARD_TO_URL))


def _credential_type(value: JSON) -> str:
    match value:
        case ["VerifiableCredential", name]:
            return _text("type", name, _CREDENTIAL_TYPE)
        case _:
            raise CertificateMalformed(
                f"type: got {_kind(value)}, wanted VerifiableCredential and the certificate type"
            )


def _validity(members: Mapping[str, JSON]) -> Validity:
    """Read whole days of Asia/Shanghai, taken as eight hours ahead of UTC all the year round."""
    first = _day("validFrom", members["validFrom"], _FIRST_INSTANT)
    last = _day("validUntil", members["validUntil"], _LAST_INSTANT) if "validUntil" in members else None
    if not FIRST_DAY <= first <= (last or LAST_DAY):
        raise CertificateMalformed(f"got a validity from {first} to {last}")
    return Validity(first_day=first, last_day=last)


def _day(where: str, value: JSON, pattern: re.Pattern[str]) -> date:
    text = _text(where, value, pattern)
    try:
        return date.fromisoformat(text[:10])
    except ValueError as exc:
        raise CertificateMalformed(f"{where}: got {text[:10]}, which no calendar has") from exc


def _digests(value: JSON) -> tuple[str, ...]:
    """Read `_sd`: hashes in ascending order, so that none stands there twice and the order tells nothing."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CLAIMS:
        raise CertificateMalformed(f"_sd: got {_kind(value)}, wanted 1 to {MAX_CLAIMS} digests")
    digests = tuple(_text("_sd", item, _DIGEST) for item in value)
    if any(map(ge, digests, digests[1:])):
        raise CertificateMalformed("_sd: got digests out of order or twice, wanted each once, ascending")
    return digests


def _related_resources(members: Mapping[str, JSON]) -> tuple[RelatedResource, ...]:
    if "relatedResource" not in members:
        return ()
    value = members["relatedResource"]
    if not isinstance(value, list) or not 0 < len(value) <= MAX_RESOURCES:
        raise CertificateMalformed(f"relatedResource: got {_kind(value)}, wanted 1 to {MAX_RESOURCES} files")
    resources = tuple(_related_resource(item) for item in value)
    if len({resource.id for resource in resources}) != len(resources):
        raise CertificateMalformed("relatedResource: got one id twice")
    return resources


def _related_resource(value: JSON) -> RelatedResource:
    members = _members("relatedResource", value, _RESOURCE)
    return RelatedResource(
        id=_text("relatedResource.id", members["id"], _RESOURCE_ID),
        digest=_sri_digest("relatedResource.digestSRI", members["digestSRI"]),
        media_type=_text("relatedResource.mediaType", members["mediaType"], _MEDIA_TYPE),
    )


def _kind(value: JSON) -> str:
    """Name what was got, short enough for a message."""
    match value:
        case dict():
            return "an object"
        case list():
            return f"an array of {len(value)}"
        case _:
            return repr(value)[:60]
