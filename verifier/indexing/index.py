"""Follows the chain into tables, and rebuilds them from genesis.

Verification reads these tables and never asks a node. They are the registry's events and nothing else: dropped and
read again they come out the same. Reading goes on where it stopped; where the chain was reorganised, it goes back to
the last block that both have.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias

import structlog
from sqlalchemy import delete
from sqlmodel import col, select

from chain.errors import RegistryBehind, RegistryError, RegistryMismatch, RegistryUnavailable
from chain.history import NO_HEAD, Heads
from verifier.indexing import keeping
from verifier.indexing.kept_rights import KeptRights
from verifier.indexing.models import (
    HELD,
    Base,
    BlockRow,
    CheckpointRow,
    CosignatureRow,
    EventRow,
    FindingRow,
    LeafRow,
    PartyRow,
    RegistryRow,
    TransactionRow,
    block_of,
)
from verifier.indexing.recording import Recorder
from verifier.indexing.snapshot import Freshness, IndexSnapshot, Reached, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlmodel import Session

    from chain.events import Record
    from chain.registry import Block, Identity, Registry
    from verifier.indexing.store import Store
    from verifier.wording import Message

_LOG = structlog.get_logger(__name__)
_MAX_TROUBLE = 1_000
"""Characters of what is kept of what a node said."""
_KEPT = 256
"""How many blocks without events are kept, to find out where a reorganisation began."""
_GENERATION = 8
"""Random bytes of a mark that no other reading of the chain has, whoever reads it."""

CHUNK = 2_000
"""How many blocks are read and stored at once."""

ReadHeads: TypeAlias = "Callable[[int], Heads | None]"
"""Asks the registry for its three hash chains' heads after a block; None if it is too late for that block."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the index has come."""

    identity: Identity
    block_number: int
    block_hash: bytes
    block_timestamp: int
    heads: Heads
    polled_at: int
    trouble: str
    is_mismatch: bool


