"""What the register holds of all leaves that begin with the same 16 bits.

A browser that has computed a certificate's leaf asks for the beginning of it alone, so that this service does not learn
which certificate is looked at. What is told here bears its own evidence as far as it can: a path leads from the leaf to
the root of a batch, which any checkpoint lists.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import merkle
from chain.errors import TreeMalformed, YinxinError
from verifier.check.knowledge import Place
from verifier.indexing import checkpoint_rows
from verifier.indexing.models import BatchRow, LeafRow, StatusRow, block_of, log_of
from verifier.indexing.snapshot import identity_of, status_of
from verifier.indexing.trees import Trees

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlmodel import Session

    from chain.registry import Identity
    from verifier.check.knowledge import StatusRecord
    from verifier.indexing.index import Index
    from verifier.indexing.models import RegistryRow
    from verifier.indexing.snapshot import Freshness
    from verifier.wording import Message

PREFIX_BYTES = 2
"""How much of a leaf is asked for: among a million certificates, fifteen begin alike."""
MOST = 4_096
"""How many entries one answer has: as many certificates begin alike among 268 millions."""
_TREES = Trees()


class RegisterUnanswerable(YinxinError):
    """The index cannot be asked this; says why."""


@dataclass(frozen=True, slots=True)
class AnchoredAt:
    """A batch that holds a leaf, and the way to its root."""

    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    place: Place
    timestamp: int
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LeafEntry:
    """All that the register has of one leaf."""

    leaf: bytes
    batches: tuple[AnchoredAt, ...]
    """The earliest first; none if the leaf was never anchored, or its batch could not be read."""
    statuses: tuple[tuple[int, StatusRecord], ...]
    """Each with the agency whose leaf it is about, in the chain's order."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of which registry an answer is, and as of when."""

    identity: Identity
    number: int
    """The newest block's that was read."""
    hash: bytes
    timestamp: int
    polled_at: int
    """Seconds since 1970 of the last time that all nodes agreed."""
    confirmations: int
    max_head_age_s: int
    doubt: Message | None
    """Why this may not be the present truth."""
    checkpoint: int | None
    """The block of the newest checkpoint."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """The answer about a prefix."""

    standing: Standing
    leaves: tuple[LeafEntry, ...]
    """In their order."""


def leaves_beginning(index: Index, prefix: bytes, now: datetime) -> Leaves:
    """Return all leaves that were anchored, or that a status is about, and begin with these two bytes.

    Raises:
        RegisterUnanswerable: The registry was never reached, or more than `MOST` leaves begin so.
    """
    with opened(index) as tables:
        standing = standing_of(tables, now)
        batches = _batches(tables.session, prefix)
        statuses = _statuses(tables.session, prefix)
    found = sorted(batches.keys() | statuses.keys())
    return Leaves(standing, tuple(LeafEntry(leaf, batches.get(leaf, ()), statuses.get(leaf, ())) for leaf in found))


@dataclass(frozen=True, slots=True)
class Tables:
    """The index's tables as of one moment."""

    session: Session
    row: RegistryRow
    freshness: Freshness


@contextmanager
def opened(index: Index) -> Iterator[Tables]:
    """Open the index's tables, all as of one moment; raises `RegisterUnanswerable` if there is nothing in them yet."""
    with index.register() as found:
        if found is None:
            raise RegisterUnanswerable("the registry has not been reached yet; ask again later")
        yield Tables(*found)


def standing_of(tables: Tables, now: datetime) -> Standing:
    """Return of which registry the tables are, and as of when."""
    row, freshness = tables.row, tables.freshness
    return Standing(
        identity=identity_of(row),
        number=row.head_number,
        hash=row.head_hash,
        timestamp=row.head_timestamp,
        polled_at=row.polled_at,
        confirmations=freshness.confirmations,
        max_head_age_s=freshness.max_head_age_s,
        doubt=freshness.doubt(
            now,
            newest=row.head_timestamp,
            polled_at=row.polled_at,
            has_trouble=bool(row.trouble),
            is_mismatch=row.is_mismatch,
        ),
        checkpoint=_newest_checkpoint(tables.session, row),
    )


def _newest_checkpoint(session: Session, row: RegistryRow) -> int | None:
    """Return the block of the newest checkpoint; None too while an index that is read again has not come so far."""
    newest = checkpoint_rows.newest_cut(session)
    return newest if newest is not None and newest <= row.head_number else None


def _batches(session: Session, prefix: bytes) -> dict[bytes, tuple[AnchoredAt, ...]]:
    first, last = _range(prefix)
    found = (
        select(LeafRow.leaf, LeafRow.position, BatchRow)
        .join(BatchRow, col(BatchRow.begins) == LeafRow.batch)
        .where(col(LeafRow.leaf) >= first, col(LeafRow.leaf) <= last)
        .order_by(col(LeafRow.leaf), col(LeafRow.batch), col(LeafRow.position))
        .limit(MOST + 1)
    )
    rows = session.exec(found).all()
    _require_few(len(rows), prefix)
    return {
        leaf: tuple(_anchored(session, position, batch) for position, batch in _once(of_leaf))
        for leaf, of_leaf in groupby(rows, key=lambda row: row[0])
    }


def _once(rows: Iterator[tuple[bytes, int, BatchRow]]) -> Iterator[tuple[int, BatchRow]]:
    """Yield each batch once, with the first position at which it holds the leaf."""
    for _, of_batch in groupby(rows, key=lambda row: row[2].begins):
        _, position, batch = next(of_batch)
        yield position, batch


def _anchored(session: Session, position: int, batch: BatchRow) -> AnchoredAt:
    def leaves() -> Sequence[bytes]:
        return session.exec(
            select(LeafRow.leaf).where(LeafRow.batch == batch.begins).order_by(col(LeafRow.position))
        ).all()

    try:
        path = _TREES.under(batch.root, leaves).path(position)
    except TreeMalformed as exc:
        raise RegisterUnanswerable(
            f"the index contradicts itself about a batch of block {block_of(batch.begins)}; its operator rebuilds it"
        ) from exc
    return AnchoredAt(
        agency=batch.agency,
        root=batch.root,
        certificate_type=batch.certificate_type,
        version=batch.version,
        size=batch.size,
        sequence=batch.sequence,
        place=Place(block_of(batch.begins), log_of(batch.begins)),
        timestamp=batch.timestamp,
        index=position,
        path=path,
    )


def _statuses(session: Session, prefix: bytes) -> dict[bytes, tuple[tuple[int, StatusRecord], ...]]:
    first, last = _range(prefix)
    found = (
        select(StatusRow)
        .where(col(StatusRow.leaf) >= first, col(StatusRow.leaf) <= last)
        .order_by(col(StatusRow.leaf), col(StatusRow.begins))
        .limit(MOST + 1)
    )
    rows = session.exec(found).all()
    _require_few(len(rows), prefix)
    return {
        leaf: tuple((row.agency, status_of(row)) for row in of_leaf)
        for leaf, of_leaf in groupby(rows, key=lambda row: row.leaf)
    }


def _require_few(count: int, prefix: bytes) -> None:
    """Refuse an answer without end. Leaves are even; only an agency that makes them up can have so many begin alike."""
    if count > MOST:
        raise RegisterUnanswerable(f"got more than {MOST} entries that begin with {prefix.hex()}; ask for the verdict")


def _range(prefix: bytes) -> tuple[bytes, bytes]:
    return prefix.ljust(merkle.HASH, b"\x00"), prefix.ljust(merkle.HASH, b"\xff")
