"""What an audit remembers between its runs: how far it came, all that it had been told until there, what it found.

A file of its own beside the index (`audit.db`), because the index follows what nodes say now, and this is to notice
when they say something else than before. Everything of one stretch of blocks is written at once, so that a run that
was killed goes on where the last stretch ended. What was folded from the events is not kept: it is folded again.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chain.history import Step
from verifier.audit.finding import Finding, Grade
from verifier.audit.memory import Compared, Kept, LookedAt, Mark, Run, Told
from verifier.audit.outcomes import FamilyResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["FILE", "Compared", "Kept", "LookedAt", "Mark", "Remembered", "Run", "Told"]

FILE = "audit.db"
_FORM = 1
"""`user_version` of the file; another one is begun anew, since all of it can be asked for again."""
_TABLES = """
CREATE TABLE registry (id INTEGER PRIMARY KEY CHECK (id = 1), chain_id INTEGER, registry_id BLOB, genesis_hash BLOB);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, started INTEGER NOT NULL, ended INTEGER, first INTEGER NOT NULL,
    head_number INTEGER NOT NULL, head_hash BLOB NOT NULL, head_time INTEGER NOT NULL, families TEXT NOT NULL
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
_NAMES = ("registry", "runs", "marks", "events", "leaves", "heads", "findings")


