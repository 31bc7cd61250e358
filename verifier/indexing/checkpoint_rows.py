"""Checkpoints in the index: what cannot be made again is kept, the rest is taken from the events."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

import structlog
from sqlalchemy import func
from sqlmodel import col, select

from chain import cbor
from chain.checkpoint import Checkpoint, StateProof
from chain.errors import YinxinError
from verifier.indexing.histories import heads_after, history_until
from verifier.indexing.models import CheckpointRow, RegistryRow
from verifier.indexing.snapshot import identity_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from chain.history import Heads

_LOG = structlog.get_logger(__name__)


class IndexBehind(YinxinError):
    """The index is being read again, and has not come as far as a checkpoint that was cut and handed out before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A checkpoint that was cut, without what it is made of."""

    number: int
    hash: bytes
    timestamp: int
    heads: Heads


def rows_until(session: Session, *, limit: int, before: int | None = None) -> list[CheckpointRow]:
    """Return the newest checkpoints that the index has the events for, newest first; blocks below `before` only."""
    row = session.get(RegistryRow, 1)
    if row is None:
        return []
    found = select(CheckpointRow).where(
        CheckpointRow.registry_id == row.registry_id, col(CheckpointRow.number) <= row.head_number
    )
    if before is not None:
        found = found.where(col(CheckpointRow.number) < before)
    return list(session.exec(found.order_by(col(CheckpointRow.number).desc()).limit(limit)))


def newest_cut(session: Session) -> int | None:
    """Return the block of the newest checkpoint that was ever cut and not undone; None if there is none.

    The index may not have come as far: it may be read again, and may not even know yet of which registry it is.
    """
    row = session.get(RegistryRow, 1)
    found = select(func.max(CheckpointRow.number))
    if row is not None:
        found = found.where(CheckpointRow.registry_id == row.registry_id)
    return session.exec(found).one()


def require_reached(session: Session) -> None:
    """Raise `IndexBehind` rather than have somebody take an older checkpoint for the newest one."""
    row, newest = session.get(RegistryRow, 1), newest_cut(session)
    reached = None if row is None else row.head_number
    if newest is not None and (reached is None or reached < newest):
        raise IndexBehind(
            f"the index is being read again: it has come to block {'none' if reached is None else reached}, "
            f"the newest checkpoint is of block {newest}; ask again later"
        )


def tag_of(row: CheckpointRow) -> bytes:
    """Return a digest of all that a checkpoint says, without putting it together."""
    parts = row.registry_id, row.hash, row.state, row.history_digest, row.attestations
    return sha256(cbor.encode([row.number, row.timestamp, *parts])).digest()


def entry_of(session: Session, row: CheckpointRow) -> Entry:
    """Return what a list tells of a checkpoint."""
    return Entry(row.number, row.hash, row.timestamp, heads_after(session, row.number))


def row_of(checkpoint: Checkpoint) -> CheckpointRow:
    """Return what is kept of a checkpoint."""
    return CheckpointRow(
        number=checkpoint.block_number,
        registry_id=checkpoint.registry_id,
        hash=checkpoint.block_hash,
        timestamp=checkpoint.timestamp,
        state=b"" if checkpoint.state is None else checkpoint.state.encode(),
        history_digest=sha256(checkpoint.history).digest(),
        attestations=cbor.encode([[kid, signature] for kid, signature in checkpoint.attestations]),
    )


def checkpoint_of(session: Session, row: CheckpointRow) -> Checkpoint | None:
    """Put a checkpoint together again; None, and an error in the log, if the events no longer make what was signed."""
    history = history_until(session, row.number)
    if sha256(history).digest() != row.history_digest:
        _LOG.error("checkpoint.history_differs", block=row.number)
        return None
    identity = identity_of(session.get_one(RegistryRow, 1))
    attestations = cast("list[tuple[bytes, bytes]]", cbor.decode(row.attestations))
    return Checkpoint(
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        registry=identity.address,
        agencies=identity.agencies_address,
        block_number=row.number,
        block_hash=row.hash,
        timestamp=row.timestamp,
        heads=heads_after(session, row.number),
        state=StateProof.parse(row.state) if row.state else None,
        history=history,
        attestations=tuple((kid, signature) for kid, signature in attestations),
    )
