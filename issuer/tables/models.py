"""The issuer's tables.

What names a person is encrypted (see issuer/vault.py): claims, prepared disclosures, signed certificates and codes, the
grounds of a status. Table models check nothing; what comes from outside is checked before it gets here. All times are
aware. Rows have their own registry of classes, so that no other package's tables mix with these.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import BigInteger, Dialect, Index, Integer, MetaData, TypeDecorator, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine  # noqa: TC002 — beside what is needed at run time
from sqlmodel import Field, SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """The root of the issuer's tables."""


class Big(TypeDecorator[int]):
    """Numbers up to 2⁶³ − 1, for what a chain counts. SQLite's integers reach that far anyhow."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """Return the type that the database has."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class State(StrEnum):
    """Where a batch, or a change of status, is on its way. Certificates go with their batch."""

    DRAFT = "DRAFT"
    PREPARED = "PREPARED"
    """Claims, leaves and root are fixed and the preparer has signed the root."""
    APPROVED = "APPROVED"
    """As many approvers as the registry demands have signed the same root."""
    QUEUED = "QUEUED"
    """Waits for its transaction to be signed."""
    SENT = "SENT"
    """Its transaction is signed and stored; it was sent, or will be sent again byte for byte."""
    IN_BLOCK = "IN_BLOCK"
    FINAL = "FINAL"
    ISSUED = "ISSUED"
    """Certificates and codes are signed."""
    FAILED = "FAILED"
    """The registry refused; `failure` says why. Preparing anew tries again."""
    DISCARDED = "DISCARDED"
    """Given up before it was anchored; its certificates are deleted."""


class Purpose(StrEnum):
    """What a batch is made for."""

    ISSUE = "ISSUE"
    REPLACE = "REPLACE"
    RENEW = "RENEW"


class RegistryPin(Base, table=True):
    """Which registry this database belongs to; another one is refused."""

    __tablename__ = "registry_pin"
    id: int = Field(default=1, primary_key=True)
    chain_id: int = Field(sa_type=Big)
    genesis_hash: bytes
    registry_id: bytes
    address: bytes
    agencies_address: bytes
    test: bool
    deployed_at_block: int = Field(sa_type=Big)


class DirectorySnapshot(Base, table=True):
    """Who is who on the chain, as folded from events up to a block; only saves time."""

    __tablename__ = "directory_snapshot"
    id: int = Field(default=1, primary_key=True)
    block_number: int = Field(sa_type=Big)
    block_hash: bytes
    data: str


class DataKey(Base, table=True):
    """An agency's data key, wrapped by the master key."""

    __tablename__ = "data_key"
    agency: int = Field(primary_key=True)
    wrapped: bytes
    created_at: datetime


class Import(Base, table=True):
    """A spreadsheet that was read; the same bytes for the same type and agency are the same import."""

    __tablename__ = "import"
    __table_args__ = (UniqueConstraint("agency", "certificate_type", "file_digest"),)
    id: int | None = Field(default=None, primary_key=True)
    agency: int
    certificate_type: str
    file_digest: bytes
    rows: int
    created_at: datetime


class Batch(Base, table=True):
    """The unit of approval and of anchoring: 1 to 1,024 certificates of one type and version."""

    __tablename__ = "batch"
    id: int | None = Field(default=None, primary_key=True)
    import_id: int | None = Field(default=None, foreign_key="import.id", index=True)
    agency: int
    certificate_type: str
    """The type's identifier; `type_number` and `type_version` are the registry's."""
    type_number: int
    type_version: int
    purpose: str
    state: str = Field(index=True)
    from_hour: int = 0
    """From when the old certificates are replaced; 0 where nothing is."""
    size: int
    kid: bytes | None = None
    root: bytes | None = Field(default=None, index=True)
    deadline: int | None = Field(default=None, sa_type=Big)
    """The last block in which the officers' signatures count."""
    block_number: int | None = Field(default=None, sa_type=Big)
    block_hash: bytes | None = None
    block_timestamp: int | None = Field(default=None, sa_type=Big)
    evidence: bytes | None = None
    """That it was anchored in that block, as `chain.proof.encode_evidence` writes it; None until it is made, and on
    chains that have none."""
    failure: str = ""
    created_at: datetime
    anchor_after: datetime | None = None
    """When the time to recall an approved batch is over; it is not queued before."""
    issued_at: datetime | None = None
    documents_at: datetime | None = None
    """When the last of its documents was made."""


class BatchSignature(Base, table=True):
    """An officer's signature over a batch's root."""

    __tablename__ = "batch_signature"
    __table_args__ = (UniqueConstraint("batch_id", "address"),)
    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="batch.id")
    role: int
    officer: str
    """The key's name in the keystore folder."""
    address: bytes
    signature: bytes
    created_at: datetime


