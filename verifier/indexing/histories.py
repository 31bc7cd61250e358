"""The registry's history out of the index: every event up to a block, as a checkpoint holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import history
from chain.history import Heads, Step
from verifier.indexing.models import BlockRow, EventRow, block_of, log_of, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlmodel import Session


def history_until(session: Session, block: int) -> bytes:
    """Return every event up to and including a block."""
    return history.encode(steps_until(session, block))


def steps_until(session: Session, block: int) -> Iterator[Step]:
    """Yield every event up to and including a block, in the chain's order."""
    times = dict(
        session.exec(
            select(BlockRow.number, BlockRow.timestamp).where(
                col(BlockRow.number) <= block, col(BlockRow.has_events).is_(True)
            )
        ).all()
    )
    found = select(EventRow.begins, EventRow.kind, EventRow.arguments)
    found = found.where(col(EventRow.begins) < place(block + 1)).order_by(col(EventRow.begins))
    for begins, kind, arguments in session.exec(found):
        number = block_of(begins)
        yield Step(kind, arguments, number, times[number], log_of(begins))


def heads_after(session: Session, block: int) -> Heads:
    """Return the heads of the registry's hash chains after a block, as its events make them."""
    found = select(BlockRow).where(col(BlockRow.number) <= block).order_by(col(BlockRow.number).desc()).limit(1)
    row = session.exec(found).first()
    return Heads() if row is None else Heads(row.anchors_head, row.statuses_head, row.rights_head)
