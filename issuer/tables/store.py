"""The issuer's database: sessions, the questions asked of it, and the locks around it.

Use cases ask here and change what they get; a `writing` block commits all of it or nothing. Writers are serial, on both
databases: each takes a lock at its start (SQLite's own, one advisory lock on PostgreSQL) and waits for the one before,
so that what it reads is what it changes. Much relies on that: serial numbers and nonces are given out once, the log of
actions has no forks, a certificate is replaced once. A `reading` block sees one moment and changes nothing.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlmodel import Session

from issuer.errors import KeysChanged, LaneLost, Locked
from issuer.tables import lanes
from issuer.tables.database import open_database, revision
from issuer.tables.database_errors import told
from issuer.tables.models import Base, Serial
from issuer.tables.work import OPEN_TRANSACTION, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from issuer.tables.database import Database

__all__ = ["OPEN_TRANSACTION", "Store", "Work"]


class Store:
    """The issuer's database."""

    def __init__(self, url: str, *, locks: Path) -> None:
        """Open the database; raises `InvalidInput` for what is none, `DatabaseTrouble` if it cannot be used.

        `locks` is the folder for the lanes' locks where the database itself has none (SQLite).
        """
        self._locks = locks
        self._database = open_database(url)
        self._engine = self._database.engine
        self._readers, self._writers = self._database.readers, self._database.writers
        self._held: dict[bytes, lanes.Lock] = {}
        self._here = threading.local()
        with self.reading() as work:
            self._epoch = work.key_epoch().number

    @property
    def database(self) -> Database:
        """The database itself, for what has a module of its own (issuer/backups.py)."""
        return self._database

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """Ask without changing anything; all answers are of one moment. Raises `DatabaseTrouble`."""
        with told(self._database.shown), Session(self._readers, expire_on_commit=False) as session:
            work = Work(session)
            try:
                yield work
            except Locked:
                self._require_epoch(work)
                raise

    @contextmanager
    def writing(self) -> Iterator[Work]:
        """Ask and change; everything is stored on leaving, or nothing if an error leaves it.

        One writer at a time, whatever process it is in: others wait for 15 seconds, then fail. So nothing else is
        waited for within, least of all another `writing` block. Raises `DatabaseTrouble`; `KeysChanged` where somebody
        rotated keys since this store was opened, for what was encrypted until now could never be opened again.
        """
        self.require_not_writing()
        self._here.is_writing = True
        try:
            with told(self._database.shown), Session(self._writers, expire_on_commit=False) as session:
                work = Work(session)
                self._require_epoch(work)
                yield work
                session.commit()
        finally:
            self._here.is_writing = False

    def require_not_writing(self) -> None:
        """Raise `RuntimeError` in a thread that is within a `writing` block: what comes next would wait for its end."""
        if getattr(self._here, "is_writing", False):
            raise RuntimeError("a writing block is open in this thread; end it before asking for what writes, too")

    @contextmanager
    def rotating(self) -> Iterator[Work]:
        """Write as `writing` does, and stop every other process that has this database open from writing any more."""
        with self.writing() as work:
            epoch = work.key_epoch()
            epoch.number += 1
            work.add(epoch)
            yield work
        self._epoch += 1

    def require_keys(self) -> None:
        """Raise `KeysChanged` if keys were rotated since this store was opened."""
        with self.reading() as work:
            self._require_epoch(work)

    def _require_epoch(self, work: Work) -> None:
        if work.key_epoch().number != self._epoch:
            raise KeysChanged(
                f"{self._database.shown}: its keys were rotated since this process began; nothing was stored. "
                "Start it again"
            )

    @contextmanager
    def lane(self, sender: bytes, *, wait: Callable[[], bool]) -> Iterator[None]:
        """Hold the lane of a sender, which only one process can at a time. A killed process lets go of it.

        `wait` pauses while another process holds it, and says whether to try again; raises `LaneBusy` if not.
        """
        if self._database.file is None:
            lane = lanes.in_database(self._database.url, self._database.shown, sender, wait=wait)
        else:
            lane = lanes.in_folder(self._locks, sender, wait=wait)
        with lane as lock:
            self._held[sender] = lock
            try:
                yield
            finally:
                del self._held[sender]

    def require_lane(self, sender: bytes) -> None:
        """Raise `LaneLost` unless this process still holds the lane of a sender; to be asked before it sends."""
        if sender not in self._held:
            raise LaneLost(f"this process does not hold the lane of 0x{sender.hex()}; nothing was sent")
        self._held[sender].require()

    def revision(self) -> str:
        """Return which revision the tables have; raises `DatabaseTrouble`."""
        with told(self._database.shown), self._readers.connect() as connection:
            return revision(connection) or "none"

    def try_to_write(self) -> None:
        """Write a row and take it back; raises `DatabaseTrouble` if the database takes none."""
        with told(self._database.shown), Session(self._writers) as session:
            session.add(Serial(agency=-1, certificate_type="", year=0, last=0))
            session.flush()
            session.rollback()

    def forget(self) -> None:
        """Have the database let go of values that were erased, as far as it can.

        SQLite overwrites them, and its write-ahead log is emptied here. PostgreSQL keeps old versions of a row until it
        is vacuumed, and even then does not overwrite them on the disk (docs/operations.md, «Databases»).
        """
        with told(self._database.shown):
            if self._database.file is None:
                tables = ", ".join(f'"{name}"' for name in sorted(Base.metadata.tables))
                with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    # Tables that somebody works on are left for the server's own vacuuming.
                    connection.exec_driver_sql(f"VACUUM (SKIP_LOCKED) {tables}")
                return
            with self._engine.connect() as connection:
                connection.rollback()
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
