"""The tables of status orders: what one officer proposes and a second one signs, for one certificate or for many."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base


class OrderState(StrEnum):
    """Where an order stands between its two officers. What the chain made of it, its changes say."""

    DRAFT = "DRAFT"
    """Written down; nobody has signed."""
    PROPOSED = "PROPOSED"
    """The first officer has signed; it waits for a second one."""
    APPROVED = "APPROVED"
    """Both have signed; its changes are queued, and go their way."""
    RETURNED = "RETURNED"
    """The second officer sent it back, with a comment; no signature of it is left."""
    OUTDATED = "OUTDATED"
    """A status changed after the first officer signed, so the signature is about what was; it must be proposed anew."""
    GIVEN_UP = "GIVEN_UP"
    """Who proposed it does not want it any more."""


class StatusOrder(Base, table=True):
    """What is to happen to the statuses of a selection of certificates, and who has signed it."""

    __tablename__ = "status_order"
    id: int | None = Field(default=None, primary_key=True)
    agency: int = Field(index=True)
    """That acts: the one that issued the certificates, or one above it."""
    verb: str
    lift: bool = False
    """It takes back what the verb would set; for an agency above, after a review (复议、诉讼)."""
    first_day: date | None = None
    """The day on which the second officer signs, if None."""
    last_day: date | None = None
    code: str
    """Of the reason; issuer/reasons.py has the words."""
    content: bytes | None
    """Salt, legal basis, free text and the decision file's digest, encrypted under the acting agency's key."""
    confirmed: bool = False
    """The first officer has said that it is meant, though it undoes what is in force."""
    state: str = Field(index=True)
    size: int
    """How many certificates were selected."""
    changing: int = 0
    """How many of them it changes; the others are so already, or were refused."""
    drafted_by: str
    created_at: datetime
    proposed_by: str = ""
    proposed_key: bytes | None = None
    """The address of the first officer's key."""
    proposed_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    comment: bytes | None = None
    """Why it was returned, encrypted under the acting agency's key."""


class OrderEntry(Base, table=True):
    """A certificate of an order's selection."""

    __tablename__ = "order_entry"
    __table_args__ = (UniqueConstraint("order_id", "position"), UniqueConstraint("order_id", "certificate_id"))
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="status_order.id")
    position: int
    certificate_id: str = Field(foreign_key="certificate.id", index=True)


class OrderPart(Base, table=True):
    """A change of an order: so many certificates as go into one transaction."""

    __tablename__ = "order_part"
    change_id: int = Field(primary_key=True, foreign_key="status_change.id")
    order_id: int = Field(foreign_key="status_order.id", index=True)
