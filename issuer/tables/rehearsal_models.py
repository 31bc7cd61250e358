"""The table of rehearsals: what came of the last one of each batch."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class Rehearsal(Base, table=True):
    """What the last rehearsal of a batch found. It counts for the very content that it was of, and no other."""

    __tablename__ = "rehearsal"
    batch_id: int = Field(primary_key=True, foreign_key="batch.id")
    root: bytes
    """Of the batch's leaves then: its content."""
    at: datetime
    took_s: float
    rows: int
    bad: int
    """How many rows nobody could have relied on."""
    warned: int
    """How many of the others somebody should look at."""
    whole: int
    """How many documents were given to the verifier whole; of the others it was given what they carry."""
    findings: bytes
    """What is wrong or odd with which row, encrypted: it quotes what certificates say."""
