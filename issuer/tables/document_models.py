"""The table of documents: each was made once, and is the same for ever."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class StoredDocument(Base, table=True):
    """A certificate's document as it was made and read back."""

    __tablename__ = "document"
    certificate_id: str = Field(primary_key=True, foreign_key="certificate.id")
    sha256: bytes
    """Of the PDF."""
    pdf: bytes
    """Encrypted under the record's key."""
    made_at: datetime
