"""Headers, seals and proofs of live networks, which are not ours to publish.

The file is looked for where YINXIN_GENUINE_VECTORS says, or beside the project; where it is not, these tests are
skipped and say so.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
import rlp

from chain.errors import NotProven, SealsInsufficient
from chain.header import Header
from chain.keccak import keccak
from chain.receipt import anchored
from chain.recovery import signer_of
from chain.seals import Sealing, SealScheme, block_hash, check, commit_hash
from chain.state import storage_root, word
from chain.trie import value_at

if TYPE_CHECKING:
    from collections.abc import Iterable

_BESIDE = Path(__file__).parents[2].parent / "shared" / "vectors" / "chain-headers.json"
_FILE = Path(os.environ.get("YINXIN_GENUINE_VECTORS", _BESIDE))

pytestmark = pytest.mark.skipif(
    not _FILE.is_file(),
    reason=f"The genuine headers are not at {_FILE}; YINXIN_GENUINE_VECTORS can say where they are.",
)

Vector = dict[str, Any]


@pytest.fixture(scope="module")
def vectors() -> Vector:
    read: Vector = json.loads(_FILE.read_text())
    return read


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _nodes(encoded: str) -> list[bytes]:
    """Return the nodes of a proof that comes as one RLP list of nodes that are no bytes but lists."""
    return [rlp.encode(node) for node in rlp.decode(_bytes(encoded))]


def _sealing(header: bytes, scheme: SealScheme, validators: Iterable[bytes]) -> Sealing:
    pinned = frozenset(validators)
    sealing = check([Header.parse(header)], scheme, lambda _: pinned)
    assert sealing is not None
    return sealing


@pytest.mark.parametrize("name", ["block34", "block35"])
def test_blocks_of_a_live_besu_network_are_believed(vectors: Vector, name: str) -> None:
    besu = vectors["besu_26_4_0_qbft"]
    validators = [_bytes(address) for address in besu["validators"]]
    header = _bytes(besu[name])
    sealing = _sealing(header, SealScheme.QBFT, validators)
    assert (sealing.block_number, len(sealing.signers), sealing.needed, sealing.validators) == (int(name[5:]), 3, 3, 4)
    assert len(Header.parse(header).items) == 20
    assert Header.parse(header).encode() == header
    with pytest.raises(SealsInsufficient):
        _sealing(header, SealScheme.QBFT, [*validators[:3], bytes(20)])


def test_the_next_block_names_our_hash_as_its_parents(vectors: Vector) -> None:
    besu = vectors["besu_26_4_0_qbft"]
    before, after = (Header.parse(_bytes(besu[name])) for name in ("block34", "block35"))
    assert block_hash(before, SealScheme.QBFT) == after.parent_hash == _bytes(besu["expect"]["block34_hash"])


def _commitment(besu: Vector, path: str) -> bytes:
    """Return the slot of a commitment in that network's contract: a mapping from hashes in a storage namespace."""
    return keccak(keccak(_bytes(path)) + _bytes(besu["storage_base_slot"]))


def test_slots_of_a_live_network_are_proven_filled_and_empty(vectors: Vector) -> None:
    besu = vectors["besu_26_4_0_qbft"]
    header = Header.parse(_bytes(besu["block35"]))
    root = storage_root(header.state_root, _bytes(besu["router"]), _nodes(besu["block35_account_proof_rlp"]))
    filled, empty = besu["membership_block35"], besu["non_membership_block35"]
    for each, value in ((filled, _bytes(filled["value"])), (empty, bytes(32))):
        slot, nodes = _commitment(besu, each["path"]), _nodes(each["proof"])
        assert word(root, slot, nodes) == value
        assert header.timestamp == each["expectedTimestamp"]
        for wrong in (nodes[:-1], nodes[1:], nodes[::-1], [*nodes, nodes[0]]):
            with pytest.raises(NotProven):
                word(root, slot, wrong)
    with pytest.raises(NotProven):
        word(root, _commitment(besu, empty["path"]), _nodes(filled["proof"]))


def test_a_genuine_block_of_round_1_is_believed(vectors: Vector) -> None:
    vector = vectors["besu_qbft_round1"]
    header = Header.parse(_bytes(vector["header"]))
    listed = rlp.decode(header.extra)[1]
    sealing = _sealing(header.encode(), SealScheme.QBFT, listed)
    assert (sealing.block_number, len(sealing.signers), len(header.items)) == (7528, 3, 15)
    assert commit_hash(header, SealScheme.QBFT) == _bytes(vector["commit_hash"])
    assert block_hash(header, SealScheme.QBFT) == _bytes(vector["block_hash"])


def test_a_genuine_epoch_block_of_clique_names_its_signer(vectors: Vector) -> None:
    vector = vectors["clique_rinkeby_30000"]
    header = Header.parse(_bytes(vector["header"]))
    listed = [header.extra[at : at + 20] for at in range(32, len(header.extra) - 65, 20)]
    assert block_hash(header, SealScheme.CLIQUE) == _bytes(vector["block_hash"])
    with pytest.raises(SealsInsufficient, match=f"sealed by 1 of {len(listed)} signers"):
        _sealing(header.encode(), SealScheme.CLIQUE, listed)
    assert signer_of(commit_hash(header, SealScheme.CLIQUE), header.extra[-65:]) == _bytes(vector["signer"])
    with pytest.raises(SealsInsufficient, match="another list of validators"):
        _sealing(header.encode(), SealScheme.CLIQUE, [*listed, bytes(20)])


def test_round_2_has_the_hashes_that_others_computed(vectors: Vector) -> None:
    vector = vectors["synthetic_round2"]
    header = Header.parse(_bytes(vector["header"]))
    sealing = _sealing(header.encode(), SealScheme.QBFT, map(_bytes, vector["validators"]))
    assert (sealing.block_number, len(header.items)) == (vector["number"], 16)
    assert set(sealing.signers) == set(map(_bytes, vector["signers"]))
    assert block_hash(header, SealScheme.QBFT) == _bytes(vector["block_hash"])
    assert commit_hash(header, SealScheme.QBFT) == _bytes(vector["commit_hash"])


@pytest.mark.parametrize("name", ["e2e_london", "e2e_osaka"])
def test_receipts_and_slots_of_the_study_are_proven(vectors: Vector, name: str) -> None:
    vector = vectors[name]
    validators = [_bytes(address) for address in vector["validators"]]
    registry = _bytes(vector["registry"])

    bundle = cbor2.loads(_bytes(vector["full"]))
    header, (index, nodes) = bundle[3], bundle[6]
    assert len(_sealing(header, SealScheme.QBFT, validators).signers) >= 3
    receipt = value_at(Header.parse(header).receipts_root, rlp.encode(index), nodes)
    assert receipt is not None
    assert registry in receipt
    # Its event is that of the study's contract, not of ours.
    with pytest.raises(NotProven, match="a receipt with 0 logs"):
        anchored(receipt, registry=registry, agency=1, root=bytes(32))

    checkpoint = cbor2.loads(_bytes(vector["checkpoint"]))
    assert len(_sealing(checkpoint[3], SealScheme.QBFT, validators).signers) >= 3
    root = storage_root(Header.parse(checkpoint[3]).state_root, registry, checkpoint[4])
    for slot, proof in enumerate(checkpoint[5]):
        assert word(root, slot.to_bytes(32), proof) == rlp.decode(rlp.decode(proof[-1])[1]).rjust(32, b"\0")
        with pytest.raises(NotProven):
            word(root, (slot + 2).to_bytes(32), proof)
