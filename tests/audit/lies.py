"""Lies about a registry's history, ready to be told by a `LyingNode`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chain.ethereum import logs as logging_of
from chain.ethereum.contracts import SELECTOR_BYTES, certificates, decode, encode
from chain.ethereum.wire import to_hex
from chain.events import BatchAnchored

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.events import Event
    from tests.audit.lying_node import LyingNode, Row
    from tests.audit.world import Anchored


def event_of(log: Row) -> Event:
    """Return the event that a log tells of."""
    return logging_of.decode(
        logging_of.Log(tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]), bytes.fromhex(log["data"][2:]))
    )


def log_of(event: Event, like: Row) -> Row:
    """Return a log that tells of another event at the same place."""
    log = logging_of.encode(event)
    return {**like, "topics": [to_hex(topic) for topic in log.topics], "data": to_hex(log.data)}


def forge(node: LyingNode, which: Callable[[Event], bool], forged: Callable[[Any], Event | None]) -> None:
    """Tell of other events in place of some, or of none where None comes back."""

    def edited(found: list[Row]) -> list[Row]:
        told: list[Row] = []
        for log in found:
            event: Event | None = event_of(log)
            if event is not None and which(event):
                event = forged(event)
                if event is not None:
                    told.append(log_of(event, log))
            else:
                told.append(log)
        return told

    node.edit_logs(edited)


def hide(node: LyingNode, which: Callable[[Event], bool]) -> None:
    """Withhold some events."""
    forge(node, which, lambda _event: None)


def invent(node: LyingNode, after: Callable[[Event], bool], *invented: Event) -> None:
    """Tell of events that never were, behind the ones named, as if the same transaction had made them."""

    def edited(found: list[Row]) -> list[Row]:
        told: list[Row] = []
        for log in found:
            told.append(log)
            if after(event_of(log)):
                place = int(log["logIndex"], 16)
                told += [
                    {**log_of(event, log), "logIndex": hex(place + number)}
                    for number, event in enumerate(invented, start=1)
                ]
        return told

    node.edit_logs(edited)


def is_batch(anchored: Anchored) -> Callable[[Event], bool]:
    """Return what recognises the event of a batch."""
    return lambda event: (
        isinstance(event, BatchAnchored) and (event.agency, event.root) == (anchored.office.agency, anchored.root)
    )


def withhold_leaf(node: LyingNode, anchored: Anchored, place: int = 0) -> None:
    """Show a batch's calldata without one of its leaves."""

    def without(calldata: bytes) -> bytes:
        anchor = certificates().functions["anchor"]
        assert calldata[:SELECTOR_BYTES] == anchor.selector
        agency, kind, version, leaves, signatures = decode(anchor.inputs, calldata[SELECTOR_BYTES:], "anchor")
        assert isinstance(leaves, tuple)
        kept = leaves[:place] + leaves[place + 1 :]
        return anchor.selector + encode(anchor.inputs, [agency, kind, version, kept, signatures])

    show_calldata(node, anchored, without)


def show_calldata(node: LyingNode, anchored: Anchored, shown: Callable[[bytes], bytes]) -> None:
    """Show other calldata of the transaction that anchored a batch."""
    hash_of = to_hex(anchored.transaction_hash)

    def edited(transaction: Row) -> Row:
        if transaction["hash"] != hash_of:
            return transaction
        return {**transaction, "input": to_hex(shown(bytes.fromhex(transaction["input"][2:])))}

    node.edit_transactions(edited)


def forge_root(node: LyingNode, anchored: Anchored, root: bytes = b"\x5a" * 32) -> None:
    """Tell of another root than the one that was anchored."""
    forge(node, is_batch(anchored), lambda event: replace(event, root=root))


def swap_code(node: LyingNode, address: bytes, code: bytes = b"\x60\x00\x60\x00\xfd") -> None:
    """Show other code at an address."""
    node.edit("eth_getCode", lambda params, true: to_hex(code) if params[0] == to_hex(address) else true)


def rewrite_block(node: LyingNode, number: int) -> None:
    """Show a block with another time, and with the hash that it then has not."""

    def edited(block: Row) -> Row:
        return {**block, "timestamp": hex(int(block["timestamp"], 16) + 1)} if block["number"] == hex(number) else block

    node.edit_blocks(edited)


def stop_at(node: LyingNode, number: int) -> None:
    """Show an old block as the newest one."""
    node.edit("eth_blockNumber", lambda _params, _true: hex(number))

    def newest(params: list[Any], true: Row | None) -> Any:  # noqa: ANN401 - as JSON is
        if params[0] in {"latest", "pending", "safe", "finalized"}:
            return node.ask("eth_getBlockByNumber", hex(number), *params[1:])
        return true if true is None or int(true["number"], 16) <= number else None

    node.edit("eth_getBlockByNumber", newest)


def hide_transaction(node: LyingNode, block: int, log_index: int = 0) -> None:
    """Withhold a transaction of a block altogether: its events, its receipt, and that it ever was in the block."""
    (log,) = (
        each
        for each in node.ask("eth_getLogs", {"fromBlock": hex(block), "toBlock": hex(block)})
        if each["logIndex"] == hex(log_index)
    )
    hidden = log["transactionHash"]
    node.edit_logs(lambda logs: [each for each in logs if each["transactionHash"] != hidden])

    def without(shown: Row) -> Row:
        kept = [each for each in shown["transactions"] if (each["hash"] if isinstance(each, dict) else each) != hidden]
        return {**shown, "transactions": kept}

    node.edit_blocks(without)
    node.edit(
        "eth_getBlockReceipts",
        lambda _params, shown: shown and [each for each in shown if each["transactionHash"] != hidden],
    )
    node.edit("eth_getTransactionByHash", lambda params, shown: None if params[0] == hidden else shown)
