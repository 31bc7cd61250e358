"""The moment of the chain that a page shows: now, or the end of a day in China.

Only blocks with entries of the registry are kept for ever, and between two of them nothing changes. So a past day's end
is named by the last such block at or before it, which every index of the chain finds again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier.audit import times
from verifier.indexing.models import BlockRow, place

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from verifier.indexing.models import Held
    from verifier.register import Tables

_BEYOND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment, and the block that stands for it."""

    day: date | None
    """The day that was asked about; None for now."""
    block: int | None
    """None if the registry did not exist yet."""
    hash: bytes
    timestamp: int
    """The block's."""
    seconds: int
    """The moment itself: the last second of the day, or now."""
    is_newest: bool
    """Whether the block is the newest that was read."""

    @property
    def end(self) -> int:
        """The first place on the chain that comes too late."""
        return 0 if self.block is None else place(self.block + 1)

    def holds(self, table: type[Held]) -> ColumnElement[bool]:
        """Select the rows that held at that moment."""
        ends = col(table.ends)
        return (col(table.begins) < self.end) & (ends.is_(None) | (ends >= self.end))


def as_of(tables: Tables, day: date | None, now: datetime) -> AsOf:
    """Return the moment at the end of a day, or now where it has not ended, or none is named."""
    row = tables.row
    seconds = int(now.timestamp())
    if day is not None:
        seconds = min(seconds, times.seconds_of(day, days_after=1) - 1)
    if row.head_number < row.deployed_at_block:
        return AsOf(day, None, b"", 0, seconds, is_newest=True)
    if day is None or row.head_timestamp <= seconds:
        return AsOf(day, row.head_number, row.head_hash, row.head_timestamp, seconds, is_newest=True)
    found = last_block_until(tables.session, seconds)
    if found is None:
        return AsOf(day, None, b"", 0, seconds, is_newest=False)
    return AsOf(day, found.number, found.hash, found.timestamp, seconds, is_newest=False)


def last_block_until(session: Session, seconds: int) -> BlockRow | None:
    """Return the last block with entries at or before a moment; None if there is none."""
    found = (
        select(BlockRow)
        .where(col(BlockRow.timestamp) <= seconds, col(BlockRow.has_events).is_(True))
        .order_by(col(BlockRow.timestamp).desc(), col(BlockRow.number).desc())
        .limit(1)
    )
    return session.exec(found).first()


def first_place_since(session: Session, seconds: int) -> int:
    """Return the first place on the chain at or after a moment; beyond all others if there is none."""
    found = (
        select(BlockRow.number)
        .where(col(BlockRow.timestamp) >= seconds)
        .order_by(col(BlockRow.timestamp), col(BlockRow.number))
        .limit(1)
    )
    number = session.exec(found).first()
    return _BEYOND if number is None else place(number)
