"""The locks of sending lanes: who holds one sends with an account, and nobody else does.

On SQLite it is a lock on a file, on PostgreSQL a lock of a session of its own. Both are freed when the process dies;
the latter also when the server, or an operator, cuts the session off. So whoever is about to send asks first whether
the lock is still held.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import NullPool, create_engine
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from issuer import private_files
from issuer.errors import LaneBusy, LaneLost
from issuer.tables.database_errors import reason, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

    from sqlalchemy import URL, Connection


_STILL_HELD = sql(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted "
    "AND ((classid::bigint << 32) | objid::bigint) = :key)"
)


class Lock(Protocol):
    """A lane that is held."""

    def require(self) -> None:
        """Raise `LaneLost` unless it is still held."""


@contextmanager
def in_folder(folder: Path, sender: bytes, *, wait: Callable[[], bool]) -> Iterator[Lock]:
    """Hold a sender's lane by a file in a folder of this machine; raises `LaneBusy` once `wait` says to give up."""
    private_files.make_folder(folder)
    path = folder / f"lane-{sender.hex()}.lock"
    with path.open("ab") as file:
        while not _locked(file):
            _patience(sender, wait)
        yield _FileLock(path, file, sender)


@contextmanager
def in_database(url: URL, shown: str, sender: bytes, *, wait: Callable[[], bool]) -> Iterator[Lock]:
    """Hold a sender's lane by a session of its own; raises `LaneBusy` once `wait` says to give up."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with told(shown), engine.connect() as connection:
            for setting in (
                # A server that lost sight of this machine lets go of the lock after half a minute.
                "tcp_keepalives_idle = 10",
                "tcp_keepalives_interval = 5",
                "tcp_keepalives_count = 4",
                # A lane may be silent for hours.
                "idle_session_timeout = 0",
            ):
                connection.exec_driver_sql(f"SET {setting}")
            lock = _SessionLock(connection, sender)
            while not lock.taken():
                _patience(sender, wait)
            yield lock
    finally:
        engine.dispose()


class _FileLock:
    def __init__(self, path: Path, file: IO[bytes], sender: bytes) -> None:
        self._path, self._file, self._sender = path, file, sender

    def require(self) -> None:
        try:
            there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            there = False
        if not there:
            raise LaneLost(_lost(self._sender, f"{self._path} is no more, or is another file"))


class _SessionLock:
    def __init__(self, connection: Connection, sender: bytes) -> None:
        self._connection, self._sender = connection, sender
        self._key = int.from_bytes(hashlib.sha256(b"yinxin lane" + sender).digest()[:8], "big", signed=True)

    def taken(self) -> bool:
        return bool(self._connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({self._key})").scalar_one())

    def require(self) -> None:
        # Of this very session: one that the driver opened in its place would hold nothing.
        if self._connection.invalidated:
            raise LaneLost(_lost(self._sender, "its session is over"))
        try:
            if self._connection.execute(_STILL_HELD, {"key": self._key}).scalar_one():
                return
            why = "its session is another one"
        except DBAPIError as exc:
            why = reason(exc.orig or exc)
        raise LaneLost(_lost(self._sender, why))


def _patience(sender: bytes, wait: Callable[[], bool]) -> None:
    if not wait():
        raise LaneBusy(f"another process is sealing with 0x{sender.hex()}; wait for it, then repeat")


def _lost(sender: bytes, why: str) -> str:
    return (
        f"this process holds the lane of 0x{sender.hex()} no longer ({why}), and another one may be sealing with it; "
        "nothing more was sent, nothing is lost, repeat it"
    )


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
