"""The table of work that is done in the background, so that nobody waits in front of a page."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlmodel import Field

from issuer.tables.models import Base


class TaskState(StrEnum):
    """What has become of a task."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Task(Base, table=True):
    """Something to do, for whom, and how far it has come."""

    __tablename__ = "task"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    """A key of `issuer.working.HANDLERS`."""
    agency: int = Field(index=True)
    login: str
    """Who asked for it."""
    subject: str = ""
    """What it is about, such as «batch 7»; nothing about a person."""
    state: str = Field(default=TaskState.WAITING, index=True)
    done: int = 0
    total: int = 0
    """0 while nobody knows."""
    data: bytes | None = None
    """What it works on, encrypted under the agency's data key."""
    result: bytes | None = None
    """What came of it, as JSON, encrypted likewise."""
    failure: str = ""
    """The name of the error it ended with, from the tree in issuer/errors.py; its text may quote people's data, and is
    encrypted in `failure_text`."""
    failure_text: bytes | None = None
    cancel_wanted: bool = False
    worker: str = ""
    """Who has it in hand."""
    attempts: int = 0
    """How often somebody took it in hand."""
    created_at: datetime
    heartbeat_at: datetime | None = None
    """When whoever has it in hand last gave a sign of life."""
    ended_at: datetime | None = None
