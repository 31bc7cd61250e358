"""What a QR code says: facts in, digits out, and back.

A code is a COSE_Sign1 (RFC 9052, section 4.2) over F and the hash of the certificate's signing input. Its leaf is
computed, never carried, so that nobody can point genuine facts to somebody else's leaf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import cbor
from chain import digits as decimal
from chain.errors import CodeMalformed, InvalidInput, SignatureInvalid
from chain.facts import Facts, leaf
from chain.keys import PublicKey, fault_of, low_s
from chain.merkle import MAX_BATCH
from chain.short_number import parse_short_number, short_number

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Code",
    "Facts",
    "InclusionPath",
    "digits",
    "leaf",
    "make",
    "parse",
    "parse_short_number",
    "read_path",
    "short_number",
    "to_be_signed",
    "url",
    "verify",
]

MAX_DIGITS = 7089
"""What the largest QR code holds in numeric mode (ISO/IEC 18004, table 7)."""
MAX_PATH = 10
"""Hashes between a leaf and the root of a batch of 1,024."""
HASH = 32

_PROTECTED = cbor.encode({1: -7})
"""The algorithm, ES256, and nothing else (RFC 9053, section 2.1)."""
_PATH_LABEL = -65537
"""The first label for private use (RFC 9052, section 11.1)."""
_HOST = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)"
_URL = re.compile(rf"(?P<scheme>https?)://{_HOST}/v#(?P<digits>[0-9]+)")
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class InclusionPath:
    """Where a leaf lies in its batch. Not signed, and not needed: it spares a look at the chain's list of leaves."""

    size: int
    index: int
    hashes: tuple[bytes, ...]

    @property
    def members(self) -> list[cbor.CBOR]:
        """What is written of it, here as in a proof: size, index and hashes."""
        return [self.size, self.index, list(self.hashes)]


@dataclass(frozen=True, slots=True)
class Code:
    """A code as read: not to be believed before `verify`, nor to be relied on before the registry is asked."""

    facts: Facts
    facts_bytes: bytes
    """F, as signed."""
    signing_input_hash: bytes
    """SHA-256 of the certificate's JWS signing input."""
    signature: bytes
    """r ‖ s with low s."""
    path: InclusionPath | None = None
    host: str | None = None
    """Which verifier the URL names, with its port; None for bare digits. Not signed."""

    @property
    def leaf(self) -> bytes:
        """What must have been anchored."""
        return leaf(self.facts_bytes, self.signing_input_hash)

    @property
    def payload(self) -> bytes:
        """What was signed, as COSE's payload."""
        return _payload(self.facts_bytes, self.signing_input_hash)


def make(
    facts_bytes: bytes,
    signing_input_hash: bytes,
    *,
    registry_id: bytes,
    sign: Callable[[bytes], bytes],
    path: InclusionPath | None = None,
) -> bytes:
    """Sign a code and return its COSE_Sign1; `sign` returns r ‖ s, with high or low s.

    Raises `InvalidInput` if there would be something in it that `parse` refuses, and whatever `sign` raises.
    """
    try:
        Facts.decode(facts_bytes)
    except CodeMalformed as exc:
        raise InvalidInput(f"these bytes are no F: {exc}") from exc
    if len(signing_input_hash) != HASH or len(registry_id) != HASH:
        raise InvalidInput(f"got hashes of {len(signing_input_hash)} and {len(registry_id)} bytes, wanted {HASH} each")
    if fault := _path_fault(path):
        raise InvalidInput(fault)
    payload = _payload(facts_bytes, signing_input_hash)
    signature = low_s(sign(to_be_signed(payload, registry_id)))
    unprotected: dict[int, cbor.CBOR] = {}
    if path is not None:
        unprotected[_PATH_LABEL] = path.members
    return cbor.encode([_PROTECTED, unprotected, payload, signature])


def to_be_signed(payload: bytes, registry_id: bytes) -> bytes:
    """Return COSE's Sig_structure (RFC 9052, section 4.4), with the registry id as external data.

    The registry id is not carried in the code, and yet a code of a test registry fails at any other one.
    """
    return cbor.encode(["Signature1", _PROTECTED, registry_id, payload])


def digits(cose: bytes) -> str:
    """Write a code's bytes as the digits behind `#`."""
    return decimal.encode(cose)


def origin(host: str) -> str:
    """Return where a verifying host is asked: over https, but on this very machine."""
    return f"{'http' if _LOCAL.fullmatch(host) else 'https'}://{host}"


def may_be_asked(scheme: str, host: str) -> bool:
    """Whether a host may be asked like that: over http only where no network lies between."""
    return scheme == "https" or _LOCAL.fullmatch(host) is not None


