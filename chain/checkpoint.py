"""The file that shows everything a registry recorded up to a block, so that nothing can be left out.

A sealed header proves the heads of the three hash chains, and the lists must make these heads. On a chain without
seals an attester's signature stands in for the header's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias, cast

from chain import cbor, envelope, seals, state, trie
from chain.believing import believed
from chain.errors import (
    EvidenceMalformed,
    HistoryIncomplete,
    NotAttested,
    NotProven,
    SealsInsufficient,
    SignatureInvalid,
    TrustListRefused,
)
from chain.history import Heads, History
from chain.keys import fault_of, low_s
from chain.seals import SealScheme
from chain.steps import List

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.cbor import CBOR
    from chain.seals import Sealing
    from chain.trust_list import TrustList

_HASH = 32
_ADDRESS = 20
_STATE = 5
"""How many walks lead from a header to the heads."""

Nodes: TypeAlias = "tuple[bytes, ...]"


@dataclass(frozen=True, slots=True)
class StateProof:
    """What leads from a header to the three heads."""

    headers: Nodes
    """The block's, and in Clique its successors', as RLP."""
    certificates_account: Nodes
    """From stateRoot to the account of Certificates."""
    anchors_slot: Nodes
    """From that account's storage root to its slot 0."""
    statuses_slot: Nodes
    """Likewise to its slot 1."""
    agencies_account: Nodes
    """From stateRoot to the account of Agencies."""
    rights_slot: Nodes
    """From that account's storage root to its slot 2."""

    @property
    def walks(self) -> tuple[Nodes, ...]:
        """All but the headers, in the order of a checkpoint's body."""
        return (
            self.certificates_account,
            self.anchors_slot,
            self.statuses_slot,
            self.agencies_account,
            self.rights_slot,
        )

    def encode(self) -> bytes:
        """Return plain CBOR `[headers, walks]`, for whoever keeps it in a database."""
        return cbor.encode([list(self.headers), [list(nodes) for nodes in self.walks]])

    @classmethod
    def parse(cls, data: bytes) -> StateProof:
        """Read what `encode` wrote; raises `EvidenceMalformed`."""
        try:
            decoded = cbor.decode(data)
        except ValueError as exc:
            raise EvidenceMalformed(f"the proof of a state: {exc}") from exc
        match decoded:
            case [[*headers], [*walks]]:
                return cls.of(headers, walks)
            case _:
                raise EvidenceMalformed("got the proof of a state other than headers and walks")

    @classmethod
    def of(cls, headers: list[CBOR], walks: list[CBOR]) -> StateProof:
        """Read headers and walks as a checkpoint's body has them; raises `EvidenceMalformed`."""
        if not 0 < len(headers) <= seals.MAX_HEADERS or len(walks) != _STATE:
            raise EvidenceMalformed(
                f"got {len(headers)} headers and {len(walks)} walks, wanted 1 to {seals.MAX_HEADERS} and {_STATE}"
            )
        read = [_nodes(walk) for walk in walks]
        for nodes in read:
            trie.require_walkable(nodes)
        return cls(_nodes(headers), *read)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as read: not to be believed before `verify`."""

    registry_id: bytes
    chain_id: int
    registry: bytes
    """Address of Certificates."""
    agencies: bytes
    """Address of Agencies."""
    block_number: int
    block_hash: bytes
    timestamp: int
    """Of that block, in seconds since 1970."""
    heads: Heads
    """After that block."""
    state: StateProof | None
    """None on chains that have no such proofs."""
    history: bytes
    """What `chain.history.encode` writes."""
    attestations: tuple[tuple[bytes, bytes], ...] = ()
    """Who vouches for it: kids, each with its signature over `statement`."""

    @property
    def statement(self) -> bytes:
        """What is signed for it."""
        return cbor.encode(
            [
                envelope.CHECKPOINT,
                envelope.FORMAT,
                self.registry_id,
                self.chain_id,
                self.block_number,
                self.block_hash,
                self.timestamp,
                self.heads.anchors,
                self.heads.statuses,
                self.heads.rights,
                sha256(self.history).digest(),
            ]
        )

    @property
    def body(self) -> bytes:
        """Everything but the attestations."""
        proof = self.state
        walks = () if proof is None else proof.walks
        return cbor.encode(
            [
                self.registry_id,
                self.chain_id,
                [self.registry, self.agencies],
                [self.block_number, self.block_hash, self.timestamp],
                [self.heads.anchors, self.heads.statuses, self.heads.rights],
                [] if proof is None else list(proof.headers),
                [list(nodes) for nodes in walks],
                self.history,
            ]
        )

    @property
    def members(self) -> list[CBOR]:
        """Body and attestations, as they stand in the files of a checkpoint and of a pack."""
        return [self.body, [[kid, signature] for kid, signature in self.attestations]]

    def attested(self, kid: bytes, sign: Callable[[bytes], bytes]) -> Checkpoint:
        """Return the same with one more signature, in place of an earlier one by the same key."""
        others = tuple(attestation for attestation in self.attestations if attestation[0] != kid)
        return replace(self, attestations=(*others, (kid, low_s(sign(self.statement)))))

    def encode(self) -> bytes:
        """Return the file; raises `EvidenceMalformed` if it would be longer than anybody reads."""
        return envelope.wrap(envelope.CHECKPOINT, self.members)

    @classmethod
    def parse(cls, data: bytes) -> Checkpoint:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come."""
        return cls.of(envelope.unwrap(data, envelope.CHECKPOINT))

    @classmethod
    def of(cls, members: list[CBOR]) -> Checkpoint:
        """Read what `members` gives; raises `EvidenceMalformed`."""
        match members:
            case [bytes() as body, [*attestations]]:
                signed = tuple(_attestation(item) for item in attestations)
            case _:
                raise EvidenceMalformed("got a checkpoint other than body and attestations")
        if len(dict(signed)) != len(signed):
            raise EvidenceMalformed("got two attestations of one key, wanted one")
        try:
            decoded = cbor.decode(body)
        except ValueError as exc:
            raise EvidenceMalformed(f"a checkpoint's body: {exc}") from exc
        return replace(_body(decoded), attestations=signed)


