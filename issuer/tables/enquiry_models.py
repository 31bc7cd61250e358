"""The table of people who are at their identity provider just now."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base


class Enquiry(Base, table=True):
    """Somebody whom a browser has sent to the identity provider, and who has not come back yet."""

    __tablename__ = "enquiry"
    state_digest: bytes = Field(primary_key=True)
    browser_digest: bytes
    """Of a cookie, so that nobody else's browser can bring the answer."""
    nonce: str
    verifier: str
    next_page: str
    expires_at: datetime = Field(index=True)
