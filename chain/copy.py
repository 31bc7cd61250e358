"""A limited copy (加注件): some of a certificate's claims, for one recipient and purpose, until a day.

A COSE_Sign1 (RFC 9052, section 4.2) by the agency's document key. What is signed names the certificate's leaf, and a
digest of the claims that are shown. The claims themselves ride along unsigned, in as many forms as there is room for:
none at all, the claims, or the claims with an opening that leads from them to the leaf. Only an opened copy is as hard
to forge as its certificate: what the others show rests on the document key alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import base64url, cbor, code, disclosures, strict_json
from chain import digits as decimal
from chain.copy_content import HASH, MAX_DAYS, MAX_TERM, Claims, Content, Terms, Value, encode_claims, read_claims
from chain.credential_reader import read_header, read_payload
from chain.errors import CertificateAltered, CertificateMalformed, CodeMalformed, InvalidInput, SignatureInvalid
from chain.facts import KID8, SALT, leaf_of_digests
from chain.keys import PublicKey, fault_of, low_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from chain.credential import Credential
    from chain.disclosures import Disclosure

__all__ = [
    "HASH",
    "MAX_DAYS",
    "MAX_TERM",
    "Claims",
    "Content",
    "LimitedCopy",
    "Opened",
    "Opening",
    "Terms",
    "Value",
    "excerpt",
    "looks_like_one",
    "make",
    "open_",
    "parse",
    "read",
    "to_be_signed",
    "url",
    "verify",
]

MAX_FILE = 384 * 1024
MEDIA_TYPE = "application/cose"

_PROTECTED = cbor.encode({1: -7})
"""The algorithm, ES256, and nothing else (RFC 9053, section 2.1)."""
_LABEL = -65538
"""The second label for private use (RFC 9052, section 11.1); codes use the first."""
_DOMAIN = b"copy"
"""Behind the registry id in what is signed, so that no other signature of the key can pass for a copy's."""
_MAX_SALT = 64
_MAX_SIGNING_INPUT = 128 * 1024
_HOST = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)"
_URL = re.compile(rf"(?P<scheme>https?)://{_HOST}/c#(?P<digits>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Opening:
    """What leads from the claims that are shown to the leaf. The certificate's own signature is not in it."""

    signing_input: bytes
    """The certificate's JWS signing input."""
    salts: tuple[bytes, ...]
    """Of the disclosures, one for each claim that is shown, in their order."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opened copy's certificate says in clear."""

    credential: Credential
    kid: bytes
    """Of the document key that signed the certificate; 32 bytes."""


@dataclass(frozen=True, slots=True)
class LimitedCopy:
    """A copy as read: not to be believed before `verify`, nor relied on before the registry is asked."""

    content: Content
    payload: bytes
    """The content, as signed."""
    signature: bytes
    """r ‖ s with low s."""
    claims: Claims | None = None
    """None where there was no room for them; they fit the digest that is signed."""
    opening: Opening | None = None
    host: str | None = None
    """Which verifier the URL names, with its port; None for anything but a URL. Not signed."""

    def encode(self) -> bytes:
        """Return the COSE_Sign1 with all that is there."""
        unprotected: dict[int, cbor.CBOR] = {}
        if self.claims is not None:
            members: list[cbor.CBOR] = [encode_claims(self.claims)]
            if self.opening is not None:
                members += [self.opening.signing_input, list(self.opening.salts)]
            unprotected[_LABEL] = members
        return cbor.encode([_PROTECTED, unprotected, self.payload, self.signature])

    def closed(self) -> LimitedCopy:
        """Return it without the opening, as a code carries it where there is room."""
        return replace(self, opening=None)

    def short(self) -> LimitedCopy:
        """Return it without claims, as a code carries it where there is none."""
        return replace(self, claims=None, opening=None)


def make(
    content: Content,
    claims: Claims,
    opening: Opening,
    *,
    registry_id: bytes,
    sign: Callable[[bytes], bytes],
) -> LimitedCopy:
    """Sign a copy; `sign` returns r ‖ s, with high or low s. The content's digest of the claims is filled in.

    Raises `InvalidInput` if there would be something in it that `read` refuses, and whatever `sign` raises. Whether the
    opening leads to the leaf, `open_` tells.
    """
    if len(registry_id) != HASH:
        raise InvalidInput(f"got a registry id of {len(registry_id)} bytes, wanted {HASH}")
    payload = replace(content, claims_digest=sha256(encode_claims(claims)).digest()).encode()
    signature = low_s(sign(to_be_signed(payload, registry_id)))
    made = LimitedCopy(Content.decode(payload), payload, signature, claims, opening)
    try:
        return read(made.encode())
    except CodeMalformed as exc:
        raise InvalidInput(f"got what no copy may carry: {exc}") from exc


def excerpt(
    signing_input: bytes, disclosed: Sequence[Disclosure], keys: Sequence[str], chosen: Collection[str]
) -> tuple[Claims, Opening]:
    """Return the chosen claims of a certificate with their opening; what is stated to be absent comes along.

    `keys` are the names of the type's claims, in its order. Raises `InvalidInput` for a claim that the certificate does
    not disclose, and for a value that no copy can carry.
    """
    shown = {each.name: each for each in disclosed}
    if missing := set(chosen) - {name for name, each in shown.items() if each.value is not None}:
        raise InvalidInput(f"got the claim {min(missing)!r}, wanted one that the certificate has")
    claims, salts = [], []
    for place, key in enumerate(keys):
        if key in shown and (key in chosen or shown[key].value is None):
            claims.append((place, _value(shown[key])))
            salts.append(_salt(shown[key]))
    return tuple(claims), Opening(signing_input, tuple(salts))


def to_be_signed(payload: bytes, registry_id: bytes) -> bytes:
    """Return COSE's Sig_structure (RFC 9052, section 4.4), with the registry id and `copy` as external data."""
    return cbor.encode(["Signature1", _PROTECTED, registry_id + _DOMAIN, payload])


def url(host: str, cose: bytes) -> str:
    """Return what the QR code holds; `host` is the verifier's, with a port if need be. Raises `InvalidInput`."""
    text = f"{code.origin(host)}/c#{decimal.encode(cose)}"
    if not _URL.fullmatch(text):
        raise InvalidInput(f"got the verifying host {host!r}, wanted a host name, with :port if need be")
    return text


def parse(text: str) -> LimitedCopy:
    """Read a copy from its URL or from bare digits; raises `CodeMalformed` or `CodeUnsupported`."""
    text, host = text.strip(), None
    if not (text.isascii() and text.isdecimal()):
        found = _URL.fullmatch(text)
        if found is None:
            raise CodeMalformed(f"got {text[:60]!r}, wanted https://<verifying host>/c#<digits>, or the digits")
        if not code.may_be_asked(found["scheme"], found["host"]):
            raise CodeMalformed(f"got http://{found['host']}, wanted https")
        text, host = found["digits"], found["host"]
    if len(text) > MAX_FILE:
        raise CodeMalformed(f"got {len(text)} digits, wanted at most {MAX_FILE}")
    return replace(read(decimal.decode(text)), host=host)


def read(data: bytes) -> LimitedCopy:
    """Read a copy's file; raises `CodeMalformed` or `CodeUnsupported`.

    Neither the signature nor the registry has been asked then, nor has the opening, which needs the type (`open_`).
    """
    if len(data) > MAX_FILE:
        raise CodeMalformed(f"got a copy of {len(data)} bytes, wanted at most {MAX_FILE}")
    try:
        value = cbor.decode(data)
    except ValueError as exc:
        raise CodeMalformed(f"copy: {exc}") from exc
    match value:
        case [bytes() as protected, dict() as unprotected, bytes() as payload, bytes() as signature]:
            if protected != _PROTECTED:
                raise CodeMalformed(f"got the protected header {protected.hex()[:40]}, wanted {_PROTECTED.hex()}")
            if fault := fault_of(signature):
                raise CodeMalformed(fault)
            content = Content.decode(payload)
            claims, opening = _read_unprotected(unprotected, content)
            return LimitedCopy(content, payload, signature, claims, opening)
        case _:
            raise CodeMalformed("got CBOR that is not the four members of a COSE_Sign1")


def looks_like_one(data: bytes) -> bool:
    """Whether bytes are a COSE_Sign1 over a copy's content rather than over a code's, as far as their form tells."""
    try:
        match cbor.decode(data):
            case [bytes(), dict(), bytes() as payload, bytes()]:
                match cbor.decode(payload):
                    case [int(), *_]:
                        return True
    except ValueError:
        pass
    return False


def verify(copy: LimitedCopy, key: PublicKey, registry_id: bytes) -> None:
    """Check the signature; raises `SignatureInvalid`. Whether the key may sign for the agency, the registry knows."""
    if copy.content.kid8 != key.kid[:KID8]:
        raise SignatureInvalid(f"got a copy of the key {copy.content.kid8.hex()}…, tried the key {key.kid.hex()}")
    key.verify(copy.signature, to_be_signed(copy.payload, registry_id))


def open_(copy: LimitedCopy, keys: Sequence[str]) -> Opened:
    """Follow the opening from the claims to the leaf; `keys` are the names of the type's claims, in its order.

    Raises `CertificateMalformed` for an opening that is not in the form, `CertificateAltered` if it leads elsewhere,
    and `InvalidInput` if there is none.
    """
    if copy.opening is None or copy.claims is None:
        raise InvalidInput("got a copy without an opening, wanted one with it")
    header, separator, payload = copy.opening.signing_input.partition(b".")
    if not separator:
        raise CertificateMalformed("opening: got no full stop, wanted header and payload with one between them")
    try:
        kid = read_header(base64url.decode(header.decode("ascii")))
        credential = read_payload(base64url.decode(payload.decode("ascii")))
    except CertificateMalformed:
        raise
    except ValueError as exc:
        raise CertificateMalformed(f"opening: {exc}") from exc
    if leaf_of_digests(credential.code_digest, sha256(copy.opening.signing_input).digest()) != copy.content.leaf:
        raise CertificateAltered("got an opening of another certificate than the one that the copy names")
    told = (credential.agency, credential.type_number, credential.type_version, credential.validity)
    named = (copy.content.agency, copy.content.certificate_type, copy.content.version, copy.content.validity)
    if told != named:
        raise CertificateAltered("got a copy that names another agency, type or validity than its certificate")
    digests = frozenset(credential.digests)
    for (place, value), salt in zip(copy.claims, copy.opening.salts, strict=True):
        if place >= len(keys):
            raise CertificateAltered(f"got the claim {place} of a type of {len(keys)}")
        shown = disclosures.make(salt, keys[place], list(value) if isinstance(value, tuple) else value)
        if disclosures.digest(shown) not in digests:
            raise CertificateAltered(f"got a claim {keys[place]!r} that the certificate does not state")
    return Opened(credential, kid)


def _value(disclosed: Disclosure) -> Value:
    match disclosed.value:
        case str() | None as plain:
            return plain
        case [*items] if (texts := tuple(item for item in items if isinstance(item, str))) and len(texts) == len(items):
            return texts
        case _:
            raise InvalidInput(f"claim {disclosed.name!r}: got a value that no copy carries, wanted text or texts")


def _salt(disclosed: Disclosure) -> bytes:
    """Return a disclosure's salt; raises `InvalidInput` if it is not written as we write disclosures."""
    match strict_json.parse(base64url.decode(disclosed.text)):
        case [str() as salt, *_] if (
            disclosures.make(base64url.decode(salt), disclosed.name, disclosed.value) == disclosed.text
        ):
            return base64url.decode(salt)
        case _:
            raise InvalidInput(f"claim {disclosed.name!r}: got a disclosure that other software wrote in its own way")


def _read_unprotected(unprotected: dict[int, cbor.CBOR], content: Content) -> tuple[Claims | None, Opening | None]:
    match unprotected:
        case {-65538: [bytes() as written]}:
            return read_claims(written, content), None
        case {-65538: [bytes() as written, bytes() as signing_input, [*salts]]}:
            claims = read_claims(written, content)
            found = tuple(salt for salt in salts if isinstance(salt, bytes) and SALT <= len(salt) <= _MAX_SALT)
            if not len(found) == len(salts) == len(claims) or len(signing_input) > _MAX_SIGNING_INPUT:
                raise CodeMalformed(f"opening: got {len(salts)} salts, wanted {len(claims)} of {SALT} bytes or more")
            return claims, Opening(signing_input, found)
        case _ if not unprotected:
            return None, None
        case _:
            raise CodeMalformed("got unprotected members other than claims, or claims and their opening")