@dataclass(frozen=True, slots=True)
class Believed:
    """A checkpoint that a trust list makes worth believing."""

    checkpoint: Checkpoint
    history: History
    sealing: Sealing | None
    """Who sealed the block; None on a chain without seals."""
    attesters: tuple[bytes, ...]
    """The kids of the trust list's attesters who vouch for it."""


def verify(checkpoint: Checkpoint, trust: TrustList) -> Believed:
    """Check that a checkpoint shows everything the trust list's registry recorded up to its block.

    Not checked: whether the trust list has expired, how old the checkpoint is, and whether a newer one was seen before.

    Raises:
        TrustListRefused: A checkpoint of another registry than the list's.
        EvidenceMalformed: A header that is none under any scheme, or a history that is not in form.
        SealsInsufficient: Whatever else keeps the block from being believed under this list.
        NotProven: A header, state or time that does not fit, or an attester's signature that is none.
        NotAttested: A block without seals, and fewer attesters vouch than must.
        HistoryIncomplete: Lists that do not make the heads; the message names them.
    """
    _require_registry(checkpoint, trust)
    attesters = _attesters(checkpoint, trust)
    sealing = _sealing(checkpoint, trust)
    # A list without attesters has the threshold 0.
    if sealing is None and len(attesters) < max(1, trust.attester_threshold):
        raise NotAttested(
            f"block {checkpoint.block_number}: got a checkpoint of a block without seals that {len(attesters)} of "
            f"{len(trust.attesters)} attesters vouch for, wanted {max(1, trust.attester_threshold)}"
        )
    history = History.parse(checkpoint.history)
    _require_whole(checkpoint, history)
    return Believed(checkpoint, history, sealing, attesters)


def _require_registry(checkpoint: Checkpoint, trust: TrustList) -> None:
    got = checkpoint.registry_id, checkpoint.chain_id, checkpoint.registry, checkpoint.agencies
    wanted = trust.registry_id, trust.chain_id, trust.registry, trust.agencies
    if got != wanted:
        raise TrustListRefused(
            f"got a checkpoint of the registry {_named(*got)}, the trust list is for {_named(*wanted)}"
        )


def _attesters(checkpoint: Checkpoint, trust: TrustList) -> tuple[bytes, ...]:
    """Return who of the trust list's attesters vouches; signatures of others count for nothing, either way."""
    known = {key.kid: key for key in trust.attesters}
    vouching = []
    for kid, signature in checkpoint.attestations:
        if kid not in known:
            continue
        try:
            known[kid].verify(signature, checkpoint.statement)
        except SignatureInvalid as exc:
            raise NotProven(f"got an attestation for another checkpoint: {exc}") from exc
        vouching.append(kid)
    return tuple(vouching)


