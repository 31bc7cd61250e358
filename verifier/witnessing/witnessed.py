"""What a verifier tells of its witnesses: who co-signed which checkpoint, and the split views that were found."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import structlog

from chain import cbor
from chain.errors import EvidenceMalformed, EvidenceRefused
from verifier.indexing.checkpoint_rows import Entry, entry_of, require_reached, rows_until
from verifier.witnessing import cosignature_rows, split_view
from verifier.witnessing.split_view import SplitView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from chain.checkpoint import Believed
    from chain.history import Heads
    from verifier.indexing.models import CheckpointRow
    from verifier.indexing.store import Store
    from verifier.witnessing.consistency import Difference
    from verifier.witnessing.cosignature import Cosignature
    from verifier.witnessing.split_folder import SplitFolder
    from verifier.witnessing.split_view import Shown
    from verifier.witnessing.witness_list import Listed

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """That a witness has seen a checkpoint's history."""

    witness: Listed
    cosignature: Cosignature
    """Of this checkpoint; else of a later block, whose heads hang on all that this checkpoint tells."""


@dataclass(frozen=True, slots=True)
class Told:
    """A checkpoint, and who vouches for it."""

    entry: Entry
    attesters: tuple[bytes, ...]
    """The kids of all who attested it, be they in the trust list or not."""
    cosigned: tuple[Cosigned, ...]
    """One of each witness that has, in the order of the operator's list."""
    lacking: tuple[Listed, ...]
    """The other witnesses."""
    is_published: bool
    """Whether as many witnesses have seen it as the operator demands."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two checkpoints of a split view."""

    number: int
    hash: bytes
    timestamp: int
    heads: Heads
    statement: bytes
    """What its attesters signed."""
    attestations: tuple[tuple[bytes, bytes], ...]
    attesters: tuple[bytes, ...]
    """The kids among them that the trust list names."""
    seals: int | None
    """How many sealed its block; None on a chain without seals."""

    @classmethod
    def of(cls, believed: Believed) -> Side:
        """Return what is shown of a checkpoint."""
        told, sealing = believed.checkpoint, believed.sealing
        return cls(
            number=told.block_number,
            hash=told.block_hash,
            timestamp=told.timestamp,
            heads=told.heads,
            statement=told.statement,
            attestations=told.attestations,
            attesters=believed.attesters,
            seals=None if sealing is None else len(sealing.signers),
        )


@dataclass(frozen=True, slots=True)
class Split:
    """A split view, without the histories."""

    name: str
    found: int
    difference: Difference
    older: Side
    newer: Side

    @classmethod
    def of(cls, shown: Shown) -> Split:
        """Return what is shown of a split view."""
        return cls(shown.name, shown.view.found, shown.difference, Side.of(shown.older), Side.of(shown.newer))


@dataclass(slots=True)
class Witnessed:
    """The witnesses of one index."""

    store: Store
    splits: SplitFolder
    witnesses: tuple[Listed, ...] = ()
    required: int = 0
    """How many must have seen a checkpoint before it is handed out."""
    _read: dict[str, Split | None] = field(default_factory=dict)
    """The split views read so far, by name: to read one is to replay two histories."""

    def checkpoints(self, *, limit: int, before: int | None = None) -> list[Told]:
        """Return the newest checkpoints, published or not, newest first; of blocks below `before` if that is given.

        Raises:
            IndexBehind: As `EvidenceFiles.entries` does.
        """
        with self.store.reading() as session:
            require_reached(session)
            until = self._until(session)
            rows = rows_until(session, limit=limit, before=before)
            seen = self._seen(session, rows)
            return [self._told(session, row, until, seen) for row in rows]

    def checkpoint(self, number: int) -> Told | None:
        """Return one of them; None if there is none of that block. Raises as `checkpoints` does."""
        found = self.checkpoints(limit=1, before=number + 1)
        return found[0] if found and found[0].entry.number == number else None

    def split_views(self) -> list[Split]:
        """Return all split views that are kept here, the newest first; damaged ones are logged."""
        read = [self._split(name) for name in reversed(self.splits.names())]
        return [each for each in read if each is not None]

    def split_view(self, name: str) -> Split | None:
        """Return one of them; None if there is none of that name."""
        return self._split(name) if self.splits.has(name) else None

    def _until(self, session: Session) -> int | None:
        return published_until(session, self.witnesses, self.required) if self.required else None

    def _seen(self, session: Session, rows: Sequence[CheckpointRow]) -> list[tuple[Listed, list[Cosignature]]]:
        """Return of each witness what may concern these checkpoints, ascending."""
        if not rows:
            return []
        highest, lowest = rows[0].number, rows[-1].number
        return [(each, cosignature_rows.between(session, each.key.kid, lowest, highest)) for each in self.witnesses]

    def _told(
        self,
        session: Session,
        row: CheckpointRow,
        until: int | None,
        seen: Sequence[tuple[Listed, Sequence[Cosignature]]],
    ) -> Told:
        cosigned, lacking = [], []
        for witness, signed in seen:
            place = bisect_left(signed, row.number, key=lambda each: each.statement.number)
            if place == len(signed):
                lacking.append(witness)
            else:
                cosigned.append(Cosigned(witness, signed[place]))
        attestations = cast("list[tuple[bytes, bytes]]", cbor.decode(row.attestations))
        return Told(
            entry=entry_of(session, row),
            attesters=tuple(kid for kid, _ in attestations),
            cosigned=tuple(cosigned),
            lacking=tuple(lacking),
            is_published=until is None or row.number <= until,
        )

    def _split(self, name: str) -> Split | None:
        if name not in self._read:
            self._read[name] = self._checked(name)
        return self._read[name]

    def _checked(self, name: str) -> Split | None:
        try:
            data = self.splits.read(name)
            return None if data is None else Split.of(split_view.check(SplitView.parse(data)))
        except (EvidenceMalformed, EvidenceRefused, OSError) as exc:
            _LOG.error("split_view.damaged", name=name, detail=str(exc))
            return None


def published_until(session: Session, witnesses: Sequence[Listed], required: int) -> int:
    """Return the highest block up to which as many witnesses co-signed as must; -1 if there is none."""
    newest = [cosignature_rows.newest_of(session, each.key.kid) for each in witnesses]
    numbers = sorted((each.statement.number for each in newest if each is not None), reverse=True)
    return numbers[required - 1] if len(numbers) >= required else -1
