"""One agency as it was at a moment: its place, who suspended it, its policies, names, keys, types and officers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from sqlmodel import col, select

from chain.events import Capability
from verifier.audit.agency_tree import above, agencies_at
from verifier.audit.decided import decided, times_of
from verifier.audit.type_names import type_names
from verifier.indexing.models import AgencyRow, FindingRow, GrantRow, Held, KeyRow, OfficerRow, TypeRow, block_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from verifier.audit.agency_tree import AgencyState
    from verifier.audit.as_of import AsOf
    from verifier.audit.decided import Decided
    from verifier.register import Tables
    from verifier.wording import Words

Row = TypeVar("Row", bound=Held)

MOST_CHILDREN = 100
"""How many children are told with an agency; the tree has them all."""


class KeyState(StrEnum):
    """Whether what a key signs counts."""

    IN_FORCE = "IN_FORCE"
    NOT_YET = "NOT_YET"
    EXPIRED = "EXPIRED"
    CUT_OFF = "CUT_OFF"
    """Nothing that it signed counts unless anchored before the cut-off."""


@dataclass(frozen=True, slots=True)
class KeyThen:
    """A document key as it was listed."""

    kid: bytes
    algorithm: int
    valid_from: int
    valid_until: int
    """Seconds since 1970, exclusive; 0 means without end."""
    cut_off_block: int | None
    state: KeyState
    listed: Decided | None
    cut_off: Decided | None
    """When and by whom the cut-off was last set or moved; None where there never was one."""


@dataclass(frozen=True, slots=True)
class TypeThen:
    """A certificate type that the agency held itself."""

    number: int
    names: Words | None
    """None if this software does not know the type."""
    granted: Decided | None
    lacking: tuple[AgencyState, ...]
    """The superiors who did not hold it, so that nothing of it could be anchored."""
    open_versions: tuple[int, ...]
    """The versions that were not retired."""


@dataclass(frozen=True, slots=True)
class OfficerThen:
    """What a person could do for the agency."""

    address: bytes
    capabilities: tuple[str, ...]
    since: Decided | None


@dataclass(frozen=True, slots=True)
class NameThen:
    """A name and credit code that the agency had until then."""

    code: str
    name: str
    from_block: int
    from_time: int
    until_block: int | None
    """None for the one that it bore at that moment."""


@dataclass(frozen=True, slots=True)
class AgencyThen:
    """All that the registry had of one agency."""

    agency: AgencyState
    superiors: tuple[AgencyState, ...]
    """The highest first; without itself."""
    children: tuple[AgencyState, ...]
    """`MOST_CHILDREN` at most."""
    children_count: int
    registered: Decided | None
    suspended: Decided | None
    """Who suspended it, and when; None if it was not suspended."""
    own_policy: Decided | None
    """Who set how many approvals it asks for itself; None if nobody ever did."""
    demand: Decided | None
    """The same of what those above it demand."""
    names: tuple[NameThen, ...]
    """The oldest first."""
    keys: tuple[KeyThen, ...]
    types: tuple[TypeThen, ...]
    officers: tuple[OfficerThen, ...]
    findings: tuple[tuple[int, str], ...]
    """What was odd about the entries that changed it, each with its block."""

    @property
    def blocked_by(self) -> tuple[AgencyState, ...]:
        """The superiors that were suspended, so that it could not anchor either."""
        return tuple(each for each in self.superiors if each.suspended_by is not None)


def agency_at(tables: Tables, number: int, at: AsOf) -> AgencyThen | None:
    """Return an agency as it was at a moment; None if there was no such agency yet."""
    session = tables.session
    known = agencies_at(session, at)
    own = known.get(number)
    if own is None:
        return None
    superiors = tuple(reversed(above(known, number)[1:]))
    rows = _rows(session, AgencyRow, col(AgencyRow.agency) == number, at)
    children = [each for each in known.values() if each.parent == number and each.id != number]
    since = {name: _since(rows, name) for name in ("suspended_by", "own_approvals", "demanded_approvals")}
    decisions = decided(session, [rows[0].begins, *(place for place in since.values() if place is not None)])

    def told(name: str) -> Decided | None:
        place = since[name]
        return None if place is None else decisions.get(place)

    return AgencyThen(
        agency=own,
        superiors=superiors,
        children=tuple(children[:MOST_CHILDREN]),
        children_count=len(children),
        registered=decisions.get(rows[0].begins),
        suspended=None if own.suspended_by is None else told("suspended_by"),
        own_policy=told("own_approvals"),
        demand=told("demanded_approvals"),
        names=_names(session, rows),
        keys=_keys(session, number, at),
        types=_types(session, number, at, superiors),
        officers=_officers(session, number, at),
        findings=_findings(session, rows),
    )


def _rows(session: Session, table: type[Row], which: ColumnElement[bool], at: AsOf) -> Sequence[Row]:
    """Return all that was recorded until then, the oldest first."""
    return session.exec(select(table).where(which, col(table.begins) < at.end).order_by(col(table.begins))).all()


def _since(rows: Sequence[AgencyRow], name: str) -> int | None:
    """Return where the last change of a value was recorded; None if it still was what an agency begins with."""
    place: int | None = None
    for before, after in pairwise(rows):
        if getattr(before, name) != getattr(after, name):
            place = after.begins
    return place


def _names(session: Session, rows: Sequence[AgencyRow]) -> tuple[NameThen, ...]:
    """Return the names; of an agency's rows those are left out that changed something else."""
    changed = [
        row
        for before, row in zip((None, *rows), rows, strict=False)
        if before is None or (before.code, before.name) != (row.code, row.name)
    ]
    times = times_of(session, [block_of(row.begins) for row in changed])
    found: list[NameThen] = []
    for row, after in zip(changed, (*changed[1:], None), strict=True):
        block = block_of(row.begins)
        until = None if after is None else block_of(after.begins)
        found.append(NameThen(row.code, row.name, block, times.get(block, 0), until))
    return tuple(found)