def _sealing(checkpoint: Checkpoint, trust: TrustList) -> Sealing | None:
    """Check header, seals and heads; None where nobody seals."""
    proof = checkpoint.state
    if proof is None:
        scheme = trust.scheme_at(checkpoint.block_number)
        if scheme is not SealScheme.NONE:
            raise SealsInsufficient(
                f"block {checkpoint.block_number}: got a checkpoint without a header, wanted {scheme.value} seals"
            )
        return None
    block = believed(proof.headers, trust)
    header = block.header
    got = checkpoint.block_number, checkpoint.block_hash.hex(), checkpoint.timestamp
    shown = header.number, block.hash.hex(), header.timestamp
    if got != shown:
        raise NotProven(f"got a checkpoint of the block (number, hash, time) {got}, its header is of {shown}")
    heads = _heads(header.state_root, checkpoint, proof)
    if heads != checkpoint.heads:
        raise NotProven(
            f"block {header.number}: got the heads {_shown(checkpoint.heads)}, its state has {_shown(heads)}"
        )
    return block.sealing


def _heads(state_root: bytes, checkpoint: Checkpoint, proof: StateProof) -> Heads:
    certificates = state.storage_root(state_root, checkpoint.registry, proof.certificates_account)
    agencies = state.storage_root(state_root, checkpoint.agencies, proof.agencies_account)
    return Heads(
        anchors=state.word(certificates, List.ANCHORS.slot, proof.anchors_slot),
        statuses=state.word(certificates, List.STATUSES.slot, proof.statuses_slot),
        rights=state.word(agencies, List.RIGHTS.slot, proof.rights_slot),
    )


def _require_whole(checkpoint: Checkpoint, history: History) -> None:
    """Raise unless the lists make the heads, and their times are at most the header's."""
    heads = history.heads()
    lacking = [name for name in Heads.__slots__ if getattr(heads, name) != getattr(checkpoint.heads, name)]
    if lacking:
        raise HistoryIncomplete(
            f"block {checkpoint.block_number}: got lists that do not make the heads of {', '.join(lacking)}: "
            "something was left out, added or changed"
        )
    last, end = (history.last_block, history.last_timestamp), (checkpoint.block_number, checkpoint.timestamp)
    if last[0] > end[0] or last[1] > end[1] or (last[0] == end[0] and last[1] != end[1]):
        raise NotProven(
            f"got a history up to block {last[0]} of time {last[1]}, wanted none after {end[0]} of {end[1]}"
        )


def _attestation(value: CBOR) -> tuple[bytes, bytes]:
    match value:
        case [bytes() as kid, bytes() as signature] if len(kid) == _HASH:
            if fault := fault_of(signature):
                raise EvidenceMalformed(f"a checkpoint's attestation: {fault}")
            return kid, signature
        case _:
            raise EvidenceMalformed("got a checkpoint's attestation other than kid and signature")


def _body(value: CBOR) -> Checkpoint:
    match value:
        case [
            bytes() as registry_id,
            int() as chain_id,
            [bytes() as registry, bytes() as agencies],
            [int() as number, bytes() as block_hash, int() as timestamp],
            [bytes() as anchors, bytes() as statuses, bytes() as rights],
            [*headers],
            [*walks],
            bytes() as history,
        ] if (
            min(chain_id, number, timestamp) >= 0
            and {len(registry), len(agencies)} == {_ADDRESS}
            and {len(item) for item in (registry_id, block_hash, anchors, statuses, rights)} == {_HASH}
        ):
            return Checkpoint(
                registry_id=registry_id,
                chain_id=chain_id,
                registry=registry,
                agencies=agencies,
                block_number=number,
                block_hash=block_hash,
                timestamp=timestamp,
                heads=Heads(anchors, statuses, rights),
                state=StateProof.of(headers, walks) if headers or walks else None,
                history=history,
            )
        case _:
            raise EvidenceMalformed("got a checkpoint's body other than registry, block, heads, state and history")


def _nodes(items: CBOR) -> Nodes:
    if not isinstance(items, list) or not all(isinstance(item, bytes) for item in items):
        raise EvidenceMalformed("got something else than an array of bytes as headers or nodes")
    return tuple(cast("list[bytes]", items))


def _named(registry_id: bytes, chain_id: int, registry: bytes, agencies: bytes) -> str:
    return f"{registry_id.hex()} (chain {chain_id}, 0x{registry.hex()}, 0x{agencies.hex()})"


def _shown(heads: Heads) -> str:
    return ", ".join(head.hex() for head in (heads.anchors, heads.statuses, heads.rights))
