"""Checkpoints and packs as files: put together when they are first asked for, and kept, since they never change."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from sqlmodel import col, select

from chain import certificate_types, envelope
from chain.pack import Pack
from verifier import private_files
from verifier.indexing.checkpoint_rows import Entry, checkpoint_of, entry_of, require_reached, rows_until, tag_of
from verifier.indexing.models import CheckpointRow, TypeRow, place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlmodel import Session

    from verifier.indexing.store import Store

KEPT = 64
"""How many files of each kind are kept, those of the newest blocks; older ones are made anew each time."""

_LOG = structlog.get_logger(__name__)


class Kind(Enum):
    """What is handed out."""

    CHECKPOINT = "checkpoint"
    PACK = "pack"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A checkpoint or pack that there is, be it made already or not."""

    kind: Kind
    number: int
    """Its block's."""
    types: tuple[bytes, ...]
    """The data files that a pack has besides."""
    tag: bytes
    """A digest of all that makes its bytes what they are."""

    @property
    def name(self) -> str:
        """What it is called where it is saved."""
        return f"yinxin-{self.number}.{self.kind.value}"


class EvidenceFiles:
    """The files of one index. One at a time is made, whoever asks for how many."""

    def __init__(self, store: Store, folder: Path, *, published_until: Callable[[Session], int] | None = None) -> None:
        """`folder` is where they are kept; whatever is removed there is made again.

        `published_until` tells the highest block whose checkpoint is handed out; all are, if it is not given.
        """
        self._store = store
        self._published_until = published_until
        self._folder = folder
        self._making = Lock()

    def entries(self, *, limit: int, before: int | None = None) -> list[Entry]:
        """Return the newest checkpoints, newest first; those of blocks below `before` if that is given.

        Raises:
            IndexBehind: Newer ones were cut than the index, being read again, has come to.
        """
        with self._store.reading() as session:
            require_reached(session)
            return [entry_of(session, row) for row in self._rows(session, limit=limit, before=before)]

    def newest(self) -> Entry | None:
        """Return the newest checkpoint that the index has come to, for whoever looks after this service."""
        with self._store.reading() as session:
            return next((entry_of(session, row) for row in self._rows(session, limit=1)), None)

    def find(self, kind: Kind, number: int | None = None) -> EvidenceFile | None:
        """Return what there is of a block, or of the newest checkpoint, without making it; None if there is nothing.

        Raises:
            IndexBehind: As `entries` does.
        """
        with self._store.reading() as session:
            require_reached(session)
            row = next(iter(self._rows(session, limit=1, before=None if number is None else number + 1)), None)
            if row is None or number not in {None, row.number}:
                return None
            return _described(session, row, kind)

    def kept(self, file: EvidenceFile) -> Path | None:
        """Return where the file is kept, if it is."""
        path = self._path(file)
        return path if path.is_file() else None

    def content(self, file: EvidenceFile) -> bytes | None:
        """Return a file's bytes, which are made now unless it is kept; None if it is no longer what was signed."""
        with self._making:
            # Somebody else may have made it while this one waited.
            path = self._path(file)
            try:
                return path.read_bytes()
            except OSError:
                made = self._made(file)
            if made is not None:
                self._keep(path, made)
            return made

    def _rows(self, session: Session, *, limit: int, before: int | None = None) -> list[CheckpointRow]:
        """Return the newest of those that are handed out, of blocks below `before` if that is given."""
        if self._published_until is not None:
            end = self._published_until(session) + 1
            before = end if before is None else min(before, end)
        return rows_until(session, limit=limit, before=before)

    def _made(self, file: EvidenceFile) -> bytes | None:
        with self._store.reading() as session:
            row = session.get(CheckpointRow, file.number)
            is_same = row is not None and _described(session, row, file.kind) == file
            checkpoint = checkpoint_of(session, row) if row is not None and is_same else None
        # What follows takes long, and needs the database no more.
        if checkpoint is None:
            return None
        return checkpoint.encode() if file.kind is Kind.CHECKPOINT else Pack(checkpoint, file.types).encode()

    def _path(self, file: EvidenceFile) -> Path:
        # A block may be undone, and another one of the same height have its checkpoint.
        return self._folder / f"{file.number}-{file.tag[:8].hex()}.{file.kind.value}"

    def _keep(self, path: Path, data: bytes) -> None:
        """Keep a file, and no more than so many of its kind."""
        try:
            older = sorted(self._folder.glob(f"[0-9]*-*{path.suffix}"), key=_number)
            if len(older) >= KEPT and _number(path) < _number(older[0]):
                return
            private_files.write(path, data)
            for each in older[: max(0, len(older) + 1 - KEPT)]:
                each.unlink(missing_ok=True)
        except OSError as exc:
            # It is handed out all the same, and made again for the next one.
            _LOG.error("evidence.not_kept", path=str(path), error=exc.strerror or str(exc))


def _number(path: Path) -> int:
    """Return of which block a kept file is."""
    return int(path.name.partition("-")[0])


def _described(session: Session, row: CheckpointRow, kind: Kind) -> EvidenceFile:
    types = _types(session, row.number) if kind is Kind.PACK else ()
    # Another version of the format or of the compressor may make other bytes.
    parts = [zlib.ZLIB_RUNTIME_VERSION.encode(), bytes([envelope.FORMAT]), kind.value.encode(), tag_of(row)]
    tag = sha256(b"".join(sha256(part).digest() for part in (*parts, *types))).digest()
    return EvidenceFile(kind, row.number, types, tag)


def _types(session: Session, block: int) -> tuple[bytes, ...]:
    """Return the data files of the types that the registry listed after a block, as far as this software has them."""
    found = select(TypeRow.digest).where(col(TypeRow.begins) < place(block + 1))
    listed = set(session.exec(found))
    return tuple(file for file in certificate_types.shipped_files() if sha256(file).digest() in listed)
