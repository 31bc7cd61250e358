"""Who consented to a change of rights, and when it was recorded: read from the event itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import steps
from verifier.indexing.models import BlockRow, EventRow, block_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlmodel import Session

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of rights."""

    block: int
    timestamp: int
    consenters: tuple[bytes, ...]
    """The managers whose signatures counted; none where the council acted."""


def decided(session: Session, places: Iterable[int]) -> Mapping[int, Decided]:
    """Return what was decided at these places of the chain; those that the index has nothing of are left out."""
    wanted = sorted(set(places))
    found: dict[int, Decided] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        events = session.exec(select(EventRow).where(col(EventRow.begins).in_(some))).all()
        known = times_of(session, [block_of(row.begins) for row in events])
        for row in events:
            event = steps.event_of(row.kind, row.arguments)
            block = block_of(row.begins)
            found[row.begins] = Decided(block, known.get(block, 0), getattr(event, "consenters", ()))
    return found


def times_of(session: Session, blocks: Iterable[int]) -> Mapping[int, int]:
    """Return the blocks' times, in seconds since 1970; those that the index does not keep are left out."""
    wanted = sorted(set(blocks))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = session.exec(select(BlockRow.number, BlockRow.timestamp).where(col(BlockRow.number).in_(some)))
        found.update((number, timestamp) for number, timestamp in rows)
    return found
