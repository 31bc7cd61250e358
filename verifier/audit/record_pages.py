"""What stands in one batch, one transaction, one block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain.short_number import short_number
from verifier.audit.events_told import told
from verifier.audit.paging import PAGE_ROWS, Cursors, Page
from verifier.check import tracks
from verifier.indexing.models import (
    BatchRow,
    BlockRow,
    EventRow,
    LeafRow,
    StatusRow,
    TransactionRow,
    block_of,
    place,
)
from verifier.indexing.snapshot import status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlmodel import Session

    from chain.events import Track
    from verifier.audit.events_told import Told
    from verifier.check.moments import Moment

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BatchShown:
    """A batch."""

    begins: int
    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    preparer: bytes
    approvers: tuple[bytes, ...]
    transaction_hash: bytes
    timestamp: int

    @property
    def block(self) -> int:
        """The block's number."""
        return block_of(self.begins)


@dataclass(frozen=True, slots=True)
class LeafShown:
    """A leaf of a batch."""

    position: int
    leaf: bytes
    short_number: str
    in_force: tuple[Track, ...]
    """Which tracks of its status are in force now."""
    entries: int
    """How many entries there are about it."""


@dataclass(frozen=True, slots=True)
class TransactionShown:
    """A transaction with events of the registry."""

    hash: bytes
    block: int
    block_hash: bytes
    timestamp: int
    position: int | None
    sender: bytes | None
    to: bytes | None


@dataclass(frozen=True, slots=True)
class BlockShown:
    """A block; of one that holds no events of the registry only its number may be known."""

    number: int
    hash: bytes | None
    timestamp: int | None
    heads: tuple[bytes, bytes, bytes] | None
    """The three hash chains after it: anchors, statuses, rights."""
    before: int | None
    """The block with events before it."""
    after: int | None


def batch(session: Session, agency: int, root: bytes) -> BatchShown | None:
    """Return an agency's batch by its root; of several alike the earliest."""
    found = select(BatchRow).where(BatchRow.agency == agency, BatchRow.root == root).order_by(col(BatchRow.begins))
    row = session.exec(found.limit(1)).first()
    if row is None:
        return None
    approvers = tuple(row.approvers[at : at + 20] for at in range(0, len(row.approvers), 20))
    return BatchShown(
        begins=row.begins,
        agency=row.agency,
        root=row.root,
        certificate_type=row.certificate_type,
        version=row.version,
        size=row.size,
        sequence=row.sequence,
        preparer=row.preparer,
        approvers=approvers,
        transaction_hash=row.transaction_hash,
        timestamp=row.timestamp,
    )


def leaves(
    session: Session, shown: BatchShown, cursor: str | None, moment: Moment, *, final_block: int
) -> Page[LeafShown]:
    """Return a page of a batch's leaves with their present statuses; raises `InvalidInput` for a foreign cursor."""
    cursors = Cursors(f"leaves/{shown.begins}")
    after = cursors.read_int(cursor)
    rows = _leaves(session, shown, -1 if after is None else after, PAGE_ROWS + 1)
    following = cursors.write([rows[PAGE_ROWS - 1].position]) if len(rows) > PAGE_ROWS else None
    return Page(tuple(_shown(session, shown, rows[:PAGE_ROWS], moment, final_block)), following)


def all_leaves(session: Session, shown: BatchShown, moment: Moment, *, final_block: int) -> Iterator[LeafShown]:
    """Yield all leaves of a batch."""
    after = -1
    while rows := _leaves(session, shown, after, _AT_ONCE):
        yield from _shown(session, shown, rows, moment, final_block)
        after = rows[-1].position
        session.expunge_all()


def _leaves(session: Session, shown: BatchShown, after: int, limit: int) -> Sequence[LeafRow]:
    found = select(LeafRow).where(LeafRow.batch == shown.begins, LeafRow.position > after)
    return session.exec(found.order_by(col(LeafRow.position)).limit(limit)).all()


