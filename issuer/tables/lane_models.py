"""The table of how the lanes are: what a worker last saw of the chain, for pages that do not ask it themselves."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 — SQLModel reads annotations at run time
from enum import StrEnum

from sqlmodel import Field

from issuer.tables.models import Base, Big


class Trouble(StrEnum):
    """Why a lane cannot go on."""

    NONE = ""
    SILENT = "SILENT"
    """The node does not answer, or answers nonsense."""
    OTHER_CHAIN = "OTHER_CHAIN"
    """The node serves another chain or registry, or an older state of it."""
    FOREIGN = "FOREIGN"
    """Somebody else uses the sending account; the lane is frozen until a person says how it goes on."""
    SENDER = "SENDER"
    """The node does not take the account's transactions, or it cannot pay."""


class LaneCondition(Base, table=True):
    """How one sending account's lane is."""

    __tablename__ = "lane_condition"
    sender: bytes = Field(primary_key=True)
    trouble: str = ""
    detail: str = ""
    """What was got and wanted; for the operator."""
    since: datetime
    """Since when it is as it is."""
    seen_at: datetime
    """When a worker last looked."""
    head_number: int | None = Field(default=None, sa_type=Big)
    head_at: datetime | None = None
    """The newest block's own time."""
