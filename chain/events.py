"""What a registry records, in our words: its events, and each with its place on the chain.

Their fields are the contract events' arguments, in the order declared in `contracts/interfaces/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TypeAlias


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
class Transaction:
    """The transaction in which events stand."""

    position: int
    """Its place within its block."""
    sender: bytes
    to: bytes | None
    """The contract that was called; None where one was made."""


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
    transaction: Transaction | None = None
    """None where it was not asked for, as in receipts."""
