"""The tables about telling clients what happened: where to, what, and how often that was tried.

A delivery holds ids, states and times only; what is sent is made from it, so that no message with more in it is stored.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from issuer.tables.models import Base


class DeliveryState(StrEnum):
    """What has become of a delivery."""

    WAITING = "WAITING"
    """For its first attempt or the next one."""
    DELIVERED = "DELIVERED"
    PARKED = "PARKED"
    """Tried for a day, or refused for good; it goes out again only when somebody says so."""


class Webhook(Base, table=True):
    """An address at which a client wants to be told."""

    __tablename__ = "webhook"
    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    url: bytes
    """Encrypted: it may have a token in it."""
    host: str
    """The part of the address that is shown."""
    events: str
    """Kinds of events, sorted, separated by commas; all of them if empty."""
    secret: bytes
    """Encrypted, as are those it takes the place of."""
    old_secret: bytes | None = None
    """Signs as well, until `old_secret_until`."""
    old_secret_until: datetime | None = None
    created_at: datetime
    ended_at: datetime | None = None
    """When somebody took it out of use; its deliveries stay to be looked at."""
    paused_because: str = ""
    """Why nothing is sent though it is in use; empty while it works."""


class WebhookDelivery(Base, table=True):
    """One event for one address."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        # However often history is followed, each of its lines is one delivery for each address.
        UniqueConstraint("webhook_id", "history_id"),
        UniqueConstraint("webhook_id", "record_id"),
        Index(None, "state", "next_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = Field(foreign_key="webhook.id", index=True)
    history_id: int | None = Field(default=None, foreign_key="history.id")
    """The line of history it tells of; none for a test."""
    record_id: int | None = Field(default=None, foreign_key="foreign_record.id")
    """The record of the registry it tells of, where nobody here had queued it."""
    reconciliation_id: int | None = Field(default=None, foreign_key="reconciliation.id")
    """The reconciliation it tells of, in which something is new."""
    message_id: str = Field(unique=True)
    """The same at every attempt, by which a receiver knows a message it has already."""
    kind: str
    """`batch.final` …"""
    batch_id: int | None = None
    certificate_id: str | None = None
    happened_at: datetime
    queued_at: datetime
    """When it was made, or somebody had it sent again."""
    state: str
    attempts: int = 0
    next_at: datetime
    last_at: datetime | None = None
    last_answer: str = ""
    """The status code, or what went wrong."""


class WebhookFollower(Base, table=True):
    """How far history was read."""

    __tablename__ = "webhook_follower"
    id: int = Field(default=1, primary_key=True)
    history_id: int
