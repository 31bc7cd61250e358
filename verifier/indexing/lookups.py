"""Plain SQL on connections that only read, kept open: verification asks a few rows of each question, and asks often."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPICursor

_PATIENCE_MS = 1_000
"""Nobody holds a reader up but who mends the file after a crash."""

Value: TypeAlias = "int | str | bytes | None"
Row: TypeAlias = "tuple[Value, ...]"


class Lookup(Protocol):
    """Answers as of one moment: that of the first question."""

    def rows(self, sql: str, *values: Value) -> Sequence[Row]:
        """Return all rows; `?` stands for each value in turn."""


class Lookups(Protocol):
    """Where lookups come from. Safe to share between threads."""

    is_at_hand: bool
    """Whether an answer takes no way over a network and waits for no writer, so that it takes no longer than reckoning.
    """

    def open(self) -> AbstractContextManager[Lookup]:
        """Have one lookup for the length of a block, to be used by one thread."""

    def close(self) -> None:
        """Let go of the connections."""


class SqliteLookups:
    """Lookups in a file of SQLite; with its write-ahead log, who reads does not wait for who writes."""

    is_at_hand = True

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=rw"
        self._idle: deque[_OfSqlite] = deque()

    def open(self) -> AbstractContextManager[Lookup]:
        """Have a lookup within a transaction that only reads."""
        try:
            return self._idle.pop()
        except IndexError:
            return _OfSqlite(self._connected(), self._idle)

    def close(self) -> None:
        """Let go of the connections."""
        while self._idle:
            self._idle.pop().close()

    def _connected(self) -> sqlite3.Connection:
        # A connection goes from thread to thread, but never serves two at once.
        connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, check_same_thread=False)
        for pragma in (f"busy_timeout={_PATIENCE_MS}", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


class PostgresLookups:
    """Lookups on a server of PostgreSQL, whose driver prepares by itself what is asked often."""

    is_at_hand = False

    def __init__(self, engine: Engine) -> None:
        """`engine` gives each transaction one view of the data: REPEATABLE READ."""
        self._engine = engine

    @contextmanager
    def open(self) -> Iterator[Lookup]:
        """Have a lookup within a transaction, which is undone in the end."""
        connection = self._engine.raw_connection()
        try:
            yield _OfPostgres(connection.cursor())
        finally:
            # Back into the pool, which rolls back what was begun.
            connection.close()

    def close(self) -> None:
        """Do nothing: the connections are the engine's."""


def lookups_of(engine: Engine) -> Lookups:
    """Return where lookups in an engine's database come from."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        return SqliteLookups(Path(engine.url.database))
    return PostgresLookups(engine)


class _OfSqlite:
    """A connection, and where it waits for the next question. Each block within it is a transaction."""

    __slots__ = ("_connection", "_cursor", "_idle")

    def __init__(self, connection: sqlite3.Connection, idle: deque[_OfSqlite]) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._idle = idle

    def __enter__(self) -> Self:
        try:
            self._cursor.execute("BEGIN")
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._cursor.execute("COMMIT")
                self._idle.append(self)
                return
        except BaseException:
            self._connection.close()
            raise
        # Whatever it was, nobody knows in which state the connection is.
        self._connection.close()

    def rows(self, sql: str, *values: Value) -> Sequence[Row]:
        return self._cursor.execute(sql, values).fetchall()

    def close(self) -> None:
        self._connection.close()


class _OfPostgres:
    __slots__ = ("_cursor",)

    def __init__(self, cursor: DBAPICursor) -> None:
        self._cursor = cursor

    def rows(self, sql: str, *values: Value) -> Sequence[Row]:
        self._cursor.execute(sql.replace("?", "%s"), values)
        return self._cursor.fetchall()