class Remembered:
    """The audit's memory. Reading it needs no run, and a missing file reads as one without runs."""

    def __init__(self, path: Path) -> None:
        """`path` is the file; the first thing that is written makes it."""
        self._path = path
        self._database: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    # What pages ask.

    def last_run(self) -> Run | None:
        """Return the newest run; None if there was none."""
        rows = self._rows(
            "SELECT number, started, ended, first, head_number, head_hash, head_time, families "
            "FROM runs ORDER BY number DESC LIMIT 1"
        )
        return next((_run(row) for row in rows), None)

    def findings(
        self,
        *,
        grades: Iterable[Grade] = tuple(Grade),
        code: str | None = None,
        family_codes: Iterable[str] | None = None,
        since: int = 0,
        after: int = 0,
        limit: int = 100,
    ) -> Sequence[Kept]:
        """Return findings in the order of finding, those behind the number `after`, of the runs from `since` on.

        With `current_since()` these are what holds now; without it, what was ever found.
        """
        wanted = [grade.value for grade in grades]
        codes = None if family_codes is None else list(family_codes)
        where = ["number > ?", "last_run >= ?", f"grade IN ({_marks(wanted)})"]
        values: list[object] = [after, since, *wanted]
        if code is not None:
            where.append("code = ?")
            values.append(code)
        if codes is not None:
            where.append(f"code IN ({_marks(codes)})")
            values += codes
        columns = "number, run, last_run, grade, code, block, log_index, agency, leaf, arguments"
        statement = f"SELECT {columns} FROM findings WHERE {' AND '.join(where)} ORDER BY number LIMIT ?"  # noqa: S608 (our own words)
        rows = self._rows(statement, *values, limit)
        return [_kept(row) for row in rows]

    def counts(self, *, since: int = 0) -> dict[tuple[Grade, str], int]:
        """Return how many findings there are of each grade and code, of the runs from `since` on."""
        rows = self._rows(
            "SELECT grade, code, COUNT(*) FROM findings WHERE last_run >= ? GROUP BY grade, code ORDER BY grade, code",
            since,
        )
        return {(Grade(str(grade)), str(code)): int(count) for grade, code, count in rows}

    def current_since(self) -> int:
        """Return the newest run that began at the first block: what only earlier ones found, was looked at anew."""
        (row,) = list(self._rows("SELECT MAX(number) FROM runs WHERE first = 0")) or [(None,)]
        return 0 if row[0] is None else int(row[0])

    def head(self) -> Mark | None:
        """Return the last block checked."""
        rows = self._rows("SELECT number, hash, time FROM marks ORDER BY number DESC LIMIT 1")
        return next((Mark(*row) for row in rows), None)

    # What a run asks.

    def marks(self) -> Sequence[Mark]:
        """Return all blocks at which stretches ended, the newest first."""
        return [Mark(*row) for row in self._rows("SELECT number, hash, time FROM marks ORDER BY number DESC")]

    def registry(self) -> tuple[int, bytes, bytes] | None:
        """Return the chain id, registry id and genesis hash of what is remembered."""
        rows = self._rows("SELECT chain_id, registry_id, genesis_hash FROM registry")
        return next(((int(row[0]), bytes(row[1]), bytes(row[2])) for row in rows), None)

    def heads(self) -> dict[int, bytes]:
        """Return the heads of the hash chains after the last block checked, by list."""
        return {int(row[0]): bytes(row[1]) for row in self._rows("SELECT list, head FROM heads")}

    def heads_compared_at(self, least: Compared = Compared.PROVEN) -> int:
        """Return the last block at which the heads were held against the chain's state; -1 if at none."""
        return self._last_mark(f"heads >= {int(least)}")

    def unsealed_until(self) -> int:
        """Return the last block of the last stretch whose seals were not looked at; -1 if there is none."""
        return self._last_mark("seals = 0")

    def uncoded_until(self) -> int:
        """Return the end of the last stretch after which the code could not be looked at; -1 if there is none."""
        return self._last_mark("code = 0")

    def events(self) -> Iterator[Told]:
        """Yield all events that were told until the last block checked, in the chain's order."""
        for kind, arguments, block, time, log_index, transaction_hash in self._rows(
            "SELECT kind, arguments, block, time, log_index, transaction_hash FROM events ORDER BY block, log_index"
        ):
            yield Told(Step(kind, bytes(arguments), block, time, log_index), bytes(transaction_hash))

    def type_of(self, agency: int, leaf: bytes) -> tuple[int, int] | None:
        """Return the type and version under which an agency anchored a leaf; None if it did not."""
        rows = self._rows("SELECT certificate_type, version FROM leaves WHERE leaf = ? AND agency = ?", leaf, agency)
        return next(((int(row[0]), int(row[1])) for row in rows), None)

    # What a run writes.

    def forget(self) -> None:
        """Forget how far the audit came, so that it begins anew. Runs and findings stay."""
        with self._writing() as database:
            for name in ("registry", "marks", "events", "leaves", "heads"):
                database.execute(f"DELETE FROM {name}")  # noqa: S608 (only our own words)

    def begin(self, *, started: datetime, first_block: int, registry: tuple[int, bytes, bytes] | None) -> int:
        """Write that a run begins, of which registry if that is known; returns its number."""
        head = self.head()
        with self._writing() as database:
            if registry is not None:
                database.execute("INSERT OR REPLACE INTO registry VALUES (1, ?, ?, ?)", registry)
            cursor = database.execute(
                "INSERT INTO runs (started, first, head_number, head_hash, head_time, families) "
                "VALUES (?, ?, ?, ?, ?, '[]')",
                (
                    _seconds(started),
                    first_block,
                    -1 if head is None else head.number,
                    b"" if head is None else head.hash,
                    0 if head is None else head.time,
                ),
            )
        return int(cursor.lastrowid or 0)

    def end(self, run: int, *, ended: datetime, families: Sequence[FamilyResult]) -> None:
        """Write how a run ended."""
        told = json.dumps([family.as_json() for family in families], ensure_ascii=False)
        with self._writing() as database:
            database.execute("UPDATE runs SET ended = ?, families = ? WHERE number = ?", (_seconds(ended), told, run))

    def keep_stretch(
        self,
        run: int,
        mark: Mark,
        *,
        events: Iterable[Told],
        leaves: Iterable[tuple[bytes, int, int, int]],
        heads: Sequence[bytes],
        looked_at: LookedAt,
        findings: Iterable[Finding],
    ) -> None:
        """Write all of a stretch at once; `leaves` are (leaf, agency, type, version)."""
        with self._writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        told.step.block_number,
                        told.step.log_index,
                        told.step.kind,
                        told.step.arguments,
                        told.step.timestamp,
                        told.transaction_hash,
                    )
                    for told in events
                ),
            )
            database.executemany("INSERT OR IGNORE INTO leaves VALUES (?, ?, ?, ?)", leaves)
            database.executemany("INSERT OR REPLACE INTO heads VALUES (?, ?)", list(enumerate(heads)))
            database.execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?)",
                (mark.number, mark.hash, mark.time, looked_at.heads, looked_at.seals, looked_at.code),
            )
            database.execute(
                "UPDATE runs SET head_number = ?, head_hash = ?, head_time = ? WHERE number = ?",
                (mark.number, mark.hash, mark.time, run),
            )
            _keep(database, run, findings)

    def keep(self, run: int, findings: Iterable[Finding]) -> None:
        """Write findings that belong to no stretch."""
        with self._writing() as database:
            _keep(database, run, findings)

    # The file.

    def _last_mark(self, condition: str) -> int:
        rows = list(self._rows(f"SELECT MAX(number) FROM marks WHERE {condition}"))  # noqa: S608 (our own words)
        return -1 if not rows or rows[0][0] is None else int(rows[0][0])

    def _rows(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        if self._database is None and not self._path.exists():
            return iter(())
        return iter(self._opened().execute(statement, values).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        database = self._opened()
        with database:
            yield database

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Pages read it from the server's threads, one after the other; SQLite itself keeps them apart.
            self._database = sqlite3.connect(self._path, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            (form,) = self._database.execute("PRAGMA user_version").fetchone()
            if form != _FORM:
                with self._database:
                    for name in _NAMES:
                        self._database.execute(f"DROP TABLE IF EXISTS {name}")
                    self._database.executescript(_TABLES + f"PRAGMA user_version = {_FORM};")
        return self._database


def _keep(database: sqlite3.Connection, run: int, findings: Iterable[Finding]) -> None:
    for finding in findings:
        arguments = json.dumps(dict(finding.arguments), ensure_ascii=False, sort_keys=True)
        identity = json.dumps([finding.code, finding.block, finding.log_index, arguments], ensure_ascii=False)
        database.execute(
            "INSERT INTO findings (run, last_run, grade, code, block, log_index, agency, leaf, arguments, identity) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE SET last_run = excluded.last_run",
            (
                run,
                run,
                finding.grade.value,
                finding.code,
                finding.block,
                finding.log_index,
                finding.agency,
                finding.leaf,
                arguments,
                identity,
            ),
        )


def _run(row: tuple[Any, ...]) -> Run:
    number, started, ended, first, head_number, head_hash, head_time, families = row
    return Run(
        number=number,
        started=_time(started),
        ended=None if ended is None else _time(ended),
        first_block=first,
        head_number=head_number,
        head_hash=head_hash,
        head_time=_time(head_time),
        families=tuple(FamilyResult.of_json(each) for each in json.loads(str(families))),
    )


def _kept(row: tuple[Any, ...]) -> Kept:
    number, run, last_run, grade, code, block, log_index, agency, leaf, arguments = row
    return Kept(
        number,
        run,
        last_run,
        Finding(
            Grade(str(grade)),
            str(code),
            block,
            log_index,
            agency,
            leaf,
            json.loads(str(arguments)),
        ),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
