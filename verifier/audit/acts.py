"""What one address may and could do, and all that it had a part in: what it signed, what it sent, what it became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier.audit.events_told import told
from verifier.audit.paging import PAGE_ROWS, Cursors, Page
from verifier.indexing.models import EventRow, MemberRow, OfficerRow, PartyRow, block_of
from verifier.indexing.parties import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlmodel import Session

    from verifier.audit.events_told import Told

_AT_ONCE = 500
_BEYOND = 2**63 - 1
MOST_ROLES = 500
"""How many spans of an officer's are shown, and as many of a member's: the newest ones."""


@dataclass(frozen=True, slots=True)
class Role:
    """A span in which an address could do something."""

    agency: int | None
    """None for the council."""
    capabilities: int
    first_block: int
    last_block: int | None
    """The block in which that ended; None while it lasts."""


@dataclass(frozen=True, slots=True)
class Act:
    """An event that an address had a part in."""

    told: Told
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """What an address may do and could do."""

    held: tuple[Role, ...]
    """In the chain's order."""
    is_cut: bool
    """Whether there were more before these."""


def roles(session: Session, address: bytes) -> Roles:
    """Return the spans in which an address was an officer's or a council member's, the newest ones of many."""
    officers = select(OfficerRow).where(OfficerRow.officer == address).order_by(col(OfficerRow.begins).desc())
    members = select(MemberRow).where(MemberRow.member == address).order_by(col(MemberRow.begins).desc())
    serving = session.exec(officers.limit(MOST_ROLES + 1)).all()
    sitting = session.exec(members.limit(MOST_ROLES + 1)).all()
    found = [
        (row.begins, Role(row.agency, row.capabilities, block_of(row.begins), _ended(row.ends)))
        for row in serving[:MOST_ROLES]
    ]
    found += [(row.begins, Role(None, 0, block_of(row.begins), _ended(row.ends))) for row in sitting[:MOST_ROLES]]
    held = tuple(role for _, role in sorted(found, key=lambda each: each[0]))
    return Roles(held, is_cut=max(len(serving), len(sitting)) > MOST_ROLES)


def _ended(ends: int | None) -> int | None:
    return None if ends is None else block_of(ends)


def page(session: Session, address: bytes, part: Part | None, cursor: str | None) -> Page[Act]:
    """Return a page of what an address had a part in, newest first; of one part only, unless that is None.

    Raises `InvalidInput` for a cursor of another list.
    """
    cursors = Cursors(f"acts/{address.hex()}/{part}")
    before = cursors.read_int(cursor)
    places = _places(session, address, part, before=_BEYOND if before is None else before, limit=PAGE_ROWS + 1)
    following = cursors.write([places[PAGE_ROWS - 1]]) if len(places) > PAGE_ROWS else None
    return Page(tuple(_acts(session, address, places[:PAGE_ROWS])), following)


def whole(session: Session, address: bytes, part: Part | None) -> Iterator[Act]:
    """Yield all of them, newest first, a few hundred read at once."""
    before = _BEYOND
    while places := _places(session, address, part, before=before, limit=_AT_ONCE):
        yield from _acts(session, address, places)
        before = places[-1]
        # What was read is told; the session need not remember it.
        session.expunge_all()


def _places(session: Session, address: bytes, part: Part | None, *, before: int, limit: int) -> list[int]:
    """Return the places of the newest events; each part has its own way through the index, and they are merged."""
    found: set[int] = set()
    for each in Part if part is None else (part,):
        places = select(PartyRow.begins).where(
            PartyRow.address == address, PartyRow.part == each, col(PartyRow.begins) < before
        )
        found.update(session.exec(places.order_by(col(PartyRow.begins).desc()).limit(limit)))
    return sorted(found, reverse=True)[:limit]


def _acts(session: Session, address: bytes, places: Sequence[int]) -> Iterator[Act]:
    if not places:
        return
    rows = session.exec(select(EventRow).where(col(EventRow.begins).in_(places)).order_by(col(EventRow.begins).desc()))
    parts: dict[int, list[Part]] = {}
    held = select(PartyRow.begins, PartyRow.part).where(PartyRow.address == address, col(PartyRow.begins).in_(places))
    for begins, part in session.exec(held.order_by(col(PartyRow.part))):
        parts.setdefault(begins, []).append(Part(part))
    for each in told(session, rows.all()):
        yield Act(each, tuple(parts[each.happened.begins]))