class Index:
    """The verifier's own copy of the registry."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        freshness: Freshness,
        *,
        read_heads: ReadHeads,
    ) -> None:
        """Take what follows from a profile; `read_heads` asks for the heads that the events read must make."""
        self._store = store
        self._registry = registry
        self._freshness = freshness
        self._read_heads = read_heads
        self._kept = KeptRights()
        self._reached: Reached | None = None
        self._trouble = ""

    @property
    def is_at_hand(self) -> bool:
        """Whether `snapshot` and what is asked of it take no longer than reckoning does."""
        return self._store.is_at_hand

    def warm(self) -> None:
        """Fold the rights now if they have changed, so that no question has to wait for it."""
        with self.snapshot():
            pass

    def follow(self, now: datetime) -> Progress | None:
        """Read what is new, once. What went wrong is noted, and told by every report from then on.

        Returns how far the index has come; None if the registry was never reached.
        """
        self._trouble = ""
        try:
            self._catch_up(now)
        except RegistryError as exc:
            self._tell_trouble(exc)
        return self.progress()

    @property
    def trouble(self) -> str:
        """What went wrong when this process read last; empty if nothing did. Told also where there is no row yet."""
        return self._trouble

    def _tell_trouble(self, exc: RegistryError) -> None:
        self._trouble = str(exc)[:_MAX_TROUBLE] or type(exc).__name__
        _LOG.warning("index.trouble", error=type(exc).__name__, detail=str(exc))
        self.note_trouble(str(exc), is_mismatch=isinstance(exc, RegistryMismatch))

    def note_trouble(self, trouble: str, *, is_mismatch: bool = False) -> None:
        """Have every report say that the registry's answers may not be the present truth, until the next good poll."""
        with self._store.writing() as session:
            if row := session.get(RegistryRow, 1):
                row.trouble, row.is_mismatch = trouble[:_MAX_TROUBLE] or "-", is_mismatch

    def rebuild(self, now: datetime) -> Progress | None:
        """Forget everything that follows from the chain, and read it from the registry's first block.

        Checkpoints stay as far as their blocks do: nobody could make them again. Where no node shows the registry now,
        nothing is forgotten: that could not be read again.
        """
        try:
            self._registry.identity()
            self._registry.newest()
        except RegistryError as exc:
            self._tell_trouble(exc)
            return self.progress()
        with self._store.writing() as session:
            tables: tuple[type[Base], ...] = (*HELD, EventRow, PartyRow, TransactionRow, LeafRow, BlockRow, RegistryRow)
            for table in tables:
                session.execute(delete(table))
        return self.follow(now)

    def progress(self) -> Progress | None:
        """Return how far the index has come; None if the registry was never reached."""
        with self._store.reading() as session:
            row = session.get(RegistryRow, 1)
            return None if row is None else _progress(row)

    def doubt(self, now: datetime) -> Message | None:
        """Say why the index may not be the present truth; None if it is, or if the registry was never reached."""
        with self.snapshot() as seen:
            return None if seen is None else seen.doubt(now)

    def identity(self) -> Identity | None:
        """Return of which registry the index is; None if it was never reached."""
        progress = self.progress()
        return None if progress is None else progress.identity

    def findings(self) -> list[tuple[int, str]]:
        """Return all that is odd about the registry's records, with its block."""
        with self._store.reading() as session:
            rows = session.exec(select(FindingRow).order_by(col(FindingRow.begins)))
            return [(block_of(row.begins), row.what) for row in rows]

    @contextmanager
    def register(self) -> Iterator[tuple[Session, RegistryRow, Freshness] | None]:
        """Open the tables for `verifier.register`, all as of one moment; None if the registry was never reached."""
        with self._store.reading() as session:
            row = session.get(RegistryRow, 1)
            yield None if row is None else (session, row, self._freshness)

    @contextmanager
    def snapshot(self) -> Iterator[IndexSnapshot | None]:
        """Answer questions, all as of one moment; None if the registry was never reached."""
        with self._store.looking() as lookup:
            # Whatever another thread has put there meanwhile, it is read from the row or not used.
            self._reached = reached = Reached.read(lookup, self._reached)
            yield None if reached is None else IndexSnapshot(lookup, reached, self._kept, self._freshness)

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Return everything that follows from the chain alone, table by table, in order."""
        left_out = {table.__tablename__ for table in (RegistryRow, BlockRow, CheckpointRow, CosignatureRow)}
        with self._store.reading() as session:
            return {
                table.name: [tuple(row) for row in session.execute(table.select().order_by(*table.primary_key))]
                for table in Base.metadata.sorted_tables
                if table.name not in left_out
            }

    def _catch_up(self, now: datetime) -> None:
        progress = self._begin(self._registry.identity(), now)
        newest = self._registry.newest()
        progress = self._common(progress, newest)
        compared: tuple[int, Heads] | None = None
        while progress.block_number < newest.number:
            last = min(progress.block_number + CHUNK, newest.number)
            block = newest if last == newest.number else self._registry.block(last)
            records = tuple(self._registry.records(progress.block_number + 1, last))
            heads, rows = self._heads_after(progress.heads, records, block)
            if block is newest and self._is_whole(block.number, heads):
                compared = block.number, heads
            progress = self._store_records(progress, records, block, heads, rows)
        if self._registry.block(newest.number).hash != newest.hash:
            raise RegistryUnavailable(f"block {newest.number} changed while it was read; the chain was reorganised")
        reached = progress.block_number, progress.heads
        if compared != reached and not self._is_whole(*reached):
            # The chain went on meanwhile; until a poll can compare, the last one that could is the last good one.
            return
        with self._store.writing() as session:
            row = session.get_one(RegistryRow, 1)
            row.polled_at, row.trouble, row.is_mismatch = int(now.timestamp()), "", False

    def _begin(self, identity: Identity, now: datetime) -> Progress:
        """Return where to go on; raises `RegistryMismatch` if the tables are another registry's."""
        with self._store.writing() as session:
            row = session.get(RegistryRow, 1)
            if row is None:
                row = RegistryRow(
                    **{field.name: getattr(identity, field.name) for field in fields(identity)},
                    head_number=identity.deployed_at_block - 1,
                    head_hash=b"",
                    head_timestamp=0,
                    anchors_head=NO_HEAD,
                    statuses_head=NO_HEAD,
                    rights_head=NO_HEAD,
                    polled_at=int(now.timestamp()),
                    trouble="the registry has not been read yet",
                    generation=token_hex(_GENERATION),
                )
                session.add(row)
            held = identity_of(row)
            if held != identity:
                raise RegistryMismatch(f"got {identity}, but the index is of {held}; rebuild it if that is meant")
            return _progress(row)

    def _common(self, progress: Progress, newest: Block) -> Progress:
        """Return where the index and the chain still agree, after forgetting what came later.

        Raises `RegistryBehind` if the node just has not come as far as the index.
        """
        if progress.block_number < progress.identity.deployed_at_block:
            keeping.require_caught_up(self._store, progress.identity, newest)
            keeping.forget_undone(self._store, progress.identity, newest, self._registry, after=-1)
            return progress
        if newest.number >= progress.block_number and self._has(progress.block_number, progress.block_hash):
            return progress
        with self._store.reading() as session:
            earlier = select(BlockRow).where(col(BlockRow.number) <= newest.number)
            blocks = session.exec(earlier.order_by(col(BlockRow.number).desc())).all()
        common = next((block for block in blocks if self._has(block.number, block.hash)), None)
        if newest.number < progress.block_number and (not blocks or common is blocks[0]):
            raise RegistryBehind(f"got block {newest.number} as the newest, knew block {progress.block_number} already")
        reached = common.number if common else -1
        keeping.forget_undone(self._store, progress.identity, newest, self._registry, after=reached)
        with self._store.writing() as session:
            row = session.get_one(RegistryRow, 1)
            number = common.number if common else row.deployed_at_block - 1
            _LOG.warning("index.reorganised", known=progress.block_number, common=number)
            Recorder(session).roll_back(number)
            row.generation = token_hex(_GENERATION)
            row.head_number = number
            row.head_hash = common.hash if common else b""
            row.head_timestamp = common.timestamp if common else 0
            _set_heads(row, _heads(common) if common else Heads())
            return _progress(row)

    def _has(self, number: int, block_hash: bytes) -> bool:
        return self._registry.block(number).hash == block_hash

    def _is_whole(self, number: int, heads: Heads) -> bool:
        """Compare what the events up to a block make with what the registry shows; False if it cannot be compared.

        Raises `RegistryMismatch` if an event is missing, or was made up.
        """
        shown = self._read_heads(number)
        if shown is not None and shown != heads:
            raise RegistryMismatch(
                f"the events up to block {number} are not all: they make the heads {heads}, "
                f"the registry shows {shown}; rebuild the index if this stays"
            )
        return shown is not None

    def _heads_after(self, heads: Heads, records: Sequence[Record], block: Block) -> tuple[Heads, Sequence[BlockRow]]:
        """Return the heads that the records lead to, and the rows of their blocks and of the last one read."""
        blocks: dict[int, BlockRow] = {}
        for record in records:
            heads = heads.after(record.event, record.block_number)
            blocks[record.block_number] = _block_row(
                record.block_number, record.block_hash, record.block_timestamp, heads, has_events=True
            )
        blocks.setdefault(block.number, _block_row(block.number, block.hash, block.timestamp, heads, has_events=False))
        return heads, tuple(blocks.values())

    def _store_records(
        self, progress: Progress, records: Sequence[Record], block: Block, heads: Heads, blocks: Sequence[BlockRow]
    ) -> Progress:
        """Store what happened up to a block, all or nothing."""
        with self._store.writing() as session:
            row = session.get_one(RegistryRow, 1)
            if (row.head_number, row.head_hash) != (progress.block_number, progress.block_hash):
                # Another process was faster.
                return _progress(row)
            recorder = Recorder(session)
            for record in records:
                recorder.record(record)
            session.add_all(blocks)
            session.execute(
                delete(BlockRow).where(col(BlockRow.number) < block.number - _KEPT, col(BlockRow.has_events).is_(False))
            )
            row.head_number, row.head_hash, row.head_timestamp = block.number, block.hash, block.timestamp
            _set_heads(row, heads)
            return _progress(row)


def _block_row(number: int, block_hash: bytes, timestamp: int, heads: Heads, *, has_events: bool) -> BlockRow:
    return BlockRow(
        number=number,
        hash=block_hash,
        timestamp=timestamp,
        has_events=has_events,
        anchors_head=heads.anchors,
        statuses_head=heads.statuses,
        rights_head=heads.rights,
    )


def _heads(row: BlockRow | RegistryRow) -> Heads:
    return Heads(anchors=row.anchors_head, statuses=row.statuses_head, rights=row.rights_head)


def _set_heads(row: RegistryRow, heads: Heads) -> None:
    row.anchors_head, row.statuses_head, row.rights_head = heads.anchors, heads.statuses, heads.rights


def _progress(row: RegistryRow) -> Progress:
    return Progress(
        identity=identity_of(row),
        block_number=row.head_number,
        block_hash=row.head_hash,
        block_timestamp=row.head_timestamp,
        heads=_heads(row),
        polled_at=row.polled_at,
        trouble=row.trouble,
        is_mismatch=row.is_mismatch,
    )
