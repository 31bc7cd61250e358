"""Co-signatures in the index: kept once they agree with it, and shown for as long as they do."""

from __future__ import annotations

from enum import Enum
from itertools import count
from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier.indexing.histories import heads_after
from verifier.indexing.models import BlockRow, CheckpointRow, CosignatureRow, RegistryRow
from verifier.witnessing.cosignature import Cosignature

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from verifier.witnessing.cosignature import Statement

_PART = 8


class Agreement(Enum):
    """What the index says to what a witness saw."""

    AGREES = "agrees"
    NOT_REACHED = "not reached"
    """The index has not come as far."""
    DISAGREES = "disagrees"
    """Another registry, another block at that height, or other events up to it."""


def agreement(session: Session, statement: Statement) -> Agreement:
    """Compare what a witness saw with what is in the index."""
    row = session.get(RegistryRow, 1)
    if row is None:
        return Agreement.NOT_REACHED
    if (statement.registry_id, statement.chain_id) != (row.registry_id, row.chain_id):
        return Agreement.DISAGREES
    number = statement.number
    if number > row.head_number:
        return Agreement.NOT_REACHED
    held = session.get(CheckpointRow, number)
    if held is not None and held.history_digest != statement.history_digest:
        return Agreement.DISAGREES
    hashes = {each.hash for each in (held, session.get(BlockRow, number)) if each is not None}
    if hashes - {statement.hash} or heads_after(session, number) != statement.heads:
        return Agreement.DISAGREES
    return Agreement.AGREES


def keep(session: Session, cosignature: Cosignature) -> None:
    """Keep one that agrees, in the place of another one of the same block by the same witness."""
    session.merge(
        CosignatureRow(
            number=cosignature.statement.number,
            kid=cosignature.kid,
            registry_id=cosignature.statement.registry_id,
            statement=cosignature.statement.encode(),
            signature=cosignature.signature,
        )
    )


def first_from(session: Session, number: int, kid: bytes) -> Cosignature | None:
    """Return a witness's earliest of this block or a later one that the index still agrees with.

    What was signed later covers what was before: heads of a block hang on all that was recorded up to it.
    """
    found = _reached(session, kid).where(col(CosignatureRow.number) >= number)
    return _first(session, found.order_by(col(CosignatureRow.number)))


def newest_of(session: Session, kid: bytes) -> Cosignature | None:
    """Return the newest of a witness that the index agrees with; None if there is none."""
    return _first(session, _reached(session, kid).order_by(col(CosignatureRow.number).desc()))


def between(session: Session, kid: bytes, lowest: int, highest: int) -> list[Cosignature]:
    """Return a witness's of these blocks that the index still agrees with, and the next one after them, ascending."""
    within = _reached(session, kid).where(col(CosignatureRow.number).between(lowest, highest))
    found = list(_agreed(session, session.exec(within.order_by(col(CosignatureRow.number)))))
    after = first_from(session, highest + 1, kid)
    return found if after is None else [*found, after]


def _reached(session: Session, kid: bytes) -> SelectOfScalar[CosignatureRow]:
    """Ask for a witness's of blocks to which the index has come; all others wait until it is read again."""
    row = session.get(RegistryRow, 1)
    head = -1 if row is None else row.head_number
    return select(CosignatureRow).where(CosignatureRow.kid == kid, col(CosignatureRow.number) <= head)


def _first(session: Session, found: SelectOfScalar[CosignatureRow]) -> Cosignature | None:
    """Return the first that the index agrees with. Mostly it is the very first, so few are fetched at a time."""
    for offset in count(0, _PART):
        rows = session.exec(found.limit(_PART).offset(offset)).all()
        if agreed := next(_agreed(session, rows), None):
            return agreed
        if len(rows) < _PART:
            break
    return None


def _agreed(session: Session, rows: Iterable[CosignatureRow]) -> Iterator[Cosignature]:
    """Leave out those of another history than the index has by now, after a reorganisation."""
    for row in rows:
        read = Cosignature.of(row.statement, row.kid, row.signature)
        if _still_agrees(session, read.statement):
            yield read


def _still_agrees(session: Session, statement: Statement) -> bool:
    """Compare again what agreed once; one query is enough where there is a checkpoint of that block."""
    held = session.get(CheckpointRow, statement.number)
    if held is not None and held.registry_id == statement.registry_id:
        return (held.hash, held.history_digest) == (statement.hash, statement.history_digest)
    return agreement(session, statement) is Agreement.AGREES
