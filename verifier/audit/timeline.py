"""What became of a certificate, and of those that it replaced and that replaced it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain.short_number import short_number
from verifier.audit.events_told import told
from verifier.indexing.models import BatchRow, EventRow, LeafRow, StatusRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from verifier.audit.events_told import Told

MOST_LEAVES = 64
"""How many certificates one lineage shows."""
MOST_EVENTS = 400
"""How many events about one leaf are shown; thousands would be somebody's joke."""


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that holds a leaf."""

    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    position: int
    begins: int
    """The batch's place on the chain."""
    timestamp: int


@dataclass(frozen=True, slots=True)
class Kin:
    """A certificate of the lineage."""

    leaf: bytes
    batches: tuple[Held, ...]
    """The earliest first; none if it was never anchored, or its batch could not be read."""
    replaces: tuple[bytes, ...]
    """The leaves whose place it took."""
    replaced_by: tuple[bytes, ...]
    """The leaves that took its place."""

    @property
    def short_number(self) -> str:
        """What can be typed for it."""
        return short_number(self.leaf)


@dataclass(frozen=True, slots=True)
class Step:
    """An event of the lineage."""

    told: Told
    leaves: tuple[bytes, ...]
    """The leaves of the lineage that it is about."""
    is_own: bool
    """Whether it is about the certificate that was asked for."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it."""

    own: Kin
    lineage: tuple[Kin, ...]
    """All certificates of the line, the asked one among them, in the order in which they were anchored."""
    steps: tuple[Step, ...]
    """In the chain's order."""
    is_cut: bool
    """Whether there is more than is shown."""

    def kin_of(self, step: Step) -> tuple[Kin, ...]:
        """Return the certificates of the line that a step is about."""
        return tuple(kin for kin in self.lineage if kin.leaf in step.leaves)


def timeline(session: Session, leaf: bytes) -> Timeline | None:
    """Return what became of a leaf and its line; None if the register knows nothing of it."""
    kin: dict[bytes, Kin] = {}
    events: dict[int, list[bytes]] = {}
    waiting, seen, is_cut = deque([leaf]), {leaf}, False
    while waiting:
        each = waiting.popleft()
        own, places, has_more = _kin(session, each)
        kin[each] = own
        is_cut = is_cut or has_more
        for place in places:
            events.setdefault(place, []).append(each)
        for other in (*own.replaces, *own.replaced_by):
            if other in seen:
                continue
            if len(seen) == MOST_LEAVES:
                is_cut = True
                break
            seen.add(other)
            waiting.append(other)
    if not events:
        return None
    rows = session.exec(select(EventRow).where(col(EventRow.begins).in_(events)).order_by(col(EventRow.begins))).all()
    steps = tuple(
        Step(each, tuple(events[each.happened.begins]), leaf in events[each.happened.begins])
        for each in told(session, rows)
    )
    line = sorted(kin.values(), key=lambda each: (each.batches[0].begins if each.batches else math.inf, each.leaf))
    return Timeline(kin[leaf], tuple(line), steps, is_cut)


def _kin(session: Session, leaf: bytes) -> tuple[Kin, Sequence[int], bool]:
    """Return a certificate, the places of all events about it, and whether there are more."""
    held = batches_with(session, leaf)
    about = select(StatusRow.begins, StatusRow.new_leaf).where(StatusRow.leaf == leaf)
    before = select(StatusRow.begins, StatusRow.leaf).where(StatusRow.new_leaf == leaf)
    own = session.exec(about.order_by(col(StatusRow.begins)).limit(MOST_EVENTS + 1)).all()
    taken = session.exec(before.order_by(col(StatusRow.begins)).limit(MOST_EVENTS + 1)).all()
    places = [begins for begins, _ in held] + [begins for begins, _ in own] + [begins for begins, _ in taken]
    kin = Kin(
        leaf=leaf,
        batches=tuple(each for _, each in held),
        replaces=tuple(dict.fromkeys(old for _, old in taken)),
        replaced_by=tuple(dict.fromkeys(new for _, new in own if new is not None)),
    )
    return kin, places, max(len(own), len(taken)) > MOST_EVENTS


def batches_with(session: Session, leaf: bytes) -> list[tuple[int, Held]]:
    """Return every batch that holds a leaf, with its place, the earliest first."""
    found = (
        select(BatchRow, LeafRow.position)
        .join(LeafRow, col(BatchRow.begins) == LeafRow.batch)
        .where(LeafRow.leaf == leaf)
        .order_by(col(BatchRow.begins), col(LeafRow.position))
        .limit(MOST_EVENTS)
    )
    return [
        (
            row.begins,
            Held(
                agency=row.agency,
                root=row.root,
                certificate_type=row.certificate_type,
                version=row.version,
                size=row.size,
                sequence=row.sequence,
                position=position,
                begins=row.begins,
                timestamp=row.timestamp,
            ),
        )
        for row, position in session.exec(found)
    ]
