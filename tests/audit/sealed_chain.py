"""A development chain shown as if a consortium had sealed it: the same state and receipts, other headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chain.ethereum import headers
from chain.ethereum.wire import to_hex
from tests.sealed import EXTRA, NONCE, OMMERS, PARENT, Bft, items_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.audit.lying_node import LyingNode, Row
    from tests.sealed import Validator

_MEMBERS = {PARENT: "parentHash", OMMERS: "sha3Uncles", 2: "miner", EXTRA: "extraData", 13: "mixHash", NONCE: "nonce"}
"""What sealing changes, by its place in a header."""


def seal(node: LyingNode, last: int, how: Bft, by: Callable[[int], Sequence[Validator]]) -> bytes:
    """Have a node show blocks 0 to `last` sealed by those whom `by` tells for a height; returns the genesis hash."""
    shown: dict[str, Row] = {}
    renamed: dict[str, str] = {}
    parent = bytes(32)
    genesis = b""
    for number in range(last + 1):
        true = node.ask("eth_getBlockByNumber", hex(number), False)  # noqa: FBT003 - the RPC's own argument
        items = how.prepared(headers.shown(true).encode(), parent=parent)
        sealed = items_of(how.with_seals(items, [each.seal(how.commit_hash(items)) for each in by(number)]))
        parent = how.block_hash(items)
        genesis = genesis or parent
        changed = {name: to_hex(sealed[place]) for place, name in _MEMBERS.items()}
        shown[true["hash"]] = {**changed, "difficulty": "0x1", "hash": to_hex(parent)}
        renamed[true["hash"]] = to_hex(parent)

    def within(row: Row) -> Row:
        return {**row, "blockHash": renamed.get(row["blockHash"], row["blockHash"])}

    node.edit_blocks(lambda block: {**block, **shown.get(block["hash"], {})})
    node.edit_transactions(within)
    node.edit_logs(lambda logs: [within(log) for log in logs])
    _ask_by_true_hash(node, renamed)
    return genesis


def _ask_by_true_hash(node: LyingNode, renamed: dict[str, str]) -> None:
    """Let blocks be named by their new hashes in questions."""
    true_of = {new: old for old, new in renamed.items()}

    def renaming(params: list[Any]) -> list[Any]:
        return [true_of.get(each, each) if isinstance(each, str) else each for each in params]

    for method in ("eth_getBlockByHash", "eth_getTransactionByBlockHashAndIndex", "eth_getBlockReceipts"):
        node.ask_otherwise(method, renaming)
