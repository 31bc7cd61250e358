"""Who signed a transaction, by its own bytes: what a node says of a sender is only its word.

The bytes are made again from the members that JSON-RPC shows. What they hash to is the transaction's hash, and so no
member can be altered under it; the address that sent it is recovered from the signature over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import recovery, strict_rlp
from chain.errors import EvidenceMalformed, RegistryUnavailable
from chain.ethereum.wire import data, items, member, quantity
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.wire import Json
    from chain.strict_rlp import Item

_WHAT = "transaction"
_LEGACY = 0
_FIELDS = {
    _LEGACY: ("nonce", "gasPrice", "gas", "to", "value", "input"),
    1: ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input", "accessList"),
    2: (
        *("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input"),
        "accessList",
    ),
    3: (
        *("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input"),
        *("accessList", "maxFeePerBlobGas", "blobVersionedHashes"),
    ),
    4: (
        *("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input"),
        *("accessList", "authorizationList"),
    ),
}
"""What is signed, by type, in its order: EIP-155, EIP-2930, EIP-1559, EIP-4844, EIP-7702."""
_AUTHORISED = ("chainId", "address", "nonce", "yParity", "r", "s")
_V_BASE = 27
_EIP155_V_BASE = 35


@dataclass(frozen=True, slots=True)
class Signed:
    """What a transaction's own bytes say."""

    hash: bytes
    signer: bytes | None
    """None if its signature is nobody's."""


def read(answer: Json) -> Signed | None:
    """Return what a transaction as JSON-RPC shows it hashes to, and who signed it.

    None where that cannot be told: it is of a type that is not known here, or does not show all that was signed.
    """
    try:
        kind = quantity(answer["type"], _WHAT) if isinstance(answer, dict) and "type" in answer else _LEGACY
        if kind not in _FIELDS:
            return None
        fields = [_field(answer, name) for name in _FIELDS[kind]]
        r, s = (quantity(member(answer, name, _WHAT), name) for name in "rs")
        if kind != _LEGACY:
            return _typed(bytes([kind]), fields, _parity(answer), r, s)
        return _legacy(fields, quantity(member(answer, "v", _WHAT), "v"), r, s)
    except RegistryUnavailable:
        return None


def _typed(kind: bytes, fields: Sequence[Item], parity: int, r: int, s: int) -> Signed:
    digest = keccak(kind + strict_rlp.encode([*fields]))
    whole = kind + strict_rlp.encode([*fields, _number(parity), _number(r), _number(s)])
    return Signed(keccak(whole), _signer(digest, parity, r, s))


def _legacy(fields: Sequence[Item], v: int, r: int, s: int) -> Signed:
    whole = strict_rlp.encode([*fields, _number(v), _number(r), _number(s)])
    if v < _EIP155_V_BASE:
        # Before EIP-155 no chain was named.
        return Signed(keccak(whole), _signer(keccak(strict_rlp.encode([*fields])), v - _V_BASE, r, s))
    chain, parity = divmod(v - _EIP155_V_BASE, 2)
    digest = keccak(strict_rlp.encode([*fields, _number(chain), b"", b""]))
    return Signed(keccak(whole), _signer(digest, parity, r, s))


def _signer(digest: bytes, parity: int, r: int, s: int) -> bytes | None:
    if parity not in {0, 1}:
        return None
    try:
        return recovery.signer_of(digest, r.to_bytes(32) + s.to_bytes(32) + bytes([parity]))
    except EvidenceMalformed:
        return None


def _parity(answer: Json) -> int:
    # Older nodes show it as `v` only.
    name = "yParity" if isinstance(answer, dict) and "yParity" in answer else "v"
    return quantity(member(answer, name, _WHAT), name)


def _field(answer: Json, name: str) -> Item:
    value = member(answer, name, _WHAT)
    match name:
        case "to":
            return b"" if value is None else data(value, name, length=20)
        case "input":
            return data(value, name)
        case "accessList":
            return [
                [data(member(each, "address", name), name), _words(member(each, "storageKeys", name), name)]
                for each in items(value, name)
            ]
        case "blobVersionedHashes":
            return _words(value, name)
        case "authorizationList":
            return [
                [_authorised(member(each, inner, name), inner) for inner in _AUTHORISED] for each in items(value, name)
            ]
        case _:
            return _number(quantity(value, name))


def _authorised(value: Json, name: str) -> bytes:
    return data(value, name) if name == "address" else _number(quantity(value, name))


def _words(values: Json, what: str) -> Item:
    return [data(each, what, length=32) for each in items(values, what)]


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)
