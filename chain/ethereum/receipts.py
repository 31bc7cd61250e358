"""Receipts of a block as their trie holds them: what every transaction of the block did, in consensus encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.errors import RegistryUnavailable
from chain.ethereum import headers
from chain.ethereum.headers import as_scalar
from chain.ethereum.rpc import NodeError, Request
from chain.ethereum.wire import ADDRESS_BYTES, HASH_BYTES, data, items, member, quantity, to_hex

if TYPE_CHECKING:
    from chain.ethereum.rpc import Rpc
    from chain.ethereum.wire import Json
    from chain.strict_rlp import Item

_AT_ONCE = "eth_getBlockReceipts"
_ONE = "eth_getTransactionReceipt"
_UNKNOWN_METHOD = frozenset({-32601, -32604})
"""JSON-RPC's code for a method that is not there, and Besu's for one that is switched off."""
_BLOOM_BYTES = 256


class Receipts:
    """A node's receipts, at once where it can, one by one where it cannot; which of both is remembered."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._at_once = True

    def of_block(self, number: int) -> list[bytes]:
        """Return all receipts of a block, encoded, in the order of the transactions.

        Not checked: that the block's header knows these receipts.
        """
        answers = self._ask_at_once(number) if self._at_once else None
        if answers is None:
            answers = self._ask_one_by_one(number)
        if any(answer is None for answer in answers):
            raise RegistryUnavailable(f"{_ONE}: the node has not all {len(answers)} receipts of block {number}")
        indexed = {
            quantity(member(each, "transactionIndex", _ONE), f"{_ONE} transactionIndex"): each for each in answers
        }
        if len(answers) != len(indexed) or sorted(indexed) != list(range(len(indexed))):
            raise RegistryUnavailable(
                f"block {number}: got {len(answers)} receipts with the indices {sorted(indexed)}, "
                "wanted one for each transaction"
            )
        return [encoded(indexed[index]) for index in range(len(indexed))]

    def _ask_at_once(self, number: int) -> list[Json] | None:
        """Ask for all at once; None from a node that cannot, which is not asked so again."""
        try:
            answer = self._rpc.ask(_AT_ONCE, to_hex(number))
        except NodeError as exc:
            if exc.code not in _UNKNOWN_METHOD:
                raise
            self._at_once = False
            return None
        return items(answer, _AT_ONCE)

    def _ask_one_by_one(self, number: int) -> list[Json]:
        (block,) = headers.blocks(self._rpc, [number])
        hashes = items(member(block, "transactions", "eth_getBlockByNumber"), "eth_getBlockByNumber transactions")
        return self._rpc.ask_all([Request(_ONE, (each,)) for each in hashes])


def key(index: int) -> bytes:
    """Return the key of a transaction's receipt in the receipts trie."""
    return strict_rlp.encode(as_scalar(index))


def encoded(receipt: Json) -> bytes:
    """Return a receipt as the receipts trie holds it (EIP-2718: typed ones with their type in front)."""
    contents: list[Item] = [
        as_scalar(_number(receipt, "status")),
        as_scalar(_number(receipt, "cumulativeGasUsed")),
        data(member(receipt, "logsBloom", _ONE), f"{_ONE} logsBloom", length=_BLOOM_BYTES),
        [_log(each) for each in items(member(receipt, "logs", _ONE), f"{_ONE} logs")],
    ]
    # Chains from before there were types do not show one.
    kind = _number(receipt, "type") if isinstance(receipt, dict) and receipt.get("type") is not None else 0
    return as_scalar(kind) + strict_rlp.encode(contents)


def _log(log: Json) -> Item:
    topics: list[Item] = [
        data(topic, f"{_ONE} topic", length=HASH_BYTES)
        for topic in items(member(log, "topics", _ONE), f"{_ONE} topics")
    ]
    return [
        data(member(log, "address", _ONE), f"{_ONE} log address", length=ADDRESS_BYTES),
        topics,
        data(member(log, "data", _ONE), f"{_ONE} log data"),
    ]


def _number(receipt: Json, name: str) -> int:
    return quantity(member(receipt, name, _ONE), f"{_ONE} {name}")
