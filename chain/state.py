"""What a contract's storage holds, proven from a block's state root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.errors import EvidenceMalformed, NotProven
from chain.keccak import keccak
from chain.trie import value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.strict_rlp import Item

WORD = 32
NO_CODE = keccak(b"")
"""The code's hash of an account that has none."""


def storage_root(state_root: bytes, address: bytes, nodes: Sequence[bytes]) -> bytes:
    """Return the root of an account's storage (Yellow Paper, 4.1); raises `NotProven` if there is no such account."""
    hashes = _hashes(state_root, address, nodes)
    if hashes is None:
        raise NotProven(f"got a proof that there is no account {address.hex()}, wanted the contract there")
    return hashes[0]


def code_hash(state_root: bytes, address: bytes, nodes: Sequence[bytes]) -> bytes:
    """Return what an account's code hashes to; where there is no account, there is no code. Raises `NotProven`."""
    hashes = _hashes(state_root, address, nodes)
    return NO_CODE if hashes is None else hashes[1]


def word(storage_root: bytes, slot: bytes, nodes: Sequence[bytes]) -> bytes:
    """Return the 32 bytes in a slot, zeros where nothing is proven to lie there; raises `NotProven`."""
    value = value_at(storage_root, keccak(slot), nodes)
    if value is None:
        return bytes(WORD)
    number = _decoded(value)
    if not isinstance(number, bytes) or not 0 < len(number) <= WORD or number[0] == 0:
        raise NotProven(f"got {value.hex()[:80]} in the slot {slot.hex()}, wanted a number of at most {WORD} bytes")
    return number.rjust(WORD, b"\x00")


def _hashes(state_root: bytes, address: bytes, nodes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the hashes of an account's storage and code; None where it is proven that there is no such account."""
    account = value_at(state_root, keccak(address), nodes)
    if account is None:
        return None
    match _decoded(account):
        case [bytes(), bytes(), bytes() as root, bytes() as code] if len(root) == len(code) == WORD:
            return root, code
        case _:
            raise NotProven(f"got an account {address.hex()} that is not nonce, balance and two hashes")


def _decoded(value: bytes) -> Item:
    try:
        return strict_rlp.decode(value, depth=1)
    except EvidenceMalformed as exc:
        raise NotProven(f"got a value that is no RLP: {exc}") from exc
