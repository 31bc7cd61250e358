"""Keeps checkpoints for as long as the chain keeps their blocks, even while the index is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, func
from sqlmodel import col, select

from chain.errors import RegistryBehind
from verifier.indexing.models import CheckpointRow

if TYPE_CHECKING:
    from chain.registry import Block, Identity, Registry
    from verifier.indexing.store import Store

_LOG = structlog.get_logger(__name__)


def require_caught_up(store: Store, identity: Identity, newest: Block) -> None:
    """Raise `RegistryBehind` if the nodes have not come as far as a checkpoint that was cut of this registry."""
    found = select(func.max(CheckpointRow.number)).where(CheckpointRow.registry_id == identity.registry_id)
    with store.reading() as session:
        known = session.exec(found).one()
    if known is not None and newest.number < known:
        raise RegistryBehind(f"got block {newest.number} as the newest, but a checkpoint was cut of block {known}")


def forget_undone(store: Store, identity: Identity, newest: Block, registry: Registry, *, after: int) -> None:
    """Forget the checkpoints of blocks after `after` that are another registry's, or that the chain has no more.

    What is undone was called final: it is logged as an error.
    """
    columns = CheckpointRow.number, CheckpointRow.hash, CheckpointRow.registry_id
    with store.reading() as session:
        rows = session.exec(select(*columns).where(col(CheckpointRow.number) > after)).all()
    hashes = {number: held for number, held, owner in rows if owner == identity.registry_id}
    # There may be thousands, so they are asked for at once.
    shown = registry.blocks([number for number in hashes if number <= newest.number])
    undone = [number for number, _, _ in rows if number not in shown or shown[number].hash != hashes[number]]
    if undone:
        _LOG.error("checkpoints.undone", blocks=undone)
        with store.writing() as session:
            session.execute(delete(CheckpointRow).where(col(CheckpointRow.number).in_(undone)))
