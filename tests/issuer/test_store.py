"""The store, on both databases: its tables are what the migrations make, and writers wait for each other."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy.exc import IntegrityError, NoResultFound

from issuer import history
from issuer.errors import LaneBusy, LaneLost, NotFound
from issuer.reconciling import rows
from issuer.tables.database import NEWEST_REVISION, alembic_config, rebuilding
from issuer.tables.models import History, Import, OutboxTransaction
from issuer.tables.reconciliation_models import Agreement
from issuer.tables.store import Store
from tests.issuer.tampering import alter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.databases


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    made = Store(database_url, locks=tmp_path / "locks")
    yield made
    made.close()


def test_migrations_make_exactly_the_tables_of_the_models(store: Store) -> None:
    with store._engine.connect() as connection:  # noqa: SLF001 — Alembic wants the connection
        command.check(alembic_config(connection))


def test_what_the_watch_knew_and_messages_that_wait_outlive_upgrades(store: Store) -> None:
    alter(
        store,
        "INSERT INTO records_followed (id, since_block, block_number, block_hash) VALUES (1, 3, 9, :hash)",
        "INSERT INTO alert_mail (id, agency, transaction_hash, attempts, next_at, last_answer) "
        "VALUES (1, 2, :hash, 4, :at, '')",
        "INSERT INTO reconciliation (id, agency, who, begun_at, ended_at, agreement, reason, batches, certificates, "
        "statuses, documents, findings, unsigned_because) VALUES (1, 2, 'uyun', :at, :at, 'DIFFERS', '', 0, 0, 0, 0, "
        "'[]', '')",
        "INSERT INTO alert_mail (id, agency, reconciliation_id, attempts, next_at, last_answer) "
        "VALUES (2, 2, 1, 0, :at, '')",
        hash=b"\1" * 32,
        at=NOW,
    )
    for step, revision in ((command.downgrade, "0005"), (command.upgrade, "head")):
        with rebuilding(store.database) as connection:
            step(alembic_config(connection), revision)
    with store.reading() as work:
        followed, mail = rows.followed(work), rows.mail_of(work, 2, b"\1" * 32)
        run = rows.untold(work)
        assert followed is not None
        assert (followed.since_block, followed.block_number, followed.heads) == (3, 9, None)
        assert mail is not None
        assert (mail.attempts, mail.reconciliation_id) == (4, None)
        assert run is not None
        assert (run.id, run.agreement) == (1, Agreement.DIFFERS)
        # No revision before this one knows such a message.
        assert rows.due(work, NOW) == mail
        with pytest.raises(NoResultFound):
            rows.mail(work, 2)
    with store._engine.connect() as connection:  # noqa: SLF001 — as above
        command.check(alembic_config(connection))


def test_database_opens_again_as_it_is(store: Store, database_url: str, tmp_path: Path) -> None:
    again = Store(database_url, locks=tmp_path / "locks")
    with again.reading() as work:
        assert work.batches() == []
    again.close()


def test_failed_block_stores_nothing(store: Store) -> None:
    def fail() -> None:
        with store.writing() as work:
            history.note(work, "something", at=NOW)
            work.batch(7)

    with pytest.raises(NotFound):
        fail()
    with store.reading() as work:
        assert work.history() == []


def test_writers_wait_for_each_other(store: Store) -> None:
    """Each reads what the one before wrote; without the early lock SQLite would refuse one of them."""

    def write() -> None:
        for _ in range(5):
            with store.writing() as work:
                count = work.next_serial(1, "a", 2026)
                work.add(History(at=NOW, what=str(count)))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as work:
        assert {line.what for line in work.history()} == {str(number) for number in range(1, 21)}


def impatient() -> bool:
    return False


def test_writer_within_a_writer_is_refused_at_once_instead_of_waiting_for_itself(store: Store) -> None:
    with store.writing(), pytest.raises(RuntimeError, match="a writing block is open"), store.writing():
        pass
    with store.writing() as work:
        history.note(work, "afterwards", at=NOW)


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


def test_number_larger_than_any_row_has_is_not_found(store: Store) -> None:
    with store.reading() as work:
        for number in (2**31, 2**63, 2**70):
            with pytest.raises(NotFound):
                work.batch(number)
    with pytest.raises(NotFound, match="larger than any"), store.reading() as work:
        work.session.get(Import, 2**65)


def test_chains_with_large_numbers_fit(store: Store) -> None:
    """Some count blocks in milliseconds, and chain ids need not be small."""
    large = 2**53
    with store.writing() as work:
        work.add(
            OutboxTransaction(
                sender=b"s", nonce=large, hash=b"h", raw=b"r", state="FINAL", block_number=large, created_at=NOW
            )
        )
    with store.reading() as work:
        assert work.highest_nonce(b"s") == large


def test_nonce_is_given_out_once_but_for_what_was_overtaken(store: Store) -> None:
    def add(state: str, digest: bytes) -> None:
        with store.writing() as work:
            work.add(OutboxTransaction(sender=b"s", nonce=7, hash=digest, raw=b"", state=state, created_at=NOW))

    add("OVERTAKEN", b"1")
    add("OVERTAKEN", b"2")
    add("SENT", b"3")
    with pytest.raises(IntegrityError, match="nonce"):
        add("SENT", b"4")


def test_reading_sees_one_moment(store: Store) -> None:
    with store.reading() as work:
        assert work.history() == []
        with store.writing() as other:
            other.add(History(at=NOW, what="something"))
        assert work.history() == []
    with store.reading() as work:
        assert [line.what for line in work.history()] == ["something"]


def test_who_does_not_hold_the_lane_may_not_send(store: Store) -> None:
    with pytest.raises(LaneLost, match="does not hold the lane"):
        store.require_lane(b"\1" * 20)
    with store.lane(b"\1" * 20, wait=impatient):
        store.require_lane(b"\1" * 20)
    with pytest.raises(LaneLost):
        store.require_lane(b"\1" * 20)


def test_trying_to_write_leaves_nothing(store: Store) -> None:
    store.try_to_write()
    store.try_to_write()
    store.forget()
    assert store.revision() == NEWEST_REVISION
