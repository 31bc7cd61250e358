"""What we ask of a blockchain, in our words.

Everything here is independent of Ethereum. `chain.ethereum` implements `Registry` and `RegistryWriter`; tests have a
fake of both. Hashes are `bytes` of 32, officers' and senders' addresses `bytes` of 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Track(IntEnum):
    """The tracks of a status, as ICertificates numbers them. The first five are final, gravest first."""

    RESCINDED = 0
    REVOKED = 1
    WITHDRAWN = 2
    CANCELLED = 3
    REPLACED = 4
    SUSPENSION = 5
    LOSS = 6
    RENEWAL_PENDING = 7

    @property
    def is_final(self) -> bool:
        """Whether it ends a certificate."""
        return self <= Track.REPLACED


class Capability(IntFlag):
    """What an officer may do for an agency."""

    PREPARE = 1
    APPROVE = 2
    STATUS = 4
    MANAGE = 8


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


# Events. Their fields are the contract events' arguments, in the order declared there.


@dataclass(frozen=True, slots=True)
class RegistryCreated:
    """The registry began."""

    registry_id: bytes
    test: bool


@dataclass(frozen=True, slots=True)
class MemberAdded:
    """The council took in a member."""

    member: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """The council lost a member."""

    member: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class ProposalMade:
    """A council member proposed a call."""

    proposal: int
    proposer: bytes
    target: bytes
    data: bytes
    expires_at_block: int


@dataclass(frozen=True, slots=True)
class VoteCast:
    """A council member voted for a proposal."""

    proposal: int
    member: bytes


@dataclass(frozen=True, slots=True)
class ProposalExecuted:
    """A proposal was carried out."""

    proposal: int
    executor: bytes


@dataclass(frozen=True, slots=True)
class VerifyingHostSet:
    """The council listed or unlisted an official verifying host."""

    host: str
    listed: bool


@dataclass(frozen=True, slots=True)
class SuccessorNamed:
    """The council named the registry that takes this one's place."""

    registry: bytes
    successor_id: bytes


@dataclass(frozen=True, slots=True)
class TypeRegistered:
    """The council registered a certificate type's version."""

    certificate_type: int
    version: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class TypeRetired:
    """The council closed a certificate type's version for new batches."""

    certificate_type: int
    version: int


@dataclass(frozen=True, slots=True)
class AgencyRegistered:
    """An agency came into being."""

    agency: int
    parent: int
    level: int
    code: str
    name: str
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AgencyCorrected:
    """The council corrected an agency's code or name."""

    agency: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AgencySuspended:
    """An agency was suspended; `suspended_by` is 1 + the level of who did it."""

    agency: int
    suspended_by: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AgencyResumed:
    """An agency may act again."""

    agency: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TypeGranted:
    """An agency now holds a certificate type."""

    agency: int
    certificate_type: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TypeWithdrawn:
    """An agency no longer holds a certificate type."""

    agency: int
    certificate_type: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ApprovalsDemanded:
    """An agency's parent demands so many approvals."""

    agency: int
    approvals: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OwnApprovalsSet:
    """An agency itself asks for so many approvals."""

    agency: int
    approvals: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OfficerSet:
    """An officer's capabilities changed; none left means the officer was removed."""

    agency: int
    officer: bytes
    capabilities: Capability
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyAdded:
    """A document key was listed for an agency."""

    agency: int
    kid: bytes
    algorithm: int
    x: bytes
    y: bytes
    valid_from: int
    valid_until: int
    """Seconds since 1970, exclusive; 0 means without end."""
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyCutOff:
    """Nothing the key signed counts unless anchored in a block before `cut_off_block`; 2**64-1 lifts it."""

    agency: int
    kid: bytes
    cut_off_block: int
    consenters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BatchAnchored:
    """A batch was anchored."""

    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    preparer: bytes
    approvers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CertificateReplaced:
    """One leaf takes another's place from an hour on; `held` is what the old leaf's slot holds afterwards."""

    agency: int
    old_leaf: bytes
    new_leaf: bytes
    from_hour: int
    held: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """One track of one leaf changed. Hours since 1970; `from_hour` 0 lifts the track."""

    agency: int
    leaf: bytes
    track: Track
    from_hour: int
    until_hour: int
    actor: int
    """The agency that acted; 0 for the council."""
    decision: bytes
    held: int
    officers: tuple[bytes, ...]


Event: TypeAlias = (
    RegistryCreated
    | MemberAdded
    | MemberRemoved
    | ProposalMade
    | VoteCast
    | ProposalExecuted
    | VerifyingHostSet
    | SuccessorNamed
    | TypeRegistered
    | TypeRetired
    | AgencyRegistered
    | AgencyCorrected
    | AgencySuspended
    | AgencyResumed
    | TypeGranted
    | TypeWithdrawn
    | ApprovalsDemanded
    | OwnApprovalsSet
    | OfficerSet
    | KeyAdded
    | KeyCutOff
    | BatchAnchored
    | CertificateReplaced
    | StatusChanged
)


@dataclass(frozen=True, slots=True)
class Record:
    """One event with its place on the chain."""

    event: Event
    block_number: int
    block_hash: bytes
    block_timestamp: int
    transaction_hash: bytes
    log_index: int
    """Position of the log within its block."""
    leaves: tuple[bytes, ...] = ()
    """For `BatchAnchored`: the leaves as the transaction's calldata shows them; empty if they could not be read."""
    finding: str = ""
    """What is odd about this record (for example leaves that do not make the root); empty if nothing is."""


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

    def send(self, transaction: SignedTransaction) -> None:
        """Send or send again; a node that knows it already is content. Raises `NonceTaken`, `SenderRefused`."""

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it waits or is unknown."""

    def knows(self, transaction_hash: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
