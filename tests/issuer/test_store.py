"""The database: its tables are what the migrations make, and writers wait for each other."""

from __future__ import annotations

import stat
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from alembic import command

from chain.errors import InvalidInput
from issuer import history
from issuer.database import alembic_config
from issuer.errors import LaneBusy, NotFound
from issuer.models import History
from issuer.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.issuer.offices import World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path}/deep/issuer.db", locks=tmp_path / "locks")
    yield made
    made.close()


def test_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    with store._engine.connect() as connection:  # noqa: SLF001 — Alembic wants the connection
        command.check(alembic_config(connection))


def test_database_opens_again_as_it_is(store: Store, tmp_path: Path) -> None:
    again = Store(f"sqlite:///{tmp_path}/deep/issuer.db", locks=tmp_path / "locks")
    with again.reading() as work:
        assert work.batches() == []
    again.close()


def test_database_is_for_its_owner_only(store: Store, world: World, tmp_path: Path) -> None:
    with store.writing() as work:
        history.note(work, "something", at=world.office.now())
    files = list((tmp_path / "deep").iterdir())
    assert {"issuer.db", "issuer.db-wal"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


@pytest.mark.parametrize("url", ["postgresql+psycopg://me:secret@db/issuer", "mysql://db/x", "sqlite://", "issuer.db"])
def test_database_other_than_a_sqlite_file_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"YINXIN_DATABASE_URL: .*wanted sqlite:///FILE") as refused:
        Store(url, locks=tmp_path / "locks")
    assert "secret" not in str(refused.value)


def test_failed_block_stores_nothing(store: Store, world: World) -> None:
    def fail() -> None:
        with store.writing() as work:
            history.note(work, "something", at=world.office.now())
            work.batch(7)

    with pytest.raises(NotFound):
        fail()
    with store.reading() as work:
        assert work.history() == []


def test_writers_wait_for_each_other(store: Store, world: World) -> None:
    """Each reads what the one before wrote; without the early lock SQLite would refuse one of them."""

    def write() -> None:
        for _ in range(5):
            with store.writing() as work:
                count = work.next_serial(1, "a", 2026)
                work.add(History(at=world.office.now(), what=str(count)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as work:
        assert {line.what for line in work.history()} == {str(number) for number in range(1, 21)}


def impatient() -> bool:
    return False


def test_lane_is_held_by_one_at_a_time(store: Store) -> None:
    with store.lane(b"\1" * 20, wait=impatient):
        with pytest.raises(LaneBusy), store.lane(b"\1" * 20, wait=impatient):
            pass
        with store.lane(b"\2" * 20, wait=impatient):
            pass
    with store.lane(b"\1" * 20, wait=impatient):
        pass


def test_who_waits_gets_the_lane_when_it_is_free(store: Store) -> None:
    held = ExitStack()
    held.enter_context(store.lane(b"\1" * 20, wait=impatient))

    def let_go() -> bool:
        held.close()
        return True

    with store.lane(b"\1" * 20, wait=let_go):
        pass
