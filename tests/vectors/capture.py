"""Tells the scenes on anvil and keeps what the vectors are made of: raw headers, receipts, logs and state proofs.

Run by hand, and seldom: `.venv/bin/python -m tests.vectors.capture`. Writes `raw/*.json`. Headers and receipts are
encoded here from the node's JSON, and kept only if they hash to what the node says.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rlp
from eth_utils.crypto import keccak
from trie import HexaryTrie

from chain import events
from chain.ethereum.network import Anvil
from chain.ethereum.wire import to_hex
from tests.vectors.scenes import BEGINNING, BLOCK_PERIOD_S, SCENES

if TYPE_CHECKING:
    from chain.ethereum.wire import Json
    from chain.events import BatchAnchored
    from chain.registry import Receipt
    from tests.vectors.scenes import Stage

RAW = Path(__file__).parent / "raw"
TYPES = Path(__file__).parents[2] / "chain" / "certificate_types"
AFTER = 3
"""How many blocks after each kept one are kept as well, for runs of Clique."""

_HEADER = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""A header's items in order, and whether each is a number."""


def main() -> None:
    """Tell each scene on a chain of its own."""
    RAW.mkdir(exist_ok=True)
    for name, (hardfork, tell) in SCENES.items():
        with Anvil.start(hardfork=hardfork, options=("--timestamp", str(BEGINNING))) as anvil:
            anvil.ask("anvil_setBlockTimestampInterval", BLOCK_PERIOD_S)
            here, batches = tell(anvil)
            kept = {"name": name, "hardfork": hardfork, **_kept(here, batches)}
        path = RAW / f"{name}.json"
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes, {kept['fields']} fields, {len(kept['logs'])} logs")  # noqa: T201


def _kept(here: Stage, batches: dict[str, Receipt]) -> dict[str, Any]:
    identity = here.writer.identity()
    newest = here.writer.newest().number
    checkpoint = newest - 6
    """The last block with an event; six empty ones follow."""
    wanted = {receipt.block_number: receipt for receipt in batches.values()}
    numbers = sorted({at + step for at in (*wanted, checkpoint, newest - AFTER) for step in range(AFTER + 1)})
    blocks = {number: _block(here.anvil, number) for number in numbers}
    return {
        "chain_id": identity.chain_id,
        "registry_id": identity.registry_id.hex(),
        "registry": identity.address.hex(),
        "agencies": identity.agencies_address.hex(),
        "fields": len(_items(blocks[checkpoint])),
        "members": [member.address.hex() for member in here.members],
        "headers": {number: rlp.encode(_items(block)).hex() for number, block in blocks.items()},
        "receipts": {number: _receipts(here.anvil, blocks[number]) for number in wanted},
        "batches": [_batch(here, label, receipt) for label, receipt in batches.items()],
        "checkpoint": {
            "block": checkpoint,
            "state": [
                _proof(here.anvil, identity.address, (0, 1), checkpoint),
                _proof(here.anvil, identity.agencies_address, (2,), checkpoint),
            ],
        },
        "logs": _logs(here, checkpoint),
        "type_files": _type_files(here),
    }


def _ask(anvil: Anvil, method: str, *params: Json) -> Any:  # noqa: ANN401 - the node's JSON
    return anvil.ask(method, *params)


def _block(anvil: Anvil, number: int) -> dict[str, Any]:
    block: dict[str, Any] = _ask(anvil, "eth_getBlockByNumber", to_hex(number), False)  # noqa: FBT003 - the RPC's own argument
    assert keccak(rlp.encode(_items(block))) == _bytes(block["hash"]), f"block {number} does not hash to its hash"
    return block


def _items(block: dict[str, Any]) -> list[bytes]:
    return [_number(block[name]) if is_number else _bytes(block[name]) for name, is_number in _HEADER if name in block]


def _receipts(anvil: Anvil, block: dict[str, Any]) -> list[str]:
    """Return all receipts of a block as they stand in the trie, held to the header's root."""
    answers = _ask(anvil, "eth_getBlockReceipts", block["number"])
    receipts = [_receipt(answer) for answer in answers]
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = receipt
    assert trie.root_hash == _bytes(block["receiptsRoot"]), "the receipts do not make the header's root"
    return [receipt.hex() for receipt in receipts]


def _receipt(answer: dict[str, Any]) -> bytes:
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in answer["logs"]
    ]
    body = rlp.encode(
        [_number(answer["status"]), _number(answer["cumulativeGasUsed"]), _bytes(answer["logsBloom"]), logs]
    )
    return bytes(_number(answer["type"])) + bytes(body)


def _batch(here: Stage, label: str, receipt: Receipt) -> dict[str, Any]:
    """Return what was anchored, with the state evidence of its slot at that block."""
    event: BatchAnchored = next(
        record.event for record in receipt.records if isinstance(record.event, events.BatchAnchored)
    )
    outer = keccak(event.agency.to_bytes(32) + (5).to_bytes(32))
    slot = int.from_bytes(keccak(event.root + outer))
    answer = _ask(here.anvil, "eth_getTransactionReceipt", to_hex(receipt.transaction_hash))
    return {
        "name": label,
        "block": receipt.block_number,
        "transaction_index": int(str(answer["transactionIndex"]), 16),
        "agency": event.agency,
        "root": event.root.hex(),
        "state": _proof(here.anvil, here.writer.address, (slot,), receipt.block_number),
    }


def _proof(anvil: Anvil, address: bytes, slots: tuple[int, ...], block: int) -> dict[str, Any]:
    answer = _ask(anvil, "eth_getProof", to_hex(address), [f"0x{slot:064x}" for slot in slots], to_hex(block))
    return {
        "account": [node[2:] for node in answer["accountProof"]],
        "slots": [[node[2:] for node in each["proof"]] for each in answer["storageProof"]],
    }


def _logs(here: Stage, last: int) -> list[dict[str, Any]]:
    identity = here.writer.known()
    answer = _ask(
        here.anvil,
        "eth_getLogs",
        {
            "fromBlock": "0x0",
            "toBlock": to_hex(last),
            "address": [to_hex(identity.address), to_hex(identity.agencies_address)],
        },
    )
    return [
        {
            "block": int(log["blockNumber"], 16),
            "timestamp": int(_block(here.anvil, int(log["blockNumber"], 16))["timestamp"], 16),
            "index": int(log["logIndex"], 16),
            "topics": [topic[2:] for topic in log["topics"]],
            "data": log["data"][2:],
        }
        for log in answer
    ]


def _type_files(here: Stage) -> list[str]:
    """Return the data files of the types that the registry lists, for packs."""
    files = {sha256(path.read_bytes()).digest(): path.read_bytes() for path in sorted(TYPES.glob("*.json"))}
    listed = [here.governing.type_digest(number, 1) for number in (1, 2)]
    return [files[digest].hex() for digest in listed if digest]


def _bytes(text: Any) -> bytes:  # noqa: ANN401 - the node's JSON
    return bytes.fromhex(str(text)[2:])


def _number(text: Any) -> bytes:  # noqa: ANN401 - the node's JSON
    number = int(str(text), 16)
    return number.to_bytes((number.bit_length() + 7) // 8)


if __name__ == "__main__":
    main()
