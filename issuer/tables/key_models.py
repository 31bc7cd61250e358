"""The table of which keys the database is encrypted under."""

from __future__ import annotations

from sqlmodel import Field

from issuer.tables.models import Base


class KeyEpoch(Base, table=True):
    """Counts rotations: a process that began under older keys must not write any more."""

    __tablename__ = "key_epoch"
    id: int = Field(default=1, primary_key=True)
    number: int = 0
    master_mark: bytes | None = None
    """What the master key is known by; tells nothing about it."""
