"""The table of what people wrote about a batch when they gave it back."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class BatchComment(Base, table=True):
    """Why a batch was returned or recalled."""

    __tablename__ = "batch_comment"
    id: str = Field(primary_key=True)
    """Random."""
    batch_id: int = Field(foreign_key="batch.id", index=True)
    at: datetime
    who: str
    """Login of the account, or name of the key."""
    what: str
    """`returned` or `recalled`."""
    text: bytes
    """Encrypted: it may say something about a holder."""
