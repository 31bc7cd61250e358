"""Headers that nobody has sealed yet, of any number of items."""

from __future__ import annotations

from hashlib import sha256

import rlp

LATER_ITEMS = (
    b"\x07",  # base fee
    sha256(b"withdrawals").digest(),
    b"",  # blob gas used
    b"",  # excess blob gas
    sha256(b"parent beacon block").digest(),
    sha256(b"requests").digest(),
    sha256(b"block access list").digest(),
    b"\x05",  # slot number
)
"""What London and later rules put behind the fifteen, in their order."""


def raw_header(
    *,
    items: int = 15,
    number: int = 100,
    timestamp: int = 1_767_225_600,
    state_root: bytes = sha256(b"state").digest(),
    receipts_root: bytes = sha256(b"receipts").digest(),
) -> bytes:
    """Return a header as a development chain has it."""
    fifteen = [
        sha256(b"parent").digest(),
        sha256(b"ommers").digest(),
        bytes(20),
        state_root,
        sha256(b"transactions").digest(),
        receipts_root,
        bytes(256),
        b"",
        _scalar(number),
        _scalar(30_000_000),
        _scalar(91_862),
        _scalar(timestamp),
        b"a development chain",
        bytes(32),
        bytes(8),
    ]
    return bytes(rlp.encode([*fifteen, *LATER_ITEMS[: items - len(fifteen)]]))


def _scalar(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
