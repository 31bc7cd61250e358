"""The tables of what was compared with the registry, and of what it recorded that nobody here had queued."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base, Big


class Agreement(StrEnum):
    """What came of a reconciliation."""

    AGREES = "AGREES"
    DIFFERS = "DIFFERS"
    NOT_RUN = "NOT_RUN"
    """Something could not be asked, so that nothing is known. Never the same as AGREES."""


class Reconciliation(Base, table=True):
    """One comparison of an agency's books with the registry and with the archived documents."""

    __tablename__ = "reconciliation"
    __table_args__ = (Index(None, "agency", "id"), Index(None, "told_at"))
    id: int | None = Field(default=None, primary_key=True)
    agency: int
    who: str
    """Login of whoever asked for it, or a word for one who has none."""
    begun_at: datetime
    ended_at: datetime
    agreement: str
    reason: str = ""
    """Why it was not run; empty if it was."""
    block_number: int | None = Field(default=None, sa_type=Big)
    """Up to which block."""
    block_hash: bytes | None = None
    batches: int = 0
    certificates: int = 0
    statuses: int = 0
    documents: int = 0
    """How many of each were looked at."""
    findings: str = "[]"
    """As JSON: grade, code and arguments of each; nothing about a holder."""
    manifest: bytes | None = None
    """As it was signed (chain/manifest.py); dropped after a while."""
    unsigned_because: str = ""
    """Why there is no manifest, though it was run."""
    told_at: datetime | None = None
    """When whoever is to be told was told what is new in it, if anything is; None before that."""


class ForeignRecord(Base, table=True):
    """An event of the registry under the name of an agency here, of which this database knows no order."""

    __tablename__ = "foreign_record"
    __table_args__ = (Index(None, "agency", "acknowledged_at"),)
    id: int | None = Field(default=None, primary_key=True)
    digest: bytes = Field(unique=True)
    """Of the transaction and of all the event says: the same record is told once, even if its block was another."""
    agency: int
    kind: str
    """The event's name, such as `BatchAnchored`."""
    facts: str
    """As JSON: what the event says, without what stands in the other columns."""
    transaction_hash: bytes = Field(index=True)
    block_number: int = Field(sa_type=Big)
    block_timestamp: int = Field(sa_type=Big)
    found_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    """Login of the manager who has taken note."""


class AlertMail(Base, table=True):
    """A message; its addresses are the settings', at each attempt.

    It is about all foreign records that one look at the registry found, or about what is new in a reconciliation.
    """

    __tablename__ = "alert_mail"
    __table_args__ = (UniqueConstraint("agency", "transaction_hash"), Index(None, "delivered_at", "next_at"))
    id: int | None = Field(default=None, primary_key=True)
    agency: int
    transaction_hash: bytes | None = None
    """Of the first of the foreign records."""
    reconciliation_id: int | None = Field(default=None, foreign_key="reconciliation.id")
    attempts: int = 0
    next_at: datetime
    delivered_at: datetime | None = None
    """None while it waits; it is tried until it arrives, or nobody is to be told any more."""
    last_answer: str = ""
    """What went wrong the last time, without any address."""


class RecordsFollowed(Base, table=True):
    """Up to which block the registry's records were looked through."""

    __tablename__ = "records_followed"
    id: int = Field(default=1, primary_key=True)
    since_block: int = Field(sa_type=Big)
    """The newest one at the first look; rights and keys up to it are never told, for nobody ordered them here."""
    block_number: int = Field(sa_type=Big)
    block_hash: bytes
    heads: bytes | None = None
    """The three heads that all records up to there make; None before they were read from their beginning."""
