"""The table of erasures that one officer asked for and a second one has carried out, or has not yet."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlmodel import Field

from issuer.tables.models import Base


class ErasureState(StrEnum):
    """Where an erasure is."""

    ASKED = "ASKED"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    """Nobody carried it out in time, or its certificate went by another way."""


class Erasure(Base, table=True):
    """All that is held about one holder, to be erased. It names no holder: it leads to one by a certificate."""

    __tablename__ = "erasure"
    id: int | None = Field(default=None, primary_key=True)
    agency: int = Field(index=True)
    certificate_id: str
    """One of the holder's; no reference, for a draft's row goes with the erasure."""
    listed: str
    """SHA-256, in hex, of the sorted row ids that were shown to who asked."""
    count: int
    """How many certificates these are."""
    asked_by: str
    """The login."""
    officer: str
    """The account of that person's key, in hex."""
    source: str
    """From where it was asked."""
    asked_at: datetime
    state: str = ErasureState.ASKED
    ended_by: str = ""
    ended_at: datetime | None = None
