"""The tables around holders: links handed out with certificates, who opened one, and the limited copies that were made.

Links are kept by digest only: whoever reads this database opens none. What a copy says is encrypted under its
certificate's record key and goes with it when that is erased.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class HolderLink(Base, table=True):
    """A link, with a code for those who have it on paper, that opens one certificate's page without an account."""

    __tablename__ = "holder_link"
    id: int | None = Field(default=None, primary_key=True)
    certificate_id: str = Field(foreign_key="certificate.id", index=True)
    digest: bytes = Field(unique=True)
    """SHA-256 of the link's token."""
    pickup_index: bytes = Field(index=True)
    """Blind index of the pickup code."""
    made_by: str
    """The login of who handed it out."""
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    opened: int = 0
    """How often."""


class HolderVisit(Base, table=True):
    """A browser in which a link was opened, for a while."""

    __tablename__ = "holder_visit"
    digest: bytes = Field(primary_key=True)
    """SHA-256 of the token in the browser's cookie."""
    link_id: int = Field(foreign_key="holder_link.id", index=True)
    expires_at: datetime


class LimitedCopyMade(Base, table=True):
    """A limited copy that was signed."""

    __tablename__ = "limited_copy"
    id: str = Field(primary_key=True)
    certificate_id: str = Field(foreign_key="certificate.id", index=True)
    made_by: str
    """The login of an officer; empty for the holder."""
    made_on: date = Field(index=True)
    expires_on: date
    created_at: datetime
    cose: bytes
    """The copy with its opening, encrypted."""
