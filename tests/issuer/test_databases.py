"""Databases that are full, read-only, locked or not there: a clear word, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from chain.certificate_types import by_identifier
from chain.errors import InvalidInput
from issuer import audit_log, history
from issuer.draft import drafting
from issuer.errors import DatabaseBusy, DatabaseRefuses, DatabaseTrouble
from issuer.tables.models import History, Import
from issuer.tables.store import Store
from tests.issuer.offices import permits
from tests.issuer.tampering import alter, everything, fail_at, fail_no_more

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.issuer.offices import World
    from tests.issuer.staff import Staff

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PERMIT = by_identifier("food-operation-permit")
LOW = 2


def lines(store: Store) -> list[str]:
    with store.reading() as work:
        return [line.what for line in work.history()]


def write(store: Store, what: str) -> None:
    with store.writing() as work:
        work.add(History(at=NOW, what=what))


# Addresses.


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@db/x",
        "sqlite://",
        "issuer.db",
        "postgresql+psycopg://me:secret@db",
        "postgresql+asyncpg://db/x",
    ],
)
def test_address_of_no_database_of_ours_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"YINXIN_DATABASE_URL: .*wanted sqlite:///FILE or postgresql") as refused:
        Store(url, locks=tmp_path / "locks")
    assert "secret" not in str(refused.value)


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseRefuses, match=r"issuer\.db"):
        Store(f"sqlite:///{tmp_path}/file/issuer.db", locks=tmp_path / "locks")


def test_file_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "issuer.db"
    file.write_bytes(b"a letter to somebody " * 100)
    with pytest.raises(DatabaseRefuses, match="not a database"):
        Store(f"sqlite:///{file}", locks=tmp_path / "locks")
    assert file.read_bytes().startswith(b"a letter")


def test_sqlite_database_is_for_its_owner_only(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/deep/issuer.db", locks=tmp_path / "locks")
    write(store, "something")
    files = list((tmp_path / "deep").iterdir())
    assert {"issuer.db", "issuer.db-wal"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    store.close()


@pytest.mark.databases
def test_database_of_a_newer_version_is_left_alone(database_url: str, tmp_path: Path) -> None:
    store = Store(database_url, locks=tmp_path / "locks")
    alter(store, "UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(DatabaseRefuses, match="a newer version of this software has taken it over"):
        Store(database_url, locks=tmp_path / "locks")


# One statement that fails.


@pytest.mark.databases
@pytest.mark.parametrize(
    ("table", "event"),
    [("import", "INSERT"), ("batch", "INSERT"), ("certificate", "INSERT"), ("history", "INSERT")],
)
def test_import_of_which_a_statement_fails_leaves_nothing_and_can_be_repeated(
    world: World, table: str, event: str
) -> None:
    store = world.office.store
    drafting.draft(world.office, permits(9), PERMIT, agency=LOW)
    before = everything(store)
    fail_at(store, f'"{table}"', event)
    with pytest.raises(DBAPIError, match="disk full"):
        drafting.draft(world.office, permits(1, 2, 3), PERMIT, agency=LOW)
    fail_no_more(store, f'"{table}"')
    assert everything(store) == before
    assert drafting.draft(world.office, permits(1, 2, 3), PERMIT, agency=LOW).rows == 3


@pytest.mark.databases
def test_error_of_a_statement_quotes_no_values(staff: Staff) -> None:
    digest = b"of a person's file"
    row = {"agency": 1, "certificate_type": "secret-name", "file_digest": digest, "rows": 1, "created_at": NOW}
    with staff.store.writing() as work:
        work.add(Import(**row))
    with pytest.raises(DBAPIError) as failed, staff.store.writing() as work:
        work.add(Import(**row))
    assert "parameters hidden" in str(failed.value)


# SQLite's troubles.


def test_read_only_sqlite_file_is_told(staff: Staff) -> None:
    """As root the file's mode says nothing, so the database itself is told to be read-only."""
    write(staff.store, "before")

    def read_only(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    from sqlalchemy import event  # noqa: PLC0415

    staff.store.close()
    event.listen(staff.store.database.engine, "connect", read_only)
    with pytest.raises(DatabaseRefuses, match="readonly"):
        write(staff.store, "after")
    assert lines(staff.store) == ["before"]


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Have the system refuse to let any file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_full_disk_is_told_and_nothing_is_lost(staff: Staff) -> None:
    write(staff.store, "before")
    with files_no_larger_than(65_536), pytest.raises(DatabaseRefuses, match=r"refuses \(.*(full|I/O)"):
        write(staff.store, "x" * 200_000)
    assert lines(staff.store) == ["before"]
    write(staff.store, "after")
    with staff.store.reading() as work:
        audit_log.verify(work)
    assert lines(staff.store) == ["before", "after"]


def test_writer_that_waits_too_long_is_told(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    staff.store.close()
    monkeypatch.setattr("issuer.tables.database._BUSY_S", 0)
    store = Store(f"sqlite:///{staff.folder}/issuer.db", locks=staff.folder / "locks")
    with closing(sqlite3.connect(staff.folder / "issuer.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="nothing was stored, repeat it"):
            write(store, "mine")
        other.execute("ROLLBACK")
    write(store, "mine")
    assert lines(store) == ["mine"]
    store.close()


# Several processes.


@pytest.mark.databases
def test_processes_that_write_at_once_take_turns(staff: Staff, database_url: str) -> None:
    """Each counts up by reading what the other wrote."""
    program = f"""
import sys
from pathlib import Path
from datetime import UTC, datetime
from issuer.tables.models import History
from issuer.tables.store import Store
store = Store({database_url!r}, locks=Path({str(staff.folder)!r}))
for _ in range(20):
    with store.writing() as work:
        count = work.next_serial(1, "a", 2026)
        work.add(History(at=datetime.now(UTC), what=str(count)))
"""
    running = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [each.wait(60) for each in running] == [0, 0]
    assert sorted(map(int, lines(staff.store))) == list(range(1, 41))


@pytest.mark.databases
def test_processes_that_start_at_once_on_an_empty_database_both_work(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    if database == "postgresql":
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(name := cluster.new())
    failures: list[DatabaseTrouble] = []

    def start() -> None:
        try:
            Store(url, locks=tmp_path / "locks").close()
        except DatabaseTrouble as exc:
            failures.append(exc)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = Store(url, locks=tmp_path / "locks")
    write(store, "it works")
    store.close()
    if database == "postgresql":
        cluster.drop(name)


@pytest.mark.databases
def test_killed_process_lets_go_of_lane_and_lock(staff: Staff, database_url: str) -> None:
    program = f"""
import os, signal
from pathlib import Path
from datetime import UTC, datetime
from issuer.tables.models import History
from issuer.tables.store import Store
store = Store({database_url!r}, locks=Path({str(staff.folder / "locks")!r}))
with store.lane(bytes(20), wait=lambda: False), store.writing() as work:
    work.add(History(at=datetime.now(UTC), what="never"))
    work.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with staff.store.lane(bytes(20), wait=lambda: True):
        write(staff.store, "after")
    assert lines(staff.store) == ["after"]


@pytest.mark.databases
def test_text_that_only_one_database_would_take_breaks_nothing(staff: Staff) -> None:
    """A NUL character, as a form or a request may bring it."""
    try:
        with staff.store.writing() as work:
            history.note(work, "a\0b", at=NOW)
    except InvalidInput as refused:
        assert "NUL" in str(refused)  # noqa: PT017 — only PostgreSQL refuses it
    write(staff.store, "after")
    assert lines(staff.store)[-1] == "after"


def test_lock_file_that_somebody_removed_is_noticed(staff: Staff) -> None:
    with staff.store.lane(bytes(20), wait=lambda: False):
        staff.store.require_lane(bytes(20))
        shutil.rmtree(staff.folder / "locks")
        from issuer.errors import LaneLost  # noqa: PLC0415

        with pytest.raises(LaneLost, match="is no more"):
            staff.store.require_lane(bytes(20))
    assert os.path.lexists(staff.folder)