class Certificate(Base, table=True):
    """One version of one licence."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("batch_id", "position"),
        UniqueConstraint("agency", "leaf"),
        Index(None, "agency", "number_index"),
        Index(None, "agency", "holder_index"),
        Index(None, "agency", "name_index"),
        # Whatever issuer/finding.py filters and counts by, so that it need not read the rows themselves.
        Index(
            "ix_certificate_listed", "agency", "certificate_type", "batch_id", "position", "last_day", "first_day", "id"
        ),
    )
    id: str = Field(primary_key=True)
    batch_id: int = Field(foreign_key="batch.id")
    position: int
    """Its place in the batch, from 0; also the index of its leaf."""
    agency: int
    certificate_type: str
    number_index: bytes | None
    holder_index: bytes | None
    """Of the holder's code, or of the name where the type has no code."""
    name_index: bytes | None = None
    """Of the holder's name, where `holder_index` is of the code."""
    record_key: bytes | None
    """Wrapped by the agency's data key; none after erasure."""
    claims: bytes | None
    serial: str | None = None
    version: int = 1
    """The national identifier's version number: renewals and alterations of one lineage count up."""
    lineage: str | None = Field(default=None, index=True)
    first_day: date | None = None
    last_day: date | None = None
    leaf: bytes | None = None
    prepared: bytes | None = None
    credential: bytes | None = None
    code: bytes | None = None
    replaces_id: str | None = Field(default=None, foreign_key="certificate.id", index=True)
    reason: bytes | None = None
    """Why it takes the place of another, encrypted."""
    created_at: datetime


class Serial(Base, table=True):
    """The last serial number given out for an agency, type and year."""

    __tablename__ = "serial"
    agency: int = Field(primary_key=True)
    certificate_type: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class StatusChange(Base, table=True):
    """One change of the status of one or more certificates of an agency, with the officers' signatures over it.

    All its certificates change alike, in one transaction or not at all; `StatusTarget` says which they are.
    """

    __tablename__ = "status_change"
    id: int | None = Field(default=None, primary_key=True)
    agency: int
    """That issued the certificates."""
    actor: int
    """The agency whose officers sign: the same one, or one above it."""
    track: int
    from_hour: int
    until_hour: int
    decision: bytes
    deadline: int = Field(sa_type=Big)
    officers: str
    """Names of the keys, separated by commas."""
    signatures: bytes
    """65 bytes for each officer."""
    state: str = Field(index=True)
    """PREPARED as long as the first officer alone has signed what two must sign."""
    block_number: int | None = Field(default=None, sa_type=Big)
    block_hash: bytes | None = None
    block_timestamp: int | None = Field(default=None, sa_type=Big)
    failure: str = ""
    created_at: datetime


class StatusTarget(Base, table=True):
    """One certificate whose status a change changes."""

    __tablename__ = "status_target"
    __table_args__ = (UniqueConstraint("change_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="status_change.id")
    position: int
    """From 0: the order in which the officers signed the leaves."""
    certificate_id: str = Field(foreign_key="certificate.id", index=True)
    leaf: bytes
    held: bytes
    """What the leaf's slot held when the officers signed, 32 bytes."""
    grounds: bytes | None
    """Salt, reason and the digest of the written decision, encrypted under the record's key."""


_COUNTS = text("state <> 'OVERTAKEN'")


class OutboxTransaction(Base, table=True):
    """A signed transaction, stored before it is sent."""

    __tablename__ = "outbox_transaction"
    __table_args__ = (
        # A nonce may be signed for twice only if the first transaction can never be mined any more.
        Index(None, "sender", "nonce", unique=True, sqlite_where=_COUNTS, postgresql_where=_COUNTS),
    )
    id: int | None = Field(default=None, primary_key=True)
    sender: bytes
    nonce: int = Field(sa_type=Big)
    hash: bytes = Field(unique=True)
    raw: bytes
    batch_id: int | None = Field(default=None, foreign_key="batch.id", index=True)
    status_change_id: int | None = Field(default=None, foreign_key="status_change.id", index=True)
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id", index=True)
    state: str = Field(index=True)
    """SENT, IN_BLOCK, FINAL, FAILED, or OVERTAKEN: a foreign transaction took its nonce."""
    block_number: int | None = Field(default=None, sa_type=Big)
    block_hash: bytes | None = None
    failure: str = ""
    created_at: datetime


class History(Base, table=True):
    """What happened here, one line for each change of state; without personal data."""

    __tablename__ = "history"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    batch_id: int | None = Field(default=None, foreign_key="batch.id", index=True)
    certificate_id: str | None = Field(default=None, foreign_key="certificate.id", index=True)
    what: str
    who: str = ""
    detail: str = ""
