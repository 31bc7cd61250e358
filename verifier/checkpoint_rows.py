"""Checkpoints in the index: what cannot be made again is kept, the rest is taken from the events."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

import structlog
from sqlmodel import col, select

from chain import cbor
from chain.checkpoint import Checkpoint, StateProof
from verifier.histories import heads_after, history_until
from verifier.models import CheckpointRow, RegistryRow
from verifier.snapshot import identity_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from chain.history import Heads

_LOG = structlog.get_logger(__name__)


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
        state=_encoded(checkpoint.state),
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
        state=_decoded(row.state),
        history=history,
        attestations=tuple((kid, signature) for kid, signature in attestations),
    )


def _encoded(state: StateProof | None) -> bytes:
    if state is None:
        return b""
    walks = (
        state.headers,
        state.certificates_account,
        state.anchors_slot,
        state.statuses_slot,
        state.agencies_account,
        state.rights_slot,
    )
    return cbor.encode([list(nodes) for nodes in walks])


def _decoded(data: bytes) -> StateProof | None:
    if not data:
        return None
    return StateProof(*(tuple(nodes) for nodes in cast("list[list[bytes]]", cbor.decode(data))))
