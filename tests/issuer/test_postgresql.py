"""What PostgreSQL does that a file does not: it refuses people, goes away, comes back, and ends sessions."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from chain.certificate_types import by_identifier
from issuer import approvals, in_one_go, issuing
from issuer.draft import drafting
from issuer.errors import DatabaseAway, DatabaseBusy, DatabaseRefuses, LaneBusy, LaneLost
from issuer.tables.models import History, State
from issuer.tables.store import Store
from tests import postgres
from tests.issuer.offices import permits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.issuer.offices import World
    from tests.postgres import Cluster

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENDER = b"\1" * 20
PERMIT = by_identifier("food-operation-permit")
LOW = 2


@pytest.fixture
def name(cluster: Cluster, tables_postgresql: str) -> Iterator[str]:
    """Return the name of a database with tables and without rows."""
    made = cluster.new(tables_postgresql)
    yield made
    cluster.drop(made)


@pytest.fixture
def store(cluster: Cluster, name: str, tmp_path: Path) -> Iterator[Store]:
    opened = Store(cluster.url(name), locks=tmp_path / "locks")
    yield opened
    opened.close()


def impatient() -> bool:
    return False


def write(store: Store, what: str) -> None:
    with store.writing() as work:
        work.add(History(at=NOW, what=what))


def lines(store: Store) -> list[str]:
    with store.reading() as work:
        return [line.what for line in work.history()]


# Getting in.


def test_wrong_password_is_told_without_it(cluster: Cluster, name: str, tmp_path: Path) -> None:
    url = cluster.url(name).replace(cluster.password, "wrong-password")
    with pytest.raises(DatabaseAway, match="password authentication failed") as refused:
        Store(url, locks=tmp_path)
    assert "wrong-password" not in str(refused.value)
    assert f"127.0.0.1:{cluster.port}" in str(refused.value)


def test_database_that_does_not_exist_is_told(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway, match="does not exist"):
        Store(cluster.url("nothing"), locks=tmp_path)


def test_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway, match=r"127\.0\.0\.1:1.*refused"):
        Store("postgresql+psycopg://me:secret@127.0.0.1:1/issuer", locks=tmp_path)


def test_password_among_the_options_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway) as refused:
        Store("postgresql://me@127.0.0.1:1/issuer?password=secret", locks=tmp_path)
    assert "secret" not in str(refused.value)


def test_database_in_another_encoding_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.run(sql.SQL("CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"))
    with pytest.raises(DatabaseRefuses, match="encoded in SQL_ASCII, wanted UTF8"):
        Store(cluster.url("latin"), locks=tmp_path)
    cluster.drop("latin")


def test_user_who_may_only_read_is_told(cluster: Cluster, name: str, tmp_path: Path) -> None:
    cluster.run(sql.SQL("CREATE ROLE reader LOGIN PASSWORD 'reader'"))
    cluster.run(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"), name=name)
    store = Store(f"postgresql+psycopg://reader:reader@127.0.0.1:{cluster.port}/{name}", locks=tmp_path)
    assert lines(store) == []
    with pytest.raises(DatabaseRefuses, match="permission denied"):
        write(store, "something")
    store.close()


# Being cut off.


def test_session_that_was_ended_between_two_blocks_is_opened_again(store: Store, cluster: Cluster, name: str) -> None:
    write(store, "before")
    assert cluster.cut_off(name) > 0
    write(store, "after")
    assert lines(store) == ["before", "after"]


def test_session_that_is_ended_within_a_block_stores_nothing_of_it(store: Store, cluster: Cluster, name: str) -> None:
    def cut_off_within() -> None:
        with store.writing() as work:
            work.add(History(at=NOW, what="half"))
            work.flush()
            cluster.cut_off(name)
            work.add(History(at=NOW, what="other half"))

    with pytest.raises(DatabaseAway, match="stored whole or not at all"):
        cut_off_within()
    write(store, "after")
    assert lines(store) == ["after"]


def test_reader_that_is_cut_off_is_told(store: Store, cluster: Cluster, name: str) -> None:
    def read() -> None:
        with store.reading() as work:
            work.history()
            cluster.cut_off(name)
            work.history()

    with pytest.raises(DatabaseAway):
        read()
    assert lines(store) == []


def test_server_that_stops_and_comes_back_is_used_again(tmp_path: Path) -> None:
    with postgres.running() as own:
        store = Store(own.url(own.new()), locks=tmp_path / "locks")
        write(store, "before")
        own.process.send_signal(signal.SIGINT)
        own.process.wait(30)
        with pytest.raises(DatabaseAway, match="does not answer"):
            write(store, "never")
        own.restart()
        write(store, "after")
        assert lines(store) == ["before", "after"]
        store.close()


# The writers' lock.


def test_writer_that_waits_too_long_is_told(
    store: Store, cluster: Cluster, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issuer.tables.database._BUSY_S", 1)
    hasty = Store(cluster.url(name), locks=tmp_path / "locks")
    with store.writing() as work:
        work.add(History(at=NOW, what="first"))
        with pytest.raises(DatabaseBusy, match="nothing was stored, repeat it"):
            write(hasty, "second")
    write(hasty, "second")
    assert lines(store) == ["first", "second"]
    hasty.close()


def test_what_is_committed_is_on_the_disk(store: Store) -> None:
    with store.reading() as work:
        assert work.session.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


# Lanes.


def test_lane_is_one_for_all_machines(store: Store, cluster: Cluster, name: str, tmp_path: Path) -> None:
    other = Store(cluster.url(name), locks=tmp_path / "another machine's")
    with store.lane(SENDER, wait=impatient):
        with pytest.raises(LaneBusy), other.lane(SENDER, wait=impatient):
            pass
        with other.lane(b"\2" * 20, wait=impatient):
            pass
    with other.lane(SENDER, wait=impatient):
        pass
    other.close()


def test_lane_whose_session_was_ended_is_noticed(store: Store, cluster: Cluster, name: str, tmp_path: Path) -> None:
    other = Store(cluster.url(name), locks=tmp_path)
    with store.lane(SENDER, wait=impatient):
        store.require_lane(SENDER)
        cluster.cut_off(name)
        with other.lane(SENDER, wait=impatient):
            for _ in range(2):
                with pytest.raises(LaneLost, match="another one may be sealing"):
                    store.require_lane(SENDER)
    other.close()


def test_lane_that_was_cut_off_sends_nothing_and_the_next_one_does(
    cluster: Cluster, enrolled_postgresql: tuple[World, str], tmp_path: Path
) -> None:
    from tests.issuer.offices import copy_world  # noqa: PLC0415

    made, template = enrolled_postgresql
    name = cluster.new(template)
    world = copy_world(made, tmp_path, cluster.url(name))
    (batch,) = drafting.draft(world.office, permits(1), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    sender = world.office.keystore.sender_address("issuer")
    sent = world.registry.next_nonce(sender)
    passed: list[str] = []

    def cut_off(point: str) -> None:
        passed.append(point)
        if point == "after_sign":
            cluster.cut_off(name)

    with pytest.raises(LaneLost):
        in_one_go.seal(world.office, world.lane(at=cut_off), [batch])
    assert "before_send" not in passed
    world.registry.mine(2)
    assert world.registry.next_nonce(sender) == sent
    in_one_go.seal(world.office, world.lane(), [batch])
    with world.office.store.reading() as work:
        assert work.batch(batch).state == State.ISSUED
    assert world.registry.next_nonce(sender) == sent + 1
    world.office.store.close()
    cluster.drop(name)


# Forgetting.


def test_vacuum_takes_erased_values_out_of_the_table(store: Store, cluster: Cluster, name: str) -> None:
    write(store, "about a person")
    with store.writing() as work:
        work.history()[0].what = "erased"
    pages = sql.SQL(
        "SELECT count(*) FROM pg_class WHERE relname = 'history' AND relpages > 0 AND relallvisible = relpages"
    )
    assert cluster.run(pages, name=name) == [(0,)]
    store.forget()
    assert cluster.run(pages, name=name) == [(1,)]
    assert lines(store) == ["erased"]
