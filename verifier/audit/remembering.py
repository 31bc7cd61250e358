"""What an audit remembers between its runs: how far it came, all that it had been told until there, what it found.

A file of its own beside the index (`audit.db`), because the index follows what nodes say now, and this is to notice
when they say something else than before. Everything of one stretch of blocks is written at once, so that a run that
was killed goes on where the last stretch ended. What was folded from the events is not kept: it is folded again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chain.history import Step
from verifier.audit.finding import Finding, Grade
from verifier.audit.memory import Compared, Kept, LookedAt, Mark, Run, Told
from verifier.audit.memory_file import MemoryFile
from verifier.audit.outcomes import FamilyResult

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["FILE", "Compared", "Kept", "LookedAt", "Mark", "Remembered", "Run", "Told"]

FILE = "audit.db"


class Remembered:
    """The audit's memory. Reading it needs no run; a missing file and one of another form read as without runs."""

    def __init__(self, path: Path) -> None:
        """`path` is the file; what is first written makes it, or raises `InvalidInput` for one of another form."""
        self._file = MemoryFile(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # What pages ask.

    def last_run(self) -> Run | None:
        """Return the newest run; None if there was none."""
        rows = self._file.rows(
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
        rows = self._file.rows(statement, *values, limit)
        return [_kept(row) for row in rows]

    def counts(self, *, since: int = 0) -> dict[tuple[Grade, str], int]:
        """Return how many findings there are of each grade and code, of the runs from `since` on."""
        rows = self._file.rows(
            "SELECT grade, code, COUNT(*) FROM findings WHERE last_run >= ? GROUP BY grade, code ORDER BY grade, code",
            since,
        )
        return {(Grade(str(grade)), str(code)): int(count) for grade, code, count in rows}

    def current_since(self) -> int:
        """Return the first run of the newest line that looked at everything anew: what was found before, it looked for.

        A line begins with a run that began at the first block, and goes on with those that went on from it. It stands
        for the one before only once a run of it was answered to the end, and got at least as far as that one ever did.
        """
        since, reached = 0, -1
        begun, came = 0, -1
        for number, first, head, answered in self._file.rows(
            "SELECT number, first, head_number, answered FROM runs ORDER BY number"
        ):
            if first == 0:
                begun, came = number, -1
            came = max(came, head)
            if since in {begun, 0}:
                since, reached = begun, max(reached, came)
            elif answered and head >= max(reached, 0):
                since, reached = begun, came
        return since

    def begun_since(self) -> int:
        """Return the run that was the last to begin at the first block, whether it got anywhere or not."""
        return int(next(self._file.rows("SELECT COALESCE(MAX(number), 0) FROM runs WHERE first = 0"), (0,))[0])

    def head(self) -> Mark | None:
        """Return the last block checked."""
        rows = self._file.rows("SELECT number, hash, time FROM marks ORDER BY number DESC LIMIT 1")
        return next((Mark(*row) for row in rows), None)

    # What a run asks.

    def marks(self) -> Sequence[Mark]:
        """Return all blocks at which stretches ended, the newest first."""
        return [Mark(*row) for row in self._file.rows("SELECT number, hash, time FROM marks ORDER BY number DESC")]

    def registry(self) -> tuple[int, bytes, bytes] | None:
        """Return the chain id, registry id and genesis hash of what is remembered."""
        rows = self._file.rows("SELECT chain_id, registry_id, genesis_hash FROM registry")
        return next(((int(row[0]), bytes(row[1]), bytes(row[2])) for row in rows), None)

    def deployed_at(self) -> int | None:
        """Return the block in which the registry was said to begin; None if that is not known."""
        rows = self._file.rows("SELECT deployed_at FROM registry")
        return next((None if row[0] is None else int(row[0]) for row in rows), None)

    def heads(self) -> dict[int, bytes]:
        """Return the heads of the hash chains after the last block checked, by list."""
        return {int(row[0]): bytes(row[1]) for row in self._file.rows("SELECT list, head FROM heads")}

    def heads_compared_at(self, least: Compared = Compared.PROVEN) -> int:
        """Return the last block at which the heads were held against the chain's state; -1 if at none."""
        return self._last_mark(f"heads >= {int(least)}")

    def unsealed_until(self) -> int:
        """Return the last block of the last stretch whose seals were not looked at; -1 if there is none."""
        return self._last_mark("seals = 0")

    def uncoded_until(self, how: Compared = Compared.NOTHING) -> int:
        """Return the end of the last stretch after which the code was compared with no more than this; -1 if none."""
        return self._last_mark(f"code = {int(how)}")

    def coded_at(self) -> int:
        """Return the last block at which the code was proven; -1 if at none."""
        return self._last_mark(f"code = {int(Compared.PROVEN)}")

    def events(self) -> Iterator[Told]:
        """Yield all events that were told until the last block checked, in the chain's order."""
        for kind, arguments, block, time, log_index, transaction_hash in self._file.rows(
            "SELECT kind, arguments, block, time, log_index, transaction_hash FROM events ORDER BY block, log_index"
        ):
            yield Told(Step(kind, bytes(arguments), block, time, log_index), bytes(transaction_hash))

    def type_of(self, agency: int, leaf: bytes) -> tuple[int, int] | None:
        """Return the type and version under which an agency anchored a leaf; None if it did not."""
        rows = self._file.rows(
            "SELECT certificate_type, version FROM leaves WHERE leaf = ? AND agency = ?", leaf, agency
        )
        return next(((int(row[0]), int(row[1])) for row in rows), None)

    # What a run writes.

    def forget(self) -> None:
        """Forget how far the audit came, so that it begins anew. Runs and findings stay."""
        with self._file.writing() as database:
            for name in ("registry", "marks", "events", "leaves", "heads"):
                database.execute(f"DELETE FROM {name}")  # noqa: S608 (only our own words)

    def renew(self) -> Path | None:
        """Copy a file of another form aside, and empty it; returns where the copy is, or None if there was no need."""
        return self._file.renew()

    def begin(
        self,
        *,
        started: datetime,
        first_block: int,
        registry: tuple[int, bytes, bytes] | None,
        deployed_at: int | None = None,
    ) -> int:
        """Write that a run begins, of which registry if that is known, and where that begins; returns its number."""
        head = self.head()
        with self._file.writing() as database:
            if registry is not None:
                database.execute("INSERT OR REPLACE INTO registry VALUES (1, ?, ?, ?, ?)", (*registry, deployed_at))
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

    def answered(self, run: int) -> None:
        """Write that a run was answered to its end."""
        with self._file.writing() as database:
            database.execute("UPDATE runs SET answered = 1 WHERE number = ?", (run,))

    def end(self, run: int, *, ended: datetime, families: Sequence[FamilyResult]) -> None:
        """Write how a run ended."""
        told = json.dumps([family.as_json() for family in families], ensure_ascii=False)
        with self._file.writing() as database:
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
        with self._file.writing() as database:
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
        with self._file.writing() as database:
            _keep(database, run, findings)

    def _last_mark(self, condition: str) -> int:
        rows = list(self._file.rows(f"SELECT MAX(number) FROM marks WHERE {condition}"))  # noqa: S608 (our own words)
        return -1 if not rows or rows[0][0] is None else int(rows[0][0])


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
