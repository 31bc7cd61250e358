"""Copies of the database while it is in use: whole, consistent, of one moment.

What such a copy is good for, and what must be kept beside it, is in docs/operations.md, «Backups». Keys are not in it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from issuer.errors import DatabaseRefuses, NotReady
from issuer.tables.database_errors import told

if TYPE_CHECKING:
    from sqlalchemy import URL

    from issuer.tables.store import Store

PG_DUMP = "pg_dump"
_FIRST_LINES = 3


def back_up(store: Store, to: Path) -> int:
    """Write a copy of the database to a new file; returns its size in bytes.

    An SQLite database becomes an SQLite database, a PostgreSQL one an archive for `pg_restore`. Raises `InvalidInput`
    if the file is there already, `NotReady` without pg_dump, `DatabaseTrouble`. What is killed leaves no such file.
    """
    if to.exists():
        raise InvalidInput(f"{to}: there is such a file already; wanted the name of a new one")
    if not to.parent.is_dir():
        raise InvalidInput(f"{to}: got no folder {to.parent}")
    # Made with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
    os.close(handle)
    part = Path(name)
    try:
        if store.database.file is None:
            _dump(store.database.url, store.database.shown, part)
        else:
            with told(store.database.shown):
                _copy(store.database.file, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        try:
            to.hardlink_to(part)
        except FileExistsError as exc:
            raise InvalidInput(f"{to}: there is such a file already; wanted the name of a new one") from exc
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


def _copy(database: Path, part: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as copy:
            source.execute("PRAGMA busy_timeout=15000")
            source.backup(copy)
            # One file, which needs no log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            (said,) = copy.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as exc:
        raise DatabaseRefuses(f"{database}: no copy could be made ({exc})") from exc
    finally:
        for suffix in ("-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    if said != "ok":
        raise DatabaseRefuses(f"{database}: it is damaged ({said}); no copy was made. Keep the older ones")


def _dump(url: URL, shown: str, part: Path) -> None:
    program = shutil.which(PG_DUMP)
    if program is None:
        raise NotReady(f"{PG_DUMP}: not found; install PostgreSQL's client programs of the server's version or newer")
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = dict(os.environ)
    if url.password is not None:
        # Neither a command's arguments nor a file: other users of the machine see the former.
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [program, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}", f"--dbname={address}"],
        env=environment,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()[:_FIRST_LINES]
        with suppress(FileNotFoundError):
            part.unlink()
        raise DatabaseRefuses(f"{shown}: {PG_DUMP} made no copy: {'; '.join(lines)}")