def url(host: str, cose: bytes) -> str:
    """Return what the QR code holds; `host` is the verifier's, with a port if need be. Raises `InvalidInput`."""
    text = f"{origin(host)}/v#{digits(cose)}"
    if not _URL.fullmatch(text):
        raise InvalidInput(f"got the verifying host {host!r}, wanted a host name, with :port if need be")
    return text


def parse(text: str) -> Code:
    """Read a code from its URL or from bare digits; raises `CodeMalformed` or `CodeUnsupported`.

    Neither the signature nor the registry has been asked then. Any https host will do, since the signature names the
    registry; http only where no network lies between.
    """
    host, number = _split(text.strip())
    if len(number) > MAX_DIGITS:
        raise CodeMalformed(f"got {len(number)} digits, wanted at most {MAX_DIGITS}")
    try:
        value = cbor.decode(decimal.decode(number))
    except ValueError as exc:
        raise CodeMalformed(str(exc)) from exc
    match value:
        case [bytes() as protected, dict() as unprotected, bytes() as payload, bytes() as signature]:
            if protected != _PROTECTED:
                raise CodeMalformed(
                    f"got the protected header {protected.hex()[:40]}, wanted {_PROTECTED.hex()}: ES256"
                )
            if fault := fault_of(signature):
                raise CodeMalformed(fault)
            facts_bytes, signing_input_hash = _read_payload(payload)
            return Code(
                facts=Facts.decode(facts_bytes),
                facts_bytes=facts_bytes,
                signing_input_hash=signing_input_hash,
                signature=signature,
                path=_read_path(unprotected),
                host=host,
            )
        case _:
            raise CodeMalformed("got CBOR that is not the four members of a COSE_Sign1")


def read_path(members: cbor.CBOR) -> InclusionPath:
    """Read an inclusion path from what `InclusionPath.members` gives; raises `CodeMalformed`."""
    match members:
        case [int() as size, int() as index, [*nodes]] if len(
            hashes := tuple(node for node in nodes if isinstance(node, bytes))
        ) == len(nodes):
            path = InclusionPath(size=size, index=index, hashes=hashes)
            if fault := _path_fault(path):
                raise CodeMalformed(fault)
            return path
        case _:
            raise CodeMalformed("got something else than an inclusion path [size, index, [hash…]]")


def verify(code: Code, key: PublicKey, registry_id: bytes) -> None:
    """Check the signature; raises `SignatureInvalid`. Whether the key may sign for the agency, the registry knows."""
    if code.facts.kid8 != key.kid[: len(code.facts.kid8)]:
        raise SignatureInvalid(f"got a code of the key {code.facts.kid8.hex()}…, tried the key {key.kid.hex()}")
    key.verify(code.signature, to_be_signed(code.payload, registry_id))


def _payload(facts_bytes: bytes, signing_input_hash: bytes) -> bytes:
    return cbor.encode([facts_bytes, signing_input_hash])


def _split(text: str) -> tuple[str | None, str]:
    """Return host and digits."""
    if text.isascii() and text.isdecimal():
        return None, text
    url = _URL.fullmatch(text)
    if url is None:
        raise CodeMalformed(f"got {text[:60]!r}, wanted https://<verifying host>/v#<digits>, or the digits")
    if not may_be_asked(url["scheme"], url["host"]):
        raise CodeMalformed(f"got http://{url['host']}, wanted https")
    return url["host"], url["digits"]


def _read_payload(payload: bytes) -> tuple[bytes, bytes]:
    try:
        value = cbor.decode(payload)
    except ValueError as exc:
        raise CodeMalformed(f"payload: {exc}") from exc
    match value:
        case [bytes() as facts_bytes, bytes() as signing_input_hash] if len(signing_input_hash) == HASH:
            return facts_bytes, signing_input_hash
        case _:
            raise CodeMalformed("payload: got other CBOR than F and a hash of 32 bytes")


def _read_path(unprotected: dict[int, cbor.CBOR]) -> InclusionPath | None:
    match unprotected:
        case {-65537: members}:
            return read_path(members)
        case _ if not unprotected:
            return None
        case _:
            raise CodeMalformed("got unprotected members other than an inclusion path")


def _path_fault(path: InclusionPath | None) -> str:
    """Say which limit a path oversteps; whether it fits its index and size is for `chain.merkle`."""
    if path is None:
        return ""
    if not 0 <= path.index < path.size <= MAX_BATCH:
        return f"got leaf {path.index} of {path.size}, wanted one of at most {MAX_BATCH}"
    if len(path.hashes) > MAX_PATH or any(len(node) != HASH for node in path.hashes):
        return f"got {len(path.hashes)} hashes in a path, wanted at most {MAX_PATH}, of {HASH} bytes each"
    return ""
