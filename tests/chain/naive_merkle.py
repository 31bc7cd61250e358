"""Merkle trees straight from the recursive definitions of RFC 9162, section 2.1: slow, and easy to believe.

Leaves are hashes already; otherwise the names are the RFC's.
"""

from __future__ import annotations

from hashlib import sha256


def mth(d: list[bytes]) -> bytes:
    """Return the Merkle tree hash (2.1.1)."""
    match len(d):
        case 0:
            return sha256(b"").digest()
        case 1:
            return d[0]
        case n:
            k = split(n)
            return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    """Return the inclusion proof for the leaf of index m (2.1.3.1)."""
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def split(n: int) -> int:
    """Return the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
