"""The council as it was at a moment: members, how many votes decide, and its proposals with their votes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from chain import steps
from chain.events import ProposalExecuted
from verifier.audit.agency_tree import agencies_at
from verifier.audit.council_calls import Names, told
from verifier.audit.decided import times_of
from verifier.audit.paging import PAGE_ROWS, Cursors
from verifier.audit.type_names import type_names
from verifier.indexing.models import EventRow, MemberRow, ProposalRow, ThresholdRow, VoteRow, block_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlmodel import Session

    from verifier.audit.as_of import AsOf
    from verifier.audit.council_calls import CallReader, Told
    from verifier.audit.paging import Page
    from verifier.register import Tables

_AT_ONCE = 200


class ProposalState(StrEnum):
    """What had become of a proposal."""

    OPEN = "OPEN"
    PASSED = "PASSED"
    """It has the votes it needs, and has not been carried out."""
    CARRIED_OUT = "CARRIED_OUT"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's time in the council."""

    address: bytes
    from_block: int
    from_time: int
    until_block: int | None
    """None for who was a member at that moment."""
    until_time: int | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many votes decided, from a block on."""

    threshold: int
    block: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Council:
    """The council at a moment."""

    members: tuple[Member, ...]
    former: tuple[Member, ...]
    threshold: int | None
    """None before there was a council."""
    thresholds: tuple[Threshold, ...]
    """All until then, the newest first; only real changes."""
    proposals: int


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote for a proposal."""

    member: bytes
    block: int
    timestamp: int
    counts: bool
    """Whether its caster stayed a member without a break, until then or until the proposal was carried out."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it stood."""

    id: str
    block: int
    timestamp: int
    proposer: bytes
    target: bytes
    data: bytes
    told: Told
    expires_at_block: str
    state: ProposalState
    votes: tuple[Vote, ...]
    needed: int
    """How many votes decided then, or when it was carried out."""
    executor: bytes | None
    executed_block: int | None
    executed_time: int | None

    @property
    def counted(self) -> int:
        """How many of its votes count."""
        return sum(vote.counts for vote in self.votes)


def council_at(tables: Tables, at: AsOf) -> Council:
    """Return the council as it was at a moment."""
    session = tables.session
    rows = session.exec(select(MemberRow).where(col(MemberRow.begins) < at.end).order_by(col(MemberRow.begins))).all()
    history = _thresholds(session, at.end)
    counted = select(func.count()).select_from(ProposalRow).where(col(ProposalRow.begins) < at.end)
    members = _members(session, rows, at.end)
    return Council(
        members=tuple(each for each in members if each.until_block is None),
        former=tuple(each for each in members if each.until_block is not None),
        threshold=history[-1].threshold if history else None,
        thresholds=tuple(reversed(history)),
        proposals=int(session.exec(counted).one()),
    )


def page_of(tables: Tables, at: AsOf, reader: CallReader, cursor: str | None) -> Page[Proposal]:
    """Return a page of proposals, the newest first; raises `InvalidInput` for another list's cursor."""
    cursors = Cursors(f"council proposals {at.end}")
    before = cursors.read_int(cursor)
    rows = _proposals(tables.session, at.end if before is None else min(before, at.end), PAGE_ROWS + 1)
    read = _Reading(tables, at, reader).proposals(rows[:PAGE_ROWS])
    shown = dict(zip([row.begins for row in rows], read, strict=False))
    return cursors.page(rows, lambda row: (row.begins,), lambda row: shown[row.begins])


def all_of(tables: Tables, at: AsOf, reader: CallReader) -> Iterator[Proposal]:
    """Yield all proposals, the newest first."""
    end = at.end
    reading = _Reading(tables, at, reader)
    while rows := _proposals(tables.session, end, _AT_ONCE):
        yield from reading.proposals(rows)
        end = rows[-1].begins


