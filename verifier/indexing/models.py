"""The tables of the verifier's index: what the registry recorded, each row with the span of the chain in which it held.

A place on the chain is one number: the block's, shifted by 20 bits, plus the log's within the block. A row holds from
`begins` up to, not including, `ends`; the present ones have no end. So what was known just before any event can be
asked, and a reorganisation is undone by deleting what began, and reopening what ended, after the common block.
Everything follows from the chain: dropped and read again, the tables come out the same.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, Index, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """The root of the verifier's tables; other packages' do not mix with them."""


class RegistryRow(Base, table=True):
    """Which registry the index is of, and how far it has come. There is one row, or none before the first answer."""

    __tablename__ = "registry"
    id: int = Field(default=1, primary_key=True)
    chain_id: int = Field(sa_type=BigInteger)
    genesis_hash: bytes
    registry_id: bytes
    address: bytes
    agencies_address: bytes
    test: bool
    deployed_at_block: int = Field(sa_type=BigInteger)
    head_number: int = Field(sa_type=BigInteger)
    """The last block whose events are in the tables; one less than `deployed_at_block` before there is any."""
    head_hash: bytes
    head_timestamp: int = Field(sa_type=BigInteger)
    anchors_head: bytes
    """The three hash chains of the registry, recomputed from its events."""
    statuses_head: bytes
    rights_head: bytes
    polled_at: int = Field(sa_type=BigInteger)
    """Seconds since 1970 of the last time that all nodes agreed."""
    trouble: str = ""
    """What went wrong at the last poll; empty if nothing did."""
    is_mismatch: bool = False
    """Whether that was an answer that cannot be right, rather than no answer."""
    generation: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Another one whenever something that was read is forgotten: after a reorganisation, and when all is read again."""


class BlockRow(Base, table=True):
    """A block with events of the registry, or one at which reading stopped."""

    __tablename__ = "blocks"
    __table_args__: ClassVar = (Index(None, "hash"), Index(None, "timestamp"))
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes
    timestamp: int = Field(sa_type=BigInteger)
    has_events: bool
    """Others are kept for a while only."""
    anchors_head: bytes
    """The hash chains after this block."""
    statuses_head: bytes
    rights_head: bytes


class EventRow(Base, table=True):
    """An event as it was: the other tables say what followed from it, this one what the registry's heads bind."""

    __tablename__ = "events"
    __table_args__: ClassVar = (
        Index(None, "kind", "begins"),
        Index(None, "agency", "kind", "begins"),
        Index(None, "certificate_type", "kind", "begins"),
        Index(None, "agency", "certificate_type", "kind", "begins"),
    )
    begins: int = Field(primary_key=True, sa_type=BigInteger)
    kind: int
    """Its place in `chain.steps.KINDS`."""
    arguments: bytes
    """All of them, as `abi.encode` writes them."""
    transaction_hash: bytes
    agency: int | None = Field(default=None, sa_type=BigInteger)
    """Whose it is, where it is one agency's: of a status the agency that anchored the leaf."""
    certificate_type: int | None = Field(default=None, sa_type=BigInteger)
    """Which it is about, if any: of a status that of the leaf; None too for a leaf that was not anchored."""


class TransactionRow(Base, table=True):
    """A transaction with events of the registry. Who sent it pays for it, and need be none of its officers."""

    __tablename__ = "transactions"
    __table_args__: ClassVar = (Index(None, "sender", "block", "position"), Index(None, "block", "position"))
    hash: bytes = Field(primary_key=True)
    block: int = Field(sa_type=BigInteger)
    sender: bytes
    position: int
    """Within its block."""
    to: bytes | None = None
    """The contract that was called; None where one was made."""


class PartyRow(Base, table=True):
    """That an address has a part in an event, so that all that one person did is found."""

    __tablename__ = "parties"
    __table_args__: ClassVar = (Index(None, "address", "part", "begins"),)
    begins: int = Field(primary_key=True, sa_type=BigInteger)
    """The event's place."""
    address: bytes = Field(primary_key=True)
    part: int = Field(primary_key=True)
    """A number of `verifier.indexing.parties.Part`."""


class CheckpointRow(Base, table=True):
    """What cannot be made again of a checkpoint: nodes forget old states, and what was signed was signed then.

    Everything else in it follows from the events up to its block. Other than all other tables, this one does not follow
    from the chain alone.
    """

    __tablename__ = "checkpoints"
    number: int = Field(primary_key=True, sa_type=BigInteger)
    """The block's."""
    registry_id: bytes
    hash: bytes
    timestamp: int = Field(sa_type=BigInteger)
    state: bytes
    """The headers, and the paths to the heads, as CBOR; empty on a chain that has no such proofs."""
    history_digest: bytes
    """SHA-256 of the history that was signed; one that comes out otherwise is not given out."""
    attestations: bytes
    """Who signed, and how, as CBOR."""


class CosignatureRow(Base, table=True):
    """What a witness signed, and what the index agreed with when it came. It follows from no chain, as checkpoints."""

    __tablename__ = "cosignatures"
    number: int = Field(primary_key=True, sa_type=BigInteger)
    """The block's. It need not be that of a checkpoint cut here: a witness may have it from another verifier."""
    kid: bytes = Field(primary_key=True)
    """The witness's key."""
    registry_id: bytes
    statement: bytes
    signature: bytes


