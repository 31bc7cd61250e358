"""What was recorded about any certificate after a block, for watch lists.

Whoever watches certificates reads what happened to all of them and picks out its own: so nobody learns which these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier.check.knowledge import Place
from verifier.indexing import models
from verifier.indexing.models import StatusRow, block_of, log_of
from verifier.indexing.snapshot import status_of
from verifier.register import opened, standing_of

if TYPE_CHECKING:
    from datetime import datetime

    from verifier.check.knowledge import StatusRecord
    from verifier.indexing.index import Index
    from verifier.register import Standing

PREFIX_BYTES = 8
"""How much of a leaf is told: enough to find one's own, of which the leaf itself is then asked for."""
MOST = 1_000
"""How many changes one answer has."""
_LAST_LOG = 2**20 - 1


@dataclass(frozen=True, slots=True)
class Delta:
    """One entry about one leaf."""

    agency: int
    leaf: bytes
    status: StatusRecord


@dataclass(frozen=True, slots=True)
class Deltas:
    """Entries after a place on the chain, in the chain's order."""

    standing: Standing
    statuses_head: bytes
    """The head of the hash chain of all statuses: as long as it stays, there is nothing new."""
    deltas: tuple[Delta, ...]
    following: Place | None
    """After which place to go on; None if these are all."""
    complete_to: int
    """The block up to which nothing is missing and nothing will be taken back; to go on later, ask for what follows."""


def after_block(block: int) -> Place:
    """Return the end of a block."""
    return Place(block, _LAST_LOG)


def deltas_after(index: Index, place: Place, now: datetime, *, limit: int = MOST) -> Deltas:
    """Return what was recorded after a place; raises `RegisterUnanswerable` if the registry was never reached.

    Entries of blocks that are not final yet are told too, since what speaks against a certificate counts at once.
    """
    with opened(index) as tables:
        standing = standing_of(tables, now)
        found = (
            select(StatusRow)
            .where(col(StatusRow.begins) > models.place(place.block, place.log_index))
            .order_by(col(StatusRow.begins))
            .limit(limit + 1)
        )
        rows = tables.session.exec(found).all()
        more, rows = len(rows) > limit, rows[:limit]
        deltas = tuple(Delta(row.agency, row.leaf, status_of(row)) for row in rows)
        following = Place(block_of(rows[-1].begins), log_of(rows[-1].begins)) if more else None
        final = standing.number - standing.confirmations
        return Deltas(
            standing=standing,
            statuses_head=tables.row.statuses_head,
            deltas=deltas,
            following=following,
            # The last block of a part may go on in the next one.
            complete_to=max(0, final if following is None else min(final, following.block - 1)),
        )