def _keys(session: Session, agency: int, at: AsOf) -> tuple[KeyThen, ...]:
    histories: dict[bytes, list[KeyRow]] = {}
    for row in _rows(session, KeyRow, col(KeyRow.agency) == agency, at):
        histories.setdefault(row.kid, []).append(row)
    decisions = decided(session, [row.begins for rows in histories.values() for row in rows])
    found: list[KeyThen] = []
    for kid, rows in histories.items():
        first, last = rows[0], rows[-1]
        found.append(
            KeyThen(
                kid=kid,
                algorithm=last.algorithm,
                valid_from=last.valid_from,
                valid_until=last.valid_until,
                cut_off_block=last.cut_off_block,
                state=_key_state(last, at),
                listed=decisions.get(first.begins),
                cut_off=decisions.get(last.begins) if last is not first else None,
            )
        )
    return tuple(found)


def _key_state(key: KeyRow, at: AsOf) -> KeyState:
    if key.cut_off_block is not None:
        return KeyState.CUT_OFF
    if at.seconds < key.valid_from:
        return KeyState.NOT_YET
    if key.valid_until and at.seconds >= key.valid_until:
        return KeyState.EXPIRED
    return KeyState.IN_FORCE


def _types(session: Session, agency: int, at: AsOf, superiors: Sequence[AgencyState]) -> tuple[TypeThen, ...]:
    circle = [agency, *(each.id for each in superiors)]
    grants = session.exec(select(GrantRow).where(col(GrantRow.agency).in_(circle), at.holds(GrantRow))).all()
    holders = {(row.agency, row.certificate_type) for row in grants}
    own = sorted((row for row in grants if row.agency == agency), key=lambda row: row.certificate_type)
    decisions = decided(session, [row.begins for row in own])
    versions = _open_versions(session, at)
    names = type_names(session)
    return tuple(
        TypeThen(
            number=row.certificate_type,
            names=names.get(row.certificate_type),
            granted=decisions.get(row.begins),
            lacking=tuple(each for each in superiors if (each.id, row.certificate_type) not in holders),
            open_versions=versions.get(row.certificate_type, ()),
        )
        for row in own
    )


def _open_versions(session: Session, at: AsOf) -> Mapping[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    rows = session.exec(
        select(TypeRow.certificate_type, TypeRow.version)
        .where(at.holds(TypeRow), col(TypeRow.retired).is_(False))
        .order_by(col(TypeRow.certificate_type), col(TypeRow.version))
    )
    for number, version in rows:
        found[number] = (*found.get(number, ()), version)
    return found


def _officers(session: Session, agency: int, at: AsOf) -> tuple[OfficerThen, ...]:
    found = select(OfficerRow).where(OfficerRow.agency == agency, at.holds(OfficerRow))
    rows = session.exec(found.order_by(col(OfficerRow.begins), col(OfficerRow.officer))).all()
    decisions = decided(session, [row.begins for row in rows])
    return tuple(
        OfficerThen(
            address=row.officer,
            capabilities=tuple(each.name for each in Capability if each & row.capabilities and each.name is not None),
            since=decisions.get(row.begins),
        )
        for row in rows
    )


def _findings(session: Session, rows: Sequence[AgencyRow]) -> tuple[tuple[int, str], ...]:
    found = select(FindingRow).where(col(FindingRow.begins).in_([row.begins for row in rows]))
    return tuple((block_of(row.begins), row.what) for row in session.exec(found.order_by(col(FindingRow.begins))))
