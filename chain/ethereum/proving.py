"""Evidence for proofs and checkpoints, taken from one node.

All that a node says here is put together again and checked as a verifier without a network would, before anybody gets
it: `chain.proof` and `chain.state` read what was made. What does not hold raises `RegistryUnavailable`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import proof, state, steps, strict_rlp
from chain.checkpoint import StateProof
from chain.errors import EvidenceMalformed, EvidenceRefused, RegistryUnavailable
from chain.ethereum import runs
from chain.ethereum.growing import Trie
from chain.ethereum.receipts import Receipts, key
from chain.ethereum.wire import data, items, member, to_hex
from chain.proof import ReceiptEvidence, StateEvidence
from chain.steps import List

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.node import Node
    from chain.ethereum.wire import Json
    from chain.header import Header
    from chain.proof import Evidence

LONG = 8_000
"""From so many bytes on a receipt is long, and the batch's slot is tried instead: a replacement of hundreds."""

_METHOD = "eth_getProof"
_HASH_BYTES = 32
_NOTHING = strict_rlp.encode(b"")


class Prover:
    """Makes evidence of what a registry recorded."""

    def __init__(self, node: Node, registry: bytes) -> None:
        """`registry` is the Certificates contract's address."""
        self._node = node
        self._registry = registry
        self._receipts = Receipts(node.rpc)

    def of_batch(self, agency: int, root: bytes, number: int) -> Evidence:
        """Return evidence that this batch was anchored in that block: its receipt, or its slot where that is better."""
        run = runs.of_block(self._node, number)
        try:
            by_receipt = self._by_receipt(run, agency, root)
        except RegistryUnavailable as exc:
            try:
                return self._by_state(run, agency, root)
            except RegistryUnavailable as other:
                raise RegistryUnavailable(f"neither the receipt nor the state proves it: {exc}; {other}") from exc
        if len(proof.encode_evidence(by_receipt)) <= LONG:
            return by_receipt
        try:
            by_state = self._by_state(run, agency, root)
        except RegistryUnavailable:
            # Nodes forget old states; they keep receipts, and a long proof is one, too.
            return by_receipt
        return min(by_receipt, by_state, key=lambda each: len(proof.encode_evidence(each)))

    def of_heads(self, agencies: bytes, number: int, heads: Sequence[bytes]) -> StateProof:
        """Return the proof of the three heads after a block, which must be those that the node told.

        Nodes forget old states, so this is asked soon after the block. `agencies` is the Agencies contract's address.
        """
        run = runs.of_block(self._node, number)
        certificates_account, (anchors, statuses) = self.nodes(
            self._registry, [List.ANCHORS.slot, List.STATUSES.slot], number
        )
        agencies_account, (rights,) = self.nodes(agencies, [List.RIGHTS.slot], number)
        state_root = run[0].state_root
        try:
            certificates_root = state.storage_root(state_root, self._registry, certificates_account)
            agencies_root = state.storage_root(state_root, agencies, agencies_account)
            shown = [
                state.word(certificates_root, List.ANCHORS.slot, anchors),
                state.word(certificates_root, List.STATUSES.slot, statuses),
                state.word(agencies_root, List.RIGHTS.slot, rights),
            ]
        except (EvidenceMalformed, EvidenceRefused) as exc:
            raise RegistryUnavailable(f"{_METHOD}: what the node shows of block {number} does not hold: {exc}") from exc
        if shown != list(heads):
            raise RegistryUnavailable(
                f"{_METHOD}: block {number} proves the heads {_shown(shown)}, the node told {_shown(heads)}"
            )
        return StateProof(
            headers=_encoded(run),
            certificates_account=certificates_account,
            anchors_slot=anchors,
            statuses_slot=statuses,
            agencies_account=agencies_account,
            rights_slot=rights,
        )

    # The two ways to show a batch.

    def _by_receipt(self, run: Sequence[Header], agency: int, root: bytes) -> Evidence:
        number = run[0].number
        held = self._receipts.of_block(number)
        trie = Trie({key(index): receipt for index, receipt in enumerate(held)})
        if trie.root != run[0].receipts_root:
            raise RegistryUnavailable(
                f"block {number}: the node shows {len(held)} receipts with the root 0x{trie.root.hex()}, "
                f"the header has 0x{run[0].receipts_root.hex()}"
            )
        found: list[str] = []
        # Anybody can log these topics, so the first receipt that has them need not be the registry's.
        for index in (index for index, receipt in enumerate(held) if _topics(agency, root) in receipt):
            try:
                return self._checked(ReceiptEvidence(_encoded(run), index, trie.path(key(index))), run, agency, root)
            except RegistryUnavailable as exc:
                found.append(str(exc))
        why = "; ".join(found) or f"none of its {len(held)} receipts anchors 0x{root.hex()}"
        raise RegistryUnavailable(f"block {number}: {why}")

    def _by_state(self, run: Sequence[Header], agency: int, root: bytes) -> Evidence:
        account, (storage,) = self.nodes(self._registry, [proof.batch_slot(agency, root)], run[0].number)
        return self._checked(StateEvidence(_encoded(run), account, storage), run, agency, root)

    def _checked(self, evidence: Evidence, run: Sequence[Header], agency: int, root: bytes) -> Evidence:
        """Return evidence that shows what it is for."""
        try:
            proof.shown_by(evidence, registry=self._registry, agency=agency, root=root)
        except (EvidenceMalformed, EvidenceRefused) as exc:
            raise RegistryUnavailable(f"block {run[0].number}: what the node shows does not hold: {exc}") from exc
        return evidence

    def nodes(
        self, address: bytes, slots: Sequence[bytes], number: int
    ) -> tuple[tuple[bytes, ...], list[tuple[bytes, ...]]]:
        """Return the nodes of an account after a block, and those of each of its slots."""
        answer = self._node.rpc.ask(_METHOD, to_hex(address), [to_hex(slot) for slot in slots], to_hex(number))
        storage = items(member(answer, "storageProof", _METHOD), f"{_METHOD} storageProof")
        if len(storage) != len(slots):
            raise RegistryUnavailable(f"{_METHOD}: got {len(storage)} slots, wanted {len(slots)}")
        return (
            _walk(member(answer, "accountProof", _METHOD)),
            [_walk(member(slot, "proof", _METHOD)) for slot in storage],
        )


def _walk(nodes: Json) -> tuple[bytes, ...]:
    """Return the nodes of a walk as proofs hold them: those that lie within their parent are not told twice."""
    told = [data(node, f"{_METHOD} node") for node in items(nodes, f"{_METHOD} nodes")]
    if told == [_NOTHING]:
        # A trie without anything in it, in which there is nothing to walk; some nodes show even that.
        return ()
    return tuple(node for place, node in enumerate(told) if place == 0 or len(node) >= _HASH_BYTES)


def _topics(agency: int, root: bytes) -> bytes:
    """Return how a receipt holds the first three topics of an anchored batch's log."""
    topics = (steps.topic(steps.BATCH_ANCHORED), agency.to_bytes(_HASH_BYTES, "big"), root)
    return b"".join(strict_rlp.encode(topic) for topic in topics)


def _encoded(run: Sequence[Header]) -> tuple[bytes, ...]:
    return tuple(header.encode() for header in run)


def _shown(heads: Sequence[bytes]) -> str:
    return ", ".join(f"0x{head.hex()}" for head in heads)
