"""Headers of blocks as their seals and proofs need them: the very bytes that were hashed, made from what a node shows.

A node shows a header's members one by one. Put together again they must hash to the block's hash, so whatever a node
leaves out, adds or changes is noticed here.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from chain import seals, strict_rlp
from chain.errors import EvidenceMalformed, RegistryUnavailable
from chain.ethereum.rpc import Request
from chain.ethereum.wire import HASH_BYTES, data, member, quantity, to_hex
from chain.header import Header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.rpc import Rpc
    from chain.ethereum.wire import Json
    from chain.seals import SealScheme

_METHOD = "eth_getBlockByNumber"


class _Form(Enum):
    BYTES = auto()
    NUMBER = auto()


_FIRST = (
    ("parentHash", _Form.BYTES),
    ("sha3Uncles", _Form.BYTES),
    ("miner", _Form.BYTES),
    ("stateRoot", _Form.BYTES),
    ("transactionsRoot", _Form.BYTES),
    ("receiptsRoot", _Form.BYTES),
    ("logsBloom", _Form.BYTES),
    ("difficulty", _Form.NUMBER),
    ("number", _Form.NUMBER),
    ("gasLimit", _Form.NUMBER),
    ("gasUsed", _Form.NUMBER),
    ("timestamp", _Form.NUMBER),
    ("extraData", _Form.BYTES),
    ("mixHash", _Form.BYTES),
    ("nonce", _Form.BYTES),
)
_LATER = (
    ("baseFeePerGas", _Form.NUMBER),
    ("withdrawalsRoot", _Form.BYTES),
    ("blobGasUsed", _Form.NUMBER),
    ("excessBlobGas", _Form.NUMBER),
    ("parentBeaconBlockRoot", _Form.BYTES),
    ("requestsHash", _Form.BYTES),
    ("blockAccessListHash", _Form.BYTES),
    ("slotNumber", _Form.NUMBER),
)
"""What forks added, in this order; a chain has the first few of them."""


def read(rpc: Rpc, numbers: Sequence[int], scheme: SealScheme) -> list[Header]:
    """Return the headers of these heights; raises `RegistryUnavailable` for a block that does not hash to its hash."""
    return [header_of(block, number, scheme) for number, block in zip(numbers, blocks(rpc, numbers), strict=True)]


def blocks(rpc: Rpc, numbers: Sequence[int]) -> list[Json]:
    """Return blocks as the node shows them, with the hashes of their transactions."""
    return rpc.ask_all([Request(_METHOD, (to_hex(number), False)) for number in numbers])


def header_of(block: Json, number: int, scheme: SealScheme) -> Header:
    """Return the header of a block that a node shows; raises `RegistryUnavailable` if it is not what was hashed."""
    if block is None:
        raise RegistryUnavailable(f"{_METHOD}: the node has no block {number}")
    told = data(member(block, "hash", _METHOD), f"{_METHOD} hash", length=HASH_BYTES)
    try:
        header = shown(block)
        made = seals.block_hash(header, scheme)
    except EvidenceMalformed as exc:
        raise RegistryUnavailable(f"{_METHOD}: block {number} has a header that is none: {exc}") from exc
    if made != told:
        raise RegistryUnavailable(
            f"{_METHOD}: block {number} shows {len(header.items)} members that hash to 0x{made.hex()} by "
            f"{scheme.value}, but the hash 0x{told.hex()}"
        )
    if header.number != number:
        raise RegistryUnavailable(f"{_METHOD}: got block {header.number}, wanted {number}")
    return seals.with_low_seals(header, scheme)


def shown(block: Json) -> Header:
    """Return the header that a block's members make, whatever it hashes to; raises `EvidenceMalformed` if none."""
    values = [_value(member(block, name, _METHOD), name, form) for name, form in _FIRST]
    for name, form in _LATER:
        if not isinstance(block, dict) or block.get(name) is None:
            break
        values.append(_value(block[name], name, form))
    return Header.parse(strict_rlp.encode([*values]))


def _value(answer: Json, name: str, form: _Form) -> bytes:
    what = f"{_METHOD} {name}"
    match form:
        case _Form.BYTES:
            return data(answer, what)
        case _Form.NUMBER:
            return as_scalar(quantity(answer, what))


def as_scalar(number: int) -> bytes:
    """Return a number as RLP wants it: big-endian, without leading zeros, nothing for zero."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
