"""The agencies as the tree that they were at a moment, with what each had anchored until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from verifier.indexing.models import AgencyRow, BatchRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlmodel import Session

    from verifier.audit.as_of import AsOf

MOST_NODES = 300
"""How many agencies one page shows; behind the others' superiors stands a link to them."""


@dataclass(frozen=True, slots=True)
class AgencyState:
    """An agency as it was."""

    id: int
    parent: int
    """0 for a top-level agency."""
    level: int
    code: str
    name: str
    suspended_by: int | None
    """The level of who suspended it, 0 for the council; None if it was not suspended."""
    own_approvals: int
    demanded_approvals: int
    begins: int
    """Where it became what it was then."""

    @property
    def approvals(self) -> int:
        """How many officers had to approve a batch."""
        return max(self.own_approvals, self.demanded_approvals)


@dataclass(frozen=True, slots=True)
class Anchored:
    """How much an agency had anchored."""

    batches: int = 0
    certificates: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """An agency in the tree."""

    agency: AgencyState
    is_blocked: bool
    """Whether it or one of its superiors was suspended, so that it could not anchor."""
    anchored: Anchored
    below: int
    """How many agencies lie under it, at any depth."""
    children: tuple[Node, ...]
    """None where the page has no room for them; then `below` is not 0."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A part of the tree."""

    nodes: tuple[Node, ...]
    shown: int
    whole: int
    """How many agencies there are beneath what was asked for."""


def agencies_at(session: Session, at: AsOf) -> dict[int, AgencyState]:
    """Return all agencies as they were."""
    rows = session.exec(select(AgencyRow).where(at.holds(AgencyRow)).order_by(col(AgencyRow.agency)))
    return {row.agency: state_of(row) for row in rows}


def anchored_at(session: Session, at: AsOf) -> Mapping[int, Anchored]:
    """Return how much each agency had anchored; from the batches' sizes, never from the leaves."""
    summed = (
        select(BatchRow.agency, func.count(), func.sum(BatchRow.size))
        .where(col(BatchRow.begins) < at.end)
        .group_by(col(BatchRow.agency))
    )
    return {agency: Anchored(int(batches), int(size or 0)) for agency, batches, size in session.exec(summed)}


def tree(session: Session, at: AsOf, *, under: int = 0, most: int = MOST_NODES) -> Tree:
    """Return the tree under an agency, or all of it; level by level as far as there is room for."""
    known = agencies_at(session, at)
    children = _children(known)
    anchored = anchored_at(session, at)
    chosen = _chosen(children, under, most)

    def node(number: int, *, is_blocked: bool) -> Node:
        agency = known[number]
        is_blocked = is_blocked or agency.suspended_by is not None
        shown = [child for child in children.get(number, ()) if child in chosen]
        return Node(
            agency=agency,
            is_blocked=is_blocked,
            anchored=anchored.get(number, Anchored()),
            below=sum(1 for _ in _beneath(children, number)),
            children=tuple(node(child, is_blocked=is_blocked) for child in shown),
        )

    is_blocked = any(each.suspended_by is not None for each in above(known, under))
    top = [number for number in children.get(under, ()) if number in chosen]
    return Tree(
        nodes=tuple(node(number, is_blocked=is_blocked) for number in top),
        shown=len(chosen),
        whole=sum(1 for _ in _beneath(children, under)),
    )


def above(known: Mapping[int, AgencyState], number: int) -> list[AgencyState]:
    """Return an agency and those above it, itself first; a circle ends where it began."""
    found: dict[int, AgencyState] = {}
    while number in known and number not in found:
        found[number] = known[number]
        number = known[number].parent
    return list(found.values())


def state_of(row: AgencyRow) -> AgencyState:
    """Return what a row says."""
    return AgencyState(
        id=row.agency,
        parent=row.parent,
        level=row.level,
        code=row.code,
        name=row.name,
        suspended_by=row.suspended_by - 1 if row.suspended_by else None,
        own_approvals=row.own_approvals,
        demanded_approvals=row.demanded_approvals,
        begins=row.begins,
    )


def _children(known: Mapping[int, AgencyState]) -> dict[int, list[int]]:
    """Return who lies directly under whom; whose superior is unknown, or who is their own, stands at the top."""
    found: dict[int, list[int]] = {}
    for agency in known.values():
        path = above(known, agency.id)
        is_rooted = path[-1].parent == 0
        parent = agency.parent if is_rooted else 0
        found.setdefault(parent, []).append(agency.id)
    return found


def _chosen(children: Mapping[int, list[int]], under: int, most: int) -> set[int]:
    """Choose whom to show: level by level, and of one superior's all or none, so that no list stops midway unsaid."""
    chosen: set[int] = set(children.get(under, ()))
    level = list(chosen)
    while level:
        following: list[int] = []
        for number in sorted(level):
            beneath = children.get(number, ())
            if len(chosen) + len(beneath) <= most:
                chosen.update(beneath)
                following += beneath
        level = following
    return chosen


def _beneath(children: Mapping[int, list[int]], number: int) -> Iterator[int]:
    waiting = list(children.get(number, ()))
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, ())