def _shown(
    session: Session, shown: BatchShown, rows: Sequence[LeafRow], moment: Moment, final_block: int
) -> Iterator[LeafShown]:
    held = _statuses(session, shown.agency, [row.leaf for row in rows])
    for row in rows:
        records = [status_of(each) for each in held.get(row.leaf, ())]
        entries = tracks.entries(records, final_block=final_block)
        in_force = {entry.record.track for entry in tracks.in_force(entries, moment)}
        yield LeafShown(row.position, row.leaf, short_number(row.leaf), tuple(sorted(in_force)), len(records))


def _statuses(session: Session, agency: int, wanted: Sequence[bytes]) -> Mapping[bytes, list[StatusRow]]:
    found = select(StatusRow).where(StatusRow.agency == agency, col(StatusRow.leaf).in_(wanted))
    by_leaf: dict[bytes, list[StatusRow]] = {}
    for row in session.exec(found.order_by(col(StatusRow.begins))) if wanted else ():
        by_leaf.setdefault(row.leaf, []).append(row)
    return by_leaf


def transaction(session: Session, transaction_hash: bytes) -> TransactionShown | None:
    """Return a transaction; None for one without events of the registry."""
    row = session.get(TransactionRow, transaction_hash)
    if row is None:
        return None
    block = session.get_one(BlockRow, row.block)
    return TransactionShown(row.hash, row.block, block.hash, block.timestamp, row.position, row.sender, row.to)


def events_of_transaction(session: Session, shown: TransactionShown, cursor: str | None) -> Page[Told]:
    """Return a page of what a transaction wrote; raises `InvalidInput` for a foreign cursor."""
    cursors = Cursors(f"transaction/{shown.hash.hex()}")
    return _events(session, cursors, cursor, shown.block, transaction_hash=shown.hash)


def events_of_block(session: Session, number: int, cursor: str | None) -> Page[Told]:
    """Return a page of a block's events; raises `InvalidInput` for a foreign cursor."""
    return _events(session, Cursors(f"block/{number}"), cursor, number)


def events_at(session: Session, begins: int) -> list[Told]:
    """Return the event at a place; there is one at most."""
    return told(session, session.exec(select(EventRow).where(EventRow.begins == begins)).all())


def whole_block(session: Session, number: int, transaction_hash: bytes | None = None) -> Iterator[Told]:
    """Yield all events of a block, or of one of its transactions."""
    after = place(number) - 1
    while rows := _rows(session, after, number, transaction_hash, _AT_ONCE):
        yield from told(session, rows)
        after = rows[-1].begins
        session.expunge_all()


def _events(
    session: Session, cursors: Cursors, cursor: str | None, number: int, transaction_hash: bytes | None = None
) -> Page[Told]:
    after = cursors.read_int(cursor)
    rows = _rows(session, place(number) - 1 if after is None else after, number, transaction_hash, PAGE_ROWS + 1)
    following = cursors.write([rows[PAGE_ROWS - 1].begins]) if len(rows) > PAGE_ROWS else None
    return Page(tuple(told(session, rows[:PAGE_ROWS])), following)


def _rows(session: Session, after: int, number: int, transaction_hash: bytes | None, limit: int) -> Sequence[EventRow]:
    found = select(EventRow).where(col(EventRow.begins) > after, col(EventRow.begins) < place(number + 1))
    if transaction_hash is not None:
        found = found.where(EventRow.transaction_hash == transaction_hash)
    return session.exec(found.order_by(col(EventRow.begins)).limit(limit)).all()


def block(session: Session, number: int, *, head: int) -> BlockShown | None:
    """Return a block with its neighbours that hold events; None beyond the newest that was read."""
    if not 0 <= number <= head:
        return None
    row = session.get(BlockRow, number)
    before = select(EventRow.begins).where(col(EventRow.begins) < place(number)).order_by(col(EventRow.begins).desc())
    after = select(EventRow.begins).where(col(EventRow.begins) >= place(number + 1)).order_by(col(EventRow.begins))
    earlier, later = (session.exec(found.limit(1)).first() for found in (before, after))
    return BlockShown(
        number=number,
        hash=None if row is None else row.hash,
        timestamp=None if row is None else row.timestamp,
        heads=None if row is None else (row.anchors_head, row.statuses_head, row.rights_head),
        before=None if earlier is None else block_of(earlier),
        after=None if later is None else block_of(later),
    )