class Held(Base):
    """A row that held for a span of the chain."""

    begins: int = Field(primary_key=True, sa_type=BigInteger)
    ends: int | None = Field(default=None, sa_type=BigInteger)


class AgencyRow(Held, table=True):
    """An agency as it was."""

    __tablename__ = "agencies"
    agency: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    parent: int = Field(sa_type=BigInteger)
    level: int
    code: str
    name: str
    suspended_by: int = 0
    """0: not suspended; else 1 + the level of who suspended it."""
    own_approvals: int = 1
    demanded_approvals: int = 0


class OfficerRow(Held, table=True):
    """What a person may do for an agency."""

    __tablename__ = "officers"
    agency: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    officer: bytes = Field(primary_key=True, index=True)
    capabilities: int


class KeyRow(Held, table=True):
    """A document key of an agency."""

    __tablename__ = "keys"
    agency: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    kid: bytes = Field(primary_key=True)
    algorithm: int
    x: bytes
    y: bytes
    valid_from: int = Field(sa_type=BigInteger)
    valid_until: int = Field(sa_type=BigInteger)
    cut_off_block: int | None = Field(default=None, sa_type=BigInteger)
    """None for no cut-off."""
    listed_at_block: int = Field(sa_type=BigInteger)


class GrantRow(Held, table=True):
    """That an agency held a certificate type."""

    __tablename__ = "grants"
    agency: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    certificate_type: int = Field(primary_key=True, sa_type=BigInteger)


class TypeRow(Held, table=True):
    """A certificate type's version."""

    __tablename__ = "types"
    certificate_type: int = Field(primary_key=True, sa_type=BigInteger)
    version: int = Field(primary_key=True)
    digest: bytes
    retired: bool = False


class BatchRow(Held, table=True):
    """An anchored batch; `begins` is its place, and names it."""

    __tablename__ = "batches"
    __table_args__: ClassVar = (
        Index(None, "agency", "root"),
        Index(None, "agency", "certificate_type", "begins"),
        Index(None, "root"),
        Index(None, "transaction_hash"),
    )
    agency: int = Field(sa_type=BigInteger)
    root: bytes
    certificate_type: int = Field(sa_type=BigInteger)
    version: int
    size: int
    sequence: int = Field(sa_type=BigInteger)
    preparer: bytes
    approvers: bytes
    """Their addresses, 20 bytes each."""
    transaction_hash: bytes
    timestamp: int = Field(sa_type=BigInteger)


class LeafRow(Base, table=True):
    """A leaf of a batch whose leaves could be read and make its root."""

    __tablename__ = "leaves"
    __table_args__: ClassVar = (Index(None, "leaf"),)
    batch: int = Field(primary_key=True, sa_type=BigInteger)
    position: int = Field(primary_key=True)
    leaf: bytes


class StatusRow(Held, table=True):
    """An entry about one leaf, as the registry recorded it; a later entry does not end it, `check.tracks` does."""

    __tablename__ = "statuses"
    __table_args__: ClassVar = (Index(None, "leaf", "agency"), Index(None, "new_leaf"))
    agency: int = Field(sa_type=BigInteger)
    leaf: bytes
    track: int
    from_hour: int
    until_hour: int
    actor: int = Field(sa_type=BigInteger)
    decision: bytes
    held: bytes
    """All tracks of the leaf afterwards, as the contract packs them."""
    officers: bytes
    new_leaf: bytes | None = None
    timestamp: int = Field(sa_type=BigInteger)


class MemberRow(Held, table=True):
    """A member of the council."""

    __tablename__ = "council_members"
    member: bytes = Field(primary_key=True)


class ThresholdRow(Held, table=True):
    """How many votes a proposal of the council needed."""

    __tablename__ = "council_thresholds"
    threshold: int


class ProposalRow(Held, table=True):
    """A proposal of the council; it ends when it is carried out."""

    __tablename__ = "council_proposals"
    proposal: str = Field(primary_key=True)
    """A number of up to 256 bits, in decimal."""
    proposer: bytes
    target: bytes
    data: bytes
    expires_at_block: str


class VoteRow(Held, table=True):
    """A vote for a proposal."""

    __tablename__ = "council_votes"
    proposal: str
    member: bytes


class HostRow(Held, table=True):
    """An official verifying host."""

    __tablename__ = "hosts"
    host: str = Field(primary_key=True)


class SuccessorRow(Held, table=True):
    """The registry that takes this one's place."""

    __tablename__ = "successors"
    address: bytes
    successor_id: bytes


class FindingRow(Held, table=True):
    """Something odd about what the registry recorded; reading goes on."""

    __tablename__ = "findings"
    what: str


HELD: tuple[type[Held], ...] = (
    AgencyRow,
    OfficerRow,
    KeyRow,
    GrantRow,
    TypeRow,
    BatchRow,
    StatusRow,
    MemberRow,
    ThresholdRow,
    ProposalRow,
    VoteRow,
    HostRow,
    SuccessorRow,
    FindingRow,
)
"""All tables whose rows have a span."""

_LOG_BITS = 20


def place(block: int, log_index: int = 0) -> int:
    """Return a place on the chain as one number."""
    return block << _LOG_BITS | log_index


def block_of(begins: int) -> int:
    """Return a place's block."""
    return begins >> _LOG_BITS


def log_of(begins: int) -> int:
    """Return a place's log within its block."""
    return begins & ((1 << _LOG_BITS) - 1)
