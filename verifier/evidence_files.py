"""Checkpoints and packs as files: put together when they are asked for, from what was kept and from the events."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import certificate_types
from chain.pack import Pack
from verifier.checkpoint_rows import Entry, checkpoint_of, entry_of, rows_until
from verifier.models import TypeRow, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from chain.checkpoint import Checkpoint
    from verifier.models import CheckpointRow
    from verifier.store import Store


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A checkpoint or pack, ready to be handed out."""

    name: str
    number: int
    """Its block's."""
    data: bytes
    digest: bytes
    """SHA-256 of the data."""

    @classmethod
    def of(cls, name: str, number: int, data: bytes) -> EvidenceFile:
        """Return a file of this content."""
        return cls(name, number, data, sha256(data).digest())


class EvidenceFiles:
    """The files of one index. The newest ones are kept at hand; one at a time is made, whoever asks for how many."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._making = Lock()
        self._newest: dict[str, tuple[bytes, EvidenceFile]] = {}
        """By kind: of which block, by its hash, and the file."""

    def entries(self, *, limit: int, before: int | None = None) -> list[Entry]:
        """Return the newest checkpoints, newest first; those of blocks below `before` if that is given."""
        with self._store.reading() as session:
            return [entry_of(session, row) for row in rows_until(session, limit=limit, before=before)]

    def checkpoint(self, number: int | None = None) -> EvidenceFile | None:
        """Return the checkpoint of a block, or the newest one; None if there is none."""
        return self._file("checkpoint", number, lambda _, made: made.encode())

    def pack(self) -> EvidenceFile | None:
        """Return the newest checkpoint with the data files of all types that it lists and this software has."""
        return self._file("pack", None, lambda session, made: Pack(made, _types(session, made.block_number)).encode())

    def _file(
        self, kind: str, number: int | None, encode: Callable[[Session, Checkpoint], bytes]
    ) -> EvidenceFile | None:
        with self._store.reading() as session:
            newest = next(iter(rows_until(session, limit=1)), None)
            row = newest if number is None else _row(session, number)
            if newest is None or row is None:
                return None
            if kept := self._kept(kind, row):
                return kept
            with self._making:
                # Somebody else may have made it while this one waited.
                made = self._kept(kind, row) or _made(session, row, kind, encode)
                if made is not None and row.number == newest.number:
                    self._newest[kind] = row.hash, made
                return made

    def _kept(self, kind: str, row: CheckpointRow) -> EvidenceFile | None:
        block_hash, file = self._newest.get(kind, (b"", None))
        return file if block_hash == row.hash else None


def _row(session: Session, number: int) -> CheckpointRow | None:
    found = rows_until(session, limit=1, before=number + 1)
    return found[0] if found and found[0].number == number else None


def _made(
    session: Session, row: CheckpointRow, kind: str, encode: Callable[[Session, Checkpoint], bytes]
) -> EvidenceFile | None:
    made = checkpoint_of(session, row)
    if made is None:
        return None
    return EvidenceFile.of(f"yinxin-{row.number}.{kind}", row.number, encode(session, made))


def _types(session: Session, block: int) -> tuple[bytes, ...]:
    """Return the data files of the types that the registry listed after a block, as far as this software has them."""
    found = select(TypeRow.digest).where(col(TypeRow.begins) < place(block + 1))
    listed = set(session.exec(found))
    return tuple(file for file in certificate_types.shipped_files() if sha256(file).digest() in listed)
