"""ES256 keys: who they are, what they sign, what they vouch for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from chain.base64url import encode as base64url
from chain.errors import InvalidInput, SignatureInvalid, SigningFailed

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order n of P-256 (SEC 2, section 2.4.2)."""
_PRIME = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
"""The prime p of P-256's field (SEC 2, section 2.4.2)."""
SIGNATURE_BYTES = 64
_HALF = SIGNATURE_BYTES // 2
_ES256 = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of P-256; raises `InvalidInput` for anything else. Whose key it is, only the registry says."""

    x: bytes
    """32 bytes, big-endian."""
    y: bytes
    """32 bytes, big-endian."""

    def __post_init__(self) -> None:
        """Refuse a point that is not on the curve, which would open the door to invalid-curve attacks."""
        if len(self.x) != _HALF or len(self.y) != _HALF:
            raise InvalidInput(f"got coordinates of {len(self.x)} and {len(self.y)} bytes, wanted 32 and 32")
        if max(int.from_bytes(self.x), int.from_bytes(self.y)) >= _PRIME:
            # The library takes them modulo p, and then one key would have two names.
            raise InvalidInput(
                f"got x {self.x.hex()} and y {self.y.hex()}, wanted a point on P-256, its numbers below p"
            )
        _loaded(self.x, self.y)

    @classmethod
    def of(cls, private: ec.EllipticCurvePrivateKey) -> PublicKey:
        """Return the public half; raises `InvalidInput` if the key is on another curve."""
        if not isinstance(private.curve, ec.SECP256R1):
            raise InvalidInput(f"got a key on {private.curve.name}, wanted one on P-256")
        numbers = private.public_key().public_numbers()
        return cls(x=numbers.x.to_bytes(_HALF), y=numbers.y.to_bytes(_HALF))

    @property
    def kid(self) -> bytes:
        """The key's name, 32 bytes: SHA-256 over its JWK with the required members, sorted (RFC 7638, section 3)."""
        return _thumbprint(self.x, self.y)

    def jwk(self) -> dict[str, str]:
        """Return the key as others' libraries read it (RFC 7517)."""
        return {"crv": "P-256", "kty": "EC", "x": base64url(self.x), "y": base64url(self.y)}

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check r ‖ s over a message; raises `SignatureInvalid`.

        Takes (r, s) and (r, n - s) alike, as ECDSA does. What is printed or filed is held to low s where it is parsed.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise SignatureInvalid(f"got a signature of {len(signature)} bytes, wanted {SIGNATURE_BYTES}")
        der = encode_dss_signature(int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))
        try:
            _loaded(self.x, self.y).verify(der, message, _ES256)
        except InvalidSignature as exc:
            raise SignatureInvalid(f"got a signature that the key {base64url(self.kid)} did not make") from exc


def sign(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Sign with ES256 and return r ‖ s with low s, 64 bytes; raises `SigningFailed`."""
    try:
        r, s = decode_dss_signature(private.sign(message, _ES256))
    except UnsupportedAlgorithm as exc:
        raise SigningFailed(f"the key does not sign with ES256: {exc}") from exc
    return r.to_bytes(_HALF) + min(s, ORDER - s).to_bytes(_HALF)


def signer(private: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    """Bind a key of P-256 to `sign`, in the shape that `Prepared.sign` and `code.make` take."""
    PublicKey.of(private)
    return lambda message: sign(private, message)


def low_s(signature: bytes) -> bytes:
    """Return the one of (r, s) and (r, n - s) that we write; raises `SigningFailed` if it is no signature at all.

    Both verify, so without a choice there would be two codes for one paper. Hardware returns either.
    """
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    if len(signature) != SIGNATURE_BYTES or not (0 < r < ORDER and 0 < s < ORDER):
        raise SigningFailed(f"the signer returned {len(signature)} bytes that are no ES256 signature r ‖ s")
    return signature if 2 * s < ORDER else signature[:_HALF] + (ORDER - s).to_bytes(_HALF)


def fault_of(signature: bytes) -> str:
    """Say what keeps these bytes from being a signature as we write them; empty if nothing does."""
    r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
    if len(signature) != SIGNATURE_BYTES:
        return f"got a signature of {len(signature)} bytes, wanted {SIGNATURE_BYTES}"
    if not (0 < r < ORDER and 0 < s < ORDER):
        return "got a signature whose r or s is not between 0 and the order of P-256"
    if 2 * s > ORDER:
        return "got a signature with high s, wanted the low one: one paper has one code"
    return ""


@lru_cache(maxsize=1024)
def _thumbprint(x: bytes, y: bytes) -> bytes:
    return sha256(f'{{"crv":"P-256","kty":"EC","x":"{base64url(x)}","y":"{base64url(y)}"}}'.encode()).digest()


@lru_cache(maxsize=1024)
def _loaded(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    """Load a point once: OpenSSL spends as much time on loading it as on verifying with it."""
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError as exc:
        raise InvalidInput(f"got x {x.hex()} and y {y.hex()}, wanted a point on P-256") from exc
