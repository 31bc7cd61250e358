"""The raw material that `capture` kept, and what a proof takes from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import rlp
from trie import HexaryTrie

from chain import merkle
from tests.deployed import leaves_of
from tests.vectors.scenes import CERTIFICATE

RAW = Path(__file__).parents[1] / "raw"
LEAVES = {
    "one": ("one", 1),
    "two": ("two", 2),
    "two again, by another agency": ("two", 2),
    "three": ("three", 3),
    "three, by another agency": ("three", 3),
    "one thousand": ("thousand", 1000),
    "among twenty transactions": ("crowded", 5),
    "in a legacy transaction": ("legacy", 3),
    "replacing two": ("replacing", 2),
    "after it all": ("after", 4),
}
"""The leaves of each batch of the scenes, by label and number."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was anchored."""

    name: str
    block: int
    transaction_index: int
    agency: int
    root: bytes
    leaves: tuple[bytes, ...]
    account_nodes: list[bytes]
    slot_nodes: list[bytes]


@dataclass(frozen=True, slots=True)
class Material:
    """One chain's."""

    name: str
    chain_id: int
    registry_id: bytes
    registry: bytes
    agencies: bytes
    headers: dict[int, bytes]
    receipts: dict[int, list[bytes]]
    batches: dict[str, Batch]
    checkpoint: int
    """The block after which the state was proven."""
    state: list[list[bytes]]
    """Nodes of the account Certificates, its slots 0 and 1, the account Agencies, its slot 2."""
    logs: list[dict[str, Any]]
    type_files: list[bytes]
    """Of two types that the registry lists."""

    def run(self, first: int, length: int) -> list[bytes]:
        """Return consecutive headers."""
        return [self.headers[number] for number in range(first, first + length)]

    def receipt_nodes(self, batch: Batch, *, index: int | None = None) -> list[bytes]:
        """Return the nodes from the receipts' root down to the batch's receipt, or to another one."""
        trie = HexaryTrie({})
        for place, receipt in enumerate(self.receipts[batch.block]):
            trie[rlp.encode(place)] = receipt
        key = rlp.encode(batch.transaction_index if index is None else index)
        # A node shorter than a hash lies within its parent and does not travel by itself.
        nodes = [rlp.encode(node) for node in trie.get_proof(key)]
        return [node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]


def path_of(leaves: tuple[bytes, ...], index: int) -> list[Any]:
    """Return an inclusion path as a proof carries it: size, index, hashes."""
    return [len(leaves), index, list(merkle.inclusion_path(leaves, index))]


@cache
def material(name: str) -> Material:
    """Return what was kept of a chain."""
    kept = json.loads((RAW / f"{name}.json").read_text(encoding="utf-8"))
    certificates, agencies = kept["checkpoint"]["state"]
    return Material(
        name=name,
        chain_id=kept["chain_id"],
        registry_id=bytes.fromhex(kept["registry_id"]),
        registry=bytes.fromhex(kept["registry"]),
        agencies=bytes.fromhex(kept["agencies"]),
        headers={int(number): bytes.fromhex(header) for number, header in kept["headers"].items()},
        receipts={int(number): _all(receipts) for number, receipts in kept["receipts"].items()},
        batches={each["name"]: _batch(each) for each in kept["batches"]},
        checkpoint=kept["checkpoint"]["block"],
        state=[
            _all(certificates["account"]),
            *map(_all, certificates["slots"]),
            _all(agencies["account"]),
            *map(_all, agencies["slots"]),
        ],
        logs=kept["logs"],
        type_files=_all(kept["type_files"]),
    )


def _batch(kept: dict[str, Any]) -> Batch:
    leaves: tuple[bytes, ...] = (bytes.fromhex(CERTIFICATE["leaf"]),)
    if kept["name"] in LEAVES:
        leaves = leaves_of(*LEAVES[kept["name"]])
    assert merkle.root(leaves).hex() == kept["root"], f"{kept['name']}: these are not its leaves"
    return Batch(
        name=kept["name"],
        block=kept["block"],
        transaction_index=kept["transaction_index"],
        agency=kept["agency"],
        root=bytes.fromhex(kept["root"]),
        leaves=leaves,
        account_nodes=_all(kept["state"]["account"]),
        slot_nodes=_all(kept["state"]["slots"][0]),
    )


def _all(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]