class _Reading:
    """Reads proposals as they stood at a moment."""

    def __init__(self, tables: Tables, at: AsOf, reader: CallReader) -> None:
        session = tables.session
        self._tables = tables
        self._at = at
        self._reader = reader
        self._members = session.exec(select(MemberRow).where(col(MemberRow.begins) < at.end)).all()
        self._thresholds = session.exec(select(ThresholdRow).where(col(ThresholdRow.begins) < at.end)).all()
        agencies = {number: agency.name for number, agency in agencies_at(session, at).items()}
        self._names = Names(agencies, type_names(session))

    def proposals(self, rows: Sequence[ProposalRow]) -> list[Proposal]:
        session, end = self._tables.session, self._at.end
        found = select(VoteRow).where(
            col(VoteRow.proposal).in_([row.proposal for row in rows]), col(VoteRow.begins) < end
        )
        votes: dict[str, list[VoteRow]] = {}
        for vote in session.exec(found.order_by(col(VoteRow.begins))):
            votes.setdefault(vote.proposal, []).append(vote)
        done = {row.ends for row in rows if row.ends is not None and row.ends < end}
        executors = _executors(session, done)
        places = [*(row.begins for row in rows), *done, *(vote.begins for each in votes.values() for vote in each)]
        times = times_of(session, map(block_of, places))
        return [self._proposal(row, votes.get(row.proposal, ()), executors, times) for row in rows]

    def _proposal(
        self,
        row: ProposalRow,
        votes: Sequence[VoteRow],
        executors: Mapping[int, bytes],
        times: Mapping[int, int],
    ) -> Proposal:
        executed = row.ends if row.ends is not None and row.ends < self._at.end else None
        judged = self._at.end if executed is None else executed
        shown = tuple(
            Vote(
                member=vote.member,
                block=block_of(vote.begins),
                timestamp=times.get(block_of(vote.begins), 0),
                counts=self._stayed(vote, judged),
            )
            for vote in votes
        )
        needed = self._needed(judged)
        return Proposal(
            id=row.proposal,
            block=block_of(row.begins),
            timestamp=times.get(block_of(row.begins), 0),
            proposer=row.proposer,
            target=row.target,
            data=row.data,
            told=told(self._tables.row, self._reader, row.target, row.data, self._names),
            expires_at_block=row.expires_at_block,
            state=self._state(row, executed, sum(vote.counts for vote in shown), needed),
            votes=shown,
            needed=needed,
            executor=None if executed is None else executors.get(executed),
            executed_block=None if executed is None else block_of(executed),
            executed_time=None if executed is None else times.get(block_of(executed)),
        )

    def _state(self, row: ProposalRow, executed: int | None, counted: int, needed: int) -> ProposalState:
        if executed is not None:
            return ProposalState.CARRIED_OUT
        if self._at.block is not None and self._at.block >= int(row.expires_at_block):
            # The last block in which it could have been carried out has passed.
            return ProposalState.EXPIRED
        return ProposalState.PASSED if needed and counted >= needed else ProposalState.OPEN

    def _stayed(self, vote: VoteRow, until: int) -> bool:
        """Whether the caster of a vote was a member without a break from then until a place."""
        return any(
            member.member == vote.member
            and member.begins <= vote.begins
            and (member.ends is None or member.ends >= until)
            for member in self._members
        )

    def _needed(self, at: int) -> int:
        """Return how many votes decided just before a place."""
        return next(
            (row.threshold for row in self._thresholds if row.begins < at and (row.ends is None or row.ends >= at)), 0
        )


def _proposals(session: Session, end: int, limit: int) -> Sequence[ProposalRow]:
    found = select(ProposalRow).where(col(ProposalRow.begins) < end)
    return session.exec(found.order_by(col(ProposalRow.begins).desc()).limit(limit)).all()


def _executors(session: Session, places: set[int]) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    for row in session.exec(select(EventRow).where(col(EventRow.begins).in_(places))):
        event = steps.event_of(row.kind, row.arguments)
        if isinstance(event, ProposalExecuted):
            found[row.begins] = event.executor
    return found


def _members(session: Session, rows: Sequence[MemberRow], end: int) -> list[Member]:
    left = {row.begins: row.ends for row in rows if row.ends is not None and row.ends < end}
    times = times_of(session, map(block_of, [*(row.begins for row in rows), *left.values()]))
    found: list[Member] = []
    for row in rows:
        ends = left.get(row.begins)
        block, until = block_of(row.begins), None if ends is None else block_of(ends)
        found.append(
            Member(
                address=row.member,
                from_block=block,
                from_time=times.get(block, 0),
                until_block=until,
                until_time=None if until is None else times.get(until, 0),
            )
        )
    return found


def _thresholds(session: Session, end: int) -> list[Threshold]:
    """Return the thresholds in their order; each member's coming and going names one, mostly the same again."""
    rows = session.exec(
        select(ThresholdRow).where(col(ThresholdRow.begins) < end).order_by(col(ThresholdRow.begins))
    ).all()
    changed = [
        row
        for before, row in zip((None, *rows), rows, strict=False)
        if before is None or before.threshold != row.threshold
    ]
    times = times_of(session, [block_of(row.begins) for row in changed])
    return [Threshold(row.threshold, block_of(row.begins), times.get(block_of(row.begins), 0)) for row in changed]
