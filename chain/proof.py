"""The file that shows without a network that a certificate was anchored, and in which block.

The block is believed for its validators' seals. On a chain without seals nothing here makes it worth believing: there
a checkpoint that an attester vouches for must list the same batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from chain import cbor, envelope, merkle, receipt, seals, state, strict_rlp, trie
from chain.believing import believed
from chain.code import InclusionPath, read_path
from chain.errors import CodeMalformed, EvidenceMalformed, NotProven, TreeMalformed, TrustListRefused
from chain.header import Header
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.cbor import CBOR
    from chain.seals import Sealing
    from chain.trust_list import TrustList

BATCHES_SLOT = 5
"""Where Certificates keeps its batches (contracts/README.md)."""

_HASH = 32
_INDEX_BYTES = 8
_RECEIPT, _STATE = 0, 1
"""The kinds of evidence."""
_TYPE_BYTES, _VERSION_BYTES, _SIZE_BYTES, _SEQUENCE_BYTES, _BLOCK_BYTES = 4, 2, 2, 4, 8
"""A batch's slot, from the low end."""


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """The receipt of the transaction that anchored, in its block's trie of receipts."""

    headers: tuple[bytes, ...]
    """The block's, and in Clique its successors'."""
    transaction_index: int
    nodes: tuple[bytes, ...]
    """From receiptsRoot to the receipt."""


@dataclass(frozen=True, slots=True)
class StateEvidence:
    """The batch's slot, in the state after the block that anchored it."""

    headers: tuple[bytes, ...]
    """The block's, and in Clique its successors'."""
    account_nodes: tuple[bytes, ...]
    """From stateRoot to the account of Certificates."""
    storage_nodes: tuple[bytes, ...]
    """From that account's storage root to the slot."""


Evidence: TypeAlias = ReceiptEvidence | StateEvidence

