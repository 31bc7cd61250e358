"""The file in which an audit's memory stands: its tables, and the form that they have.

SQLite, of one form. What another version of this software wrote is not read and never overwritten: it is set aside.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORM = 2
"""`user_version` of the file. What another version of this software wrote is not read, and never overwritten."""
_TABLES = """
CREATE TABLE registry (id INTEGER PRIMARY KEY CHECK (id = 1), chain_id INTEGER, registry_id BLOB, genesis_hash BLOB,
    deployed_at INTEGER);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, started INTEGER NOT NULL, ended INTEGER, first INTEGER NOT NULL,
    head_number INTEGER NOT NULL, head_hash BLOB NOT NULL, head_time INTEGER NOT NULL, families TEXT NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE marks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL,
    heads INTEGER NOT NULL, seals INTEGER NOT NULL, code INTEGER NOT NULL
);
CREATE TABLE events (
    block INTEGER NOT NULL, log_index INTEGER NOT NULL, kind INTEGER NOT NULL, arguments BLOB NOT NULL,
    time INTEGER NOT NULL, transaction_hash BLOB NOT NULL, PRIMARY KEY (block, log_index)
) WITHOUT ROWID;
CREATE TABLE leaves (
    leaf BLOB NOT NULL, agency INTEGER NOT NULL, certificate_type INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (leaf, agency)
) WITHOUT ROWID;
CREATE TABLE heads (list INTEGER PRIMARY KEY, head BLOB NOT NULL);
CREATE TABLE findings (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL, last_run INTEGER NOT NULL, grade TEXT NOT NULL,
    code TEXT NOT NULL, block INTEGER, log_index INTEGER, agency INTEGER, leaf BLOB, arguments TEXT NOT NULL,
    identity TEXT NOT NULL UNIQUE
);
CREATE INDEX findings_code ON findings (code);
"""


class MemoryFile:
    """A file that may not be there yet. Who only reads neither makes nor changes one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close it."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def rows(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a query; none where the file is missing or of another form."""
        if (self._database is None and not self._path.exists()) or self._form(self._connected()) != _FORM:
            return iter(())
        return iter(self._connected().execute(statement, values).fetchall())

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Have the file to write to, all at once; makes it, or raises `InvalidInput` for one of another form."""
        database = self._opened()
        with database:
            yield database

    def renew(self) -> Path | None:
        """Copy a file of another form aside, and empty it; returns where the copy is, or None if there was no need."""
        if not self._path.exists() or (form := self._form(self._connected())) in {0, _FORM}:
            return None
        aside = self._aside(form)
        database = self._connected()
        with closing(sqlite3.connect(aside)) as copy:
            database.backup(copy)
        # The file itself stays where it is: pages may have it open.
        with database:
            database.execute("BEGIN IMMEDIATE")
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            for (name,) in database.execute(names).fetchall():
                database.execute(f'DROP TABLE "{name}"')
            database.execute("PRAGMA user_version = 0")
        return aside

    def _aside(self, form: int) -> Path:
        """Return a name beside the file that nothing has yet."""
        return next(
            place
            for more in count(1)
            if not (place := self._path.with_name(f"{self._path.stem}-form-{form}-{more}{self._path.suffix}")).exists()
        )

    def _opened(self) -> sqlite3.Connection:
        """Return the file, ready to be written."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = self._connected()
        form = self._form(database)
        if form == 0:
            database.execute("PRAGMA journal_mode = WAL")
            with database:
                database.executescript(_TABLES + f"PRAGMA user_version = {_FORM};")
        elif form != _FORM:
            raise InvalidInput(f"{self._path}: got the form {form}, wanted {_FORM}; another version wrote it")
        return database

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            # Pages read it from the server's threads, one after the other; SQLite itself keeps them apart.
            self._database = sqlite3.connect(self._path, check_same_thread=False)
        return self._database

    @staticmethod
    def _form(database: sqlite3.Connection) -> int:
        (form,) = database.execute("PRAGMA user_version").fetchone()
        return int(form)
