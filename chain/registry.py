"""What we ask of a blockchain, in our words.

Everything here is independent of Ethereum. `chain.ethereum` implements `Registry` and `RegistryWriter`; tests have a
fake of both. Hashes are `bytes` of 32, officers' and senders' addresses `bytes` of 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chain.events import Capability, Record, Track
    from chain.history import Heads


class Role(IntEnum):
    """In which role an officer signs a batch."""

    PREPARER = 1
    APPROVER = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """Which registry this is."""

    chain_id: int
    genesis_hash: bytes
    registry_id: bytes
    """32 random bytes, chosen at deployment."""
    address: bytes
    """Of the Certificates contract, which names the others."""
    agencies_address: bytes
    test: bool
    deployed_at_block: int
    """The first block that can hold an event of this registry."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block, as far as we care."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A contract as this software has it compiled."""

    name: str
    compiler: str
    """Its version."""
    settings: Mapping[str, str]
    """What the compiler was told, by the names of its own settings."""
    length: int
    """Of the deployed code, in bytes."""
    code_hash: bytes
    """Keccak-256 of the deployed code, with zeros where the constructor fills in what it was given."""


@dataclass(frozen=True, slots=True)
class CodeShown:
    """The code that a node shows at an address."""

    contract: str
    """The name of the artifact that it should be."""
    address: bytes
    length: int
    """0: there is no code."""
    code_hash: bytes
    """Keccak-256 of the code as it is, which EXTCODEHASH tells, too."""
    masked_hash: bytes
    """The same with zeros where the artifact has them, to be compared with the artifact's."""


@dataclass(frozen=True, slots=True)
class NodeShown:
    """What one node shows of a registry's contracts."""

    chain_id: int | None
    block: int | None
    """Its newest one, when it was asked."""
    codes: tuple[CodeShown, ...]
    trouble: str
    """Why it could not be asked; empty if it could."""


class Registry(Protocol):
    """A registry that can be read. Every method may raise `RegistryUnavailable` or `RegistryMismatch`."""

    def identity(self) -> Identity:
        """Ask the node anew which chain and registry this is; raises `RegistryMismatch` if not the expected one."""

    def newest(self) -> Block:
        """Return the newest block."""

    def block(self, number: int) -> Block:
        """Return the block of that height on the node's present chain."""

    def blocks(self, numbers: Sequence[int]) -> Mapping[int, Block]:
        """Return the blocks of these heights on the node's present chain, asked for at once."""

    def records(self, first: int, last: int) -> Iterator[Record]:
        """Yield all events of the registry in blocks first..last, both included, in chain order."""


@dataclass(frozen=True, slots=True)
class BatchToAnchor:
    """What officers approve and the registry anchors."""

    agency: int
    certificate_type: int
    version: int
    leaves: tuple[bytes, ...]
    replaces: tuple[bytes, ...] = ()
    """The old leaf for each leaf, or empty: nothing is replaced."""
    from_hour: int = 0
    """From which hour the old leaves are replaced; 0 where nothing is."""


@dataclass(frozen=True, slots=True)
class StatusToChange:
    """What officers approve and the registry records of some leaves' status."""

    agency: int
    actor: int
    leaves: tuple[bytes, ...]
    held: tuple[int, ...]
    """What each leaf's slot holds now (see `RegistryWriter.status`)."""
    track: Track
    from_hour: int
    until_hour: int
    decision: bytes


@dataclass(frozen=True, slots=True)
class OfficerToSet:
    """What managers consent to when they change what an officer may do."""

    agency: int
    officer: bytes
    capabilities: Capability
    """All that the officer is to have from then on."""
    nonce: int
    """The agency's next one (see `RegistryWriter.consent_nonce`)."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction to be stored before it is sent, and sent again byte for byte."""

    raw: bytes
    hash: bytes
    sender: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    records: tuple[Record, ...]
    """The registry's events in it; `BatchAnchored` here comes without leaves."""


class Signer(Protocol):
    """A secp256k1 key of an officer or a sender."""

    @property
    def address(self) -> bytes:
        """The account's 20 bytes."""

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes; returns r ‖ s ‖ v with low s and v 27 or 28."""


class RegistryWriter(Registry, Protocol):
    """A registry that can be written to: sign, let the caller store, then send."""

    def heads(self, block: int) -> Heads | None:
        """Return the heads of the registry's hash chains after a block.

        None where the node knows the present state only, and its newest block is, or has become, another one.
        """

    def capabilities(self, agency: int, officer: bytes) -> Capability:
        """Return what an officer may do now."""

    def required_approvals(self, agency: int) -> int:
        """Return how many approvals a batch of this agency needs now."""

    def status(self, agency: int, leaf: bytes) -> int:
        """Return what the leaf's slot holds now: all tracks, packed."""

    def batch_block(self, agency: int, root: bytes) -> int | None:
        """Return the block in which this batch was anchored, None if it was not."""

    def evidence(self, agency: int, root: bytes, block_number: int) -> bytes | None:
        """Return evidence that this batch was anchored in that block, to prove it without a network.

        As `chain.proof.encode_evidence` writes it; None on a chain that has no such proofs.

        Raises:
            RegistryUnavailable: The node cannot show what it takes, or what it shows does not hold.
        """

    def batch_digest(self, batch: BatchToAnchor, *, role: Role, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that the preparer or an approver signs."""

    def status_digest(self, change: StatusToChange, *, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that officers sign."""

    def consent_nonce(self, agency: int) -> int:
        """Return the number that the next consent for an agency must name; it grows with each change of its rights."""

    def officer_digest(self, change: OfficerToSet, *, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that managers sign."""

    def next_nonce(self, sender: bytes) -> int:
        """Return how many transactions of the sender the chain holds."""

    def sign_anchor(
        self,
        batch: BatchToAnchor,
        *,
        deadline: int,
        preparer: bytes,
        approvers: Sequence[bytes],
        sender: Signer,
        nonce: int,
    ) -> SignedTransaction:
        """Make the transaction that anchors; tries it first: raises `RegistryRefused` if it would revert.

        `preparer` and `approvers` are signatures of 65 bytes over `batch_digest`.
        """

    def sign_status(
        self, change: StatusToChange, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        """Make the transaction that changes a status; tries it first as `sign_anchor` does."""

    def sign_officer(
        self, change: OfficerToSet, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        """Make the transaction that sets an officer's capabilities; tries it first as `sign_anchor` does."""

    def send(self, transaction: SignedTransaction) -> None:
        """Send or send again; a node that knows it already is content. Raises `NonceTaken`, `SenderRefused`."""

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it waits or is unknown."""

    def knows(self, transaction_hash: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
