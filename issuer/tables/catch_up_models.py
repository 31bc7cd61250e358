"""The tables of what a restored database learned from the chain about itself."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base, Big


class LostBatch(Base, table=True):
    """A batch of an agency here that is on the chain and not in this database: anchored after the backup was made."""

    __tablename__ = "lost_batch"
    root: bytes = Field(primary_key=True)
    agency: int = Field(primary_key=True)
    certificate_type: int
    """The registry's number of the type."""
    type_version: int
    size: int
    block_number: int = Field(sa_type=Big)
    found_at: datetime


class NonceFloor(Base, table=True):
    """Up to where a sending account's transactions are known to be our own, though they are not in this database."""

    __tablename__ = "nonce_floor"
    sender: bytes = Field(primary_key=True)
    following: int = Field(sa_type=Big)
    """The next nonce is this one, or a later one."""
    noted_at: datetime
