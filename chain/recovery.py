"""Whose secp256k1 key made a signature, as Ethereum recovers it."""

from __future__ import annotations

from coincurve import PublicKey

from chain.errors import EvidenceMalformed
from chain.keccak import keccak

SIGNATURE_BYTES = 65
"""r ‖ s ‖ v."""
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order n of secp256k1 (SEC 2, section 2.4.1)."""
_HALF_ORDER = _ORDER // 2
_ADDRESS = 20


def signer_of(digest: bytes, signature: bytes) -> bytes | None:
    """Return the address whose key made r ‖ s ‖ v over 32 bytes, v being 0 or 1; None if no key did.

    Raises:
        EvidenceMalformed: Not as we write signatures: for each with low s there would be another one with high s.
    """
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    if len(signature) != SIGNATURE_BYTES or signature[-1] > 1 or not (r > 0 and 0 < s <= _HALF_ORDER):
        raise EvidenceMalformed(f"got the signature {signature.hex()}, wanted r ‖ s ‖ v with low s and v 0 or 1")
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except ValueError:
        # Also where r is not below n: no key makes such a one.
        return None
    return keccak(key.format(compressed=False)[1:])[-_ADDRESS:]


def with_low_s(signature: bytes) -> bytes:
    """Return the one of r ‖ s ‖ v and r ‖ n - s ‖ 1 - v that we write; both are the same key's."""
    s = int.from_bytes(signature[32:64])
    if len(signature) != SIGNATURE_BYTES or signature[-1] > 1 or not _HALF_ORDER < s < _ORDER:
        return signature
    return signature[:32] + (_ORDER - s).to_bytes(32) + bytes([1 - signature[-1]])
