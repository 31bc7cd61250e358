"""The table of changes of what an officer may do, on their way from two managers to the registry."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time

from sqlmodel import Field

from issuer.tables.models import Base, Big


class Appointment(Base, table=True):
    """A change of one officer's capabilities, with the managers' consents.

    PREPARED while a second manager is wanted; from QUEUED on as every job of the lane; DISCARDED if it was withdrawn,
    or if the agency's rights were changed otherwise meanwhile, so that its consents count no more.
    """

    __tablename__ = "appointment"
    id: int | None = Field(default=None, primary_key=True)
    agency: int = Field(index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    """None for a key that nobody's account here has."""
    officer: bytes
    """The address of the officer's key."""
    capabilities: int
    """All that the officer is to have; 0 removes."""
    held: int
    """What the officer had when it was proposed."""
    nonce: int = Field(sa_type=Big)
    """The agency's, which the consents name."""
    deadline: int = Field(sa_type=Big)
    """The last block in which they count."""
    consenters: str
    """Login names, separated by commas, in the order of the signatures."""
    signatures: bytes
    """65 bytes for each."""
    state: str = Field(index=True)
    block_number: int | None = Field(default=None, sa_type=Big)
    block_hash: bytes | None = None
    block_timestamp: int | None = Field(default=None, sa_type=Big)
    failure: str = ""
    created_at: datetime