_Batch: TypeAlias = "tuple[int, int, int, int]"
"""Type, version, size and sequence number."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a proof shows: a batch of that agency was anchored in that block."""

    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    block_number: int
    timestamp: int
    """Seconds since 1970."""
    block_hash: bytes | None = None
    """None where nobody asked whether the block is believed: the hash depends on the scheme."""
    sealing: Sealing | None = None
    """Who sealed the block; None where nobody does, or where that was not asked."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read: not to be believed before `verify`."""

    registry_id: bytes
    path: InclusionPath
    evidence: Evidence

    def encode(self) -> bytes:
        """Return the file; raises `EvidenceMalformed` if it would be longer than anybody reads."""
        headers, shown = _members(self.evidence)
        return envelope.wrap(envelope.PROOF, [self.registry_id, self.path.members, headers, shown])

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come."""
        match envelope.unwrap(data, envelope.PROOF):
            case [bytes() as registry_id, path, headers, shown] if len(registry_id) == _HASH:
                return cls(registry_id, _path(path), _evidence(headers, shown))
            case _:
                raise EvidenceMalformed("got a proof other than registry id, path, headers and evidence")


def encode_evidence(evidence: Evidence) -> bytes:
    """Write evidence as it is stored, for the proofs of all certificates of its batch."""
    return cbor.encode(list(_members(evidence)))


def decode_evidence(data: bytes) -> Evidence:
    """Read what `encode_evidence` wrote; raises `EvidenceMalformed`."""
    try:
        members = cbor.decode(data)
    except ValueError as exc:
        raise EvidenceMalformed(f"evidence: {exc}") from exc
    match members:
        case [headers, shown]:
            return _evidence(headers, shown)
        case _:
            raise EvidenceMalformed("got evidence other than headers and what is shown")


def batch_slot(agency: int, root: bytes) -> bytes:
    """Return the slot of Certificates in which a batch lies: in a mapping within a mapping."""
    return keccak(root + keccak(agency.to_bytes(_HASH) + BATCHES_SLOT.to_bytes(_HASH)))


def verify(proof: Proof, *, leaf: bytes, agency: int, trust: TrustList) -> Anchored:
    """Check that a leaf was anchored by an agency in the registry of the trust list.

    Not checked: whether the trust list has expired, whether type and version are the certificate's, who had which
    rights in that block, and what became of the certificate afterwards.

    In two halves, the block and what it shows; `chain.believing.believed` and `shown` are each of them alone.

    Raises:
        TrustListRefused: A proof for another registry than the list's.
        EvidenceMalformed: A header that is none under any scheme.
        SealsInsufficient: Whatever else keeps the block from being believed under this list.
        NotProven: A receipt, slot, path or size that does not fit, in a block that is believed.
    """
    if proof.registry_id != trust.registry_id:
        raise TrustListRefused(
            f"got a proof for the registry {proof.registry_id.hex()}, the trust list is for {trust.registry_id.hex()}"
        )
    block = believed(proof.evidence.headers, trust)
    anchored = shown(proof, leaf=leaf, agency=agency, registry=trust.registry)
    return replace(anchored, block_hash=block.hash, sealing=block.sealing)


def shown(proof: Proof, *, leaf: bytes, agency: int, registry: bytes) -> Anchored:
    """Return what a proof shows about a leaf if its first header is to be believed, under whatever scheme.

    Not looked at: seals, headers behind the first, and whose registry id the proof has.

    Raises:
        EvidenceMalformed: A header that is none under any scheme.
        NotProven: A receipt, slot, path or size that does not fit.
    """
    anchored = shown_by(proof.evidence, registry=registry, agency=agency, root=_root(leaf, proof.path))
    if anchored.size != proof.path.size:
        raise NotProven(f"got a path in a batch of {proof.path.size} leaves, wanted {anchored.size} as anchored")
    return anchored


def shown_by(evidence: Evidence, *, registry: bytes, agency: int, root: bytes) -> Anchored:
    """Return what evidence shows about a batch, as `shown` does about a leaf of it."""
    header = Header.parse(evidence.headers[0])
    if isinstance(evidence, ReceiptEvidence):
        batch = _in_receipt(header, evidence, registry, agency, root)
    else:
        batch = _in_slot(header, evidence, registry, agency, root)
    certificate_type, version, size, sequence = batch
    return Anchored(
        agency=agency,
        root=root,
        certificate_type=certificate_type,
        version=version,
        size=size,
        sequence=sequence,
        block_number=header.number,
        timestamp=header.timestamp,
    )


def _in_receipt(header: Header, evidence: ReceiptEvidence, registry: bytes, agency: int, root: bytes) -> _Batch:
    key = strict_rlp.encode(evidence.transaction_index.to_bytes(_INDEX_BYTES).lstrip(b"\0"))
    found = trie.value_at(header.receipts_root, key, evidence.nodes)
    if found is None:
        raise NotProven(f"block {header.number}: got a proof that it has no transaction {evidence.transaction_index}")
    event = receipt.anchored(found, registry=registry, agency=agency, root=root)
    return event.certificate_type, event.version, event.size, event.sequence


def _in_slot(header: Header, evidence: StateEvidence, registry: bytes, agency: int, root: bytes) -> _Batch:
    storage = state.storage_root(header.state_root, registry, evidence.account_nodes)
    slot = state.word(storage, batch_slot(agency, root), evidence.storage_nodes)
    certificate_type, version, size, sequence, number = _unpacked(slot)
    if not size:
        raise NotProven(f"block {header.number}: got a slot without the batch {root.hex()} of agency {agency}")
    if number != header.number:
        raise NotProven(f"got the header of block {header.number}, wanted that of {number}, in which it was anchored")
    return certificate_type, version, size, sequence


def _unpacked(slot: bytes) -> list[int]:
    """Return type, version, size, sequence and block number; what lies above them tells replacements apart."""
    end = len(slot)
    numbers = []
    for width in (_TYPE_BYTES, _VERSION_BYTES, _SIZE_BYTES, _SEQUENCE_BYTES, _BLOCK_BYTES):
        numbers.append(int.from_bytes(slot[end - width : end]))
        end -= width
    return numbers


def _root(leaf: bytes, path: InclusionPath) -> bytes:
    try:
        return merkle.root_from_path(leaf, index=path.index, size=path.size, path=path.hashes)
    except TreeMalformed as exc:
        raise NotProven(f"got a path that cannot belong to its index and size: {exc}") from exc


def _members(evidence: Evidence) -> tuple[CBOR, CBOR]:
    """Return headers and what is shown, as they are written."""
    headers: CBOR = list(evidence.headers)
    if isinstance(evidence, ReceiptEvidence):
        return headers, [_RECEIPT, evidence.transaction_index, list(evidence.nodes)]
    return headers, [_STATE, list(evidence.account_nodes), list(evidence.storage_nodes)]


def _evidence(headers: CBOR, shown: CBOR) -> Evidence:
    """Read what `_members` gives; raises `EvidenceMalformed`."""
    blocks = _texts(headers)
    if not 0 < len(blocks) <= seals.MAX_HEADERS:
        raise EvidenceMalformed(f"got {len(blocks)} headers, wanted 1 to {seals.MAX_HEADERS}")
    match shown:
        case [0, int() as index, nodes] if 0 <= index < 1 << 8 * _INDEX_BYTES:
            return ReceiptEvidence(blocks, index, _walk(nodes))
        case [1, account, storage]:
            return StateEvidence(blocks, _walk(account), _walk(storage))
        case _:
            raise EvidenceMalformed("got evidence that is neither a receipt nor a batch's slot")


def _walk(value: CBOR) -> tuple[bytes, ...]:
    nodes = _texts(value)
    trie.require_walkable(nodes)
    return nodes


def _texts(value: CBOR) -> tuple[bytes, ...]:
    items: Sequence[CBOR] = value if isinstance(value, list) else [None]
    texts = tuple(item for item in items if isinstance(item, bytes))
    if len(texts) != len(items):
        raise EvidenceMalformed("got something else than an array of bytes as headers or nodes")
    return texts


def _path(members: CBOR) -> InclusionPath:
    try:
        return read_path(members)
    except CodeMalformed as exc:
        raise EvidenceMalformed(f"path: {exc}") from exc
