"""Backups, and what a restored older one finds on the chain: nothing is issued twice, what was done is found again."""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
import sqlite3
import stat
import subprocess
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import InvalidInput
from chain.events import BatchAnchored
from issuer import approvals, backups, catching_up, in_one_go, issuing, rotation
from issuer.audit_log import Occasion
from issuer.draft import drafting
from issuer.erasure import erasing
from issuer.errors import DatabaseTrouble, LaneFrozen, Locked, NotReady
from issuer.sending import nonces
from issuer.status import statuses
from issuer.status.wishes import Wish
from issuer.tables.models import Serial, State
from tests.issuer.offices import World, make_keystore, make_office, permit_number, permits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from issuer.tables.models import Batch, Certificate
    from tests.issuer.staff import Staff
    from tests.postgres import Cluster

pytestmark = pytest.mark.databases
PERMIT = by_identifier("food-operation-permit")
LOW = 2


def prepared(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    return batch


def approved(world: World, *serials: int) -> int:
    batch = prepared(world, *serials)
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def seal(world: World, *batches: int) -> None:
    in_one_go.seal(world.office, world.lane(), list(batches))


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def certificate_of(world: World, number: str) -> Certificate:
    with world.office.store.reading() as work:
        return world.office.find(work, number)


def anchors(world: World) -> list[BatchAnchored]:
    records = world.registry.records(0, world.registry.newest().number)
    return [record.event for record in records if isinstance(record.event, BatchAnchored)]


def suspend(world: World, serial: int) -> None:
    row = certificate_of(world, permit_number(serial))
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    statuses.request(world.office, row, Wish("suspend", None, date(2030, 1, 1), "for a test", None), officers)


def catch_up(world: World, *, accept_foreign: bool = False) -> catching_up.CaughtUp:
    return catching_up.catch_up(
        world.office,
        world.office.keystore.sender_address("issuer"),
        occasion=Occasion(world.office.now(), "command line"),
        who="operator",
        accept_foreign=accept_foreign,
    )


class Restoring:
    """Makes backups and puts them back, as docs/operations.md says, on either database."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request, self._folder = request, folder
        self._names: list[str] = []

    def back_up(self, world: World, name: str = "backup") -> Path:
        file = self._folder / name
        backups.back_up(world.office.store, file)
        return file

    def restore(self, world: World, file: Path) -> World:
        """Return the issuer with the database that the backup holds, and all else as it is now."""
        world.office.store.close()
        folder = self._folder / f"restored-{len(self._names)}"
        folder.mkdir()
        if world.url:
            url = self._into_postgresql(file)
        else:
            self._names.append("sqlite")
            shutil.copy(file, folder / "issuer.db")
            url = f"sqlite:///{folder}/issuer.db"
        keystore = make_keystore(world.folder / "keystore")
        office = make_office(folder, world.registry, keystore, world.office.records.master, url)
        return World(office, world.registry, world.folder, url)

    def _into_postgresql(self, file: Path) -> str:
        cluster: Cluster = self._request.getfixturevalue("cluster")
        self._names.append(cluster.new())
        url = cluster.url(self._names[-1])
        subprocess.run(
            ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url.replace('+psycopg', '')}", file],
            check=True,
        )
        return url

    def close(self, database: str) -> None:
        if database == "postgresql":
            for name in self._names:
                self._request.getfixturevalue("cluster").drop(name)


@pytest.fixture
def restoring(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[Restoring]:
    made = Restoring(request, tmp_path)
    yield made
    made.close(database)


# Copies.


def test_backup_is_whole_private_and_of_one_moment(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    file = restoring.back_up(world)
    seal(world, approved(world, 2))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if "part" in path.name] == []
    with world.office.store.reading() as work:
        before = work.history()
    restored = restoring.restore(world, file)
    with restored.office.store.reading() as work:
        assert len(work.batches()) == 1
        claims = restored.office.records.claims(work, work.all_certificates()[0])
        assert claims["number"] == permit_number(1)
        assert work.history() == before[: len(work.history())]
    restored.office.store.close()


def test_backup_takes_no_other_file_s_place(world: World, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("something dear")
    with pytest.raises(InvalidInput, match="there is such a file already"):
        backups.back_up(world.office.store, file)
    assert file.read_text() == "something dear"
    with pytest.raises(InvalidInput, match="got no folder"):
        backups.back_up(world.office.store, tmp_path / "no" / "backup")


def test_backup_can_be_made_while_somebody_writes(world: World, restoring: Restoring) -> None:
    (batch,) = drafting.draft(world.office, permits(1), PERMIT, agency=LOW).batches
    with world.office.store.writing() as work:
        work.batch(batch).failure = "half done"
        work.flush()
        file = restoring.back_up(world)
    restored = restoring.restore(world, file)
    assert batch_of(restored, batch).failure == ""
    restored.office.store.close()


def test_damaged_database_makes_no_backup(staff: Staff, tmp_path: Path, database: str) -> None:
    if database != "sqlite":
        pytest.skip("PostgreSQL finds damage by itself")
    staff.manager()
    staff.store.close()
    path = staff.folder / "issuer.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 4))
    with pytest.raises(DatabaseTrouble):
        backups.back_up(staff.store, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_without_pg_dump_it_says_what_is_missing(
    world: World, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "sqlite":
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotReady, match="pg_dump: not found"):
        backups.back_up(world.office.store, tmp_path / "backup")


# Restoring an older one.


def test_what_was_anchored_since_is_found_and_not_anchored_again(world: World, restoring: Restoring) -> None:
    waiting = approved(world, 1)
    undecided = prepared(world, 2)
    file = restoring.back_up(world)
    approvals.approve(world.office, undecided, world.officer("low-approver"))
    seal(world, waiting, undecided)
    blocks = {number: batch_of(world, number).block_number for number in (waiting, undecided)}
    world.registry.mine(3)
    restored = restoring.restore(world, file)
    found = catch_up(restored)
    assert sorted(found.settled) == [f"batch {waiting}", f"batch {undecided}"]
    assert (found.waiting, found.lost, found.doubtful, found.unexplained) == ((), (), (), 0)
    for number, block in blocks.items():
        held = batch_of(restored, number)
        assert (held.state, held.block_number) == (State.FINAL, block)
        issuing.sign(restored.office, number)
    assert len(anchors(world)) == 2
    assert catch_up(restored).settled == ()
    seal(restored, approved(restored, 3))
    assert len(anchors(world)) == 3
    restored.office.store.close()


def test_what_the_backup_does_not_have_is_told_and_its_numbers_are_left_out(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    draft = drafting.draft(world.office, permits(8, 9), PERMIT, agency=LOW).batches[0]
    file = restoring.back_up(world)
    lost = approved(world, 2, 3)
    seal(world, lost)
    with world.office.store.reading() as work:
        given = {each.serial for each in work.all_certificates() if each.serial}
    restored = restoring.restore(world, file)
    found = catch_up(restored)
    assert [(each.agency, each.size) for each in found.lost] == [(LOW, 2)]
    assert found.doubtful == (draft,)
    assert "discard it" in batch_of(restored, draft).failure
    again = catch_up(restored)
    assert (len(again.lost), again.doubtful) == (1, ())
    new = approved(restored, 4)
    seal(restored, new)
    with restored.office.store.reading() as work:
        (certificate,) = work.certificates(new)
        assert certificate.serial not in given
        assert work.session.get(Serial, (LOW, PERMIT.identifier, int(certificate.serial[:4]))).last == 4  # type: ignore[index,union-attr]
    restored.office.store.close()


def test_lane_goes_on_once_its_own_transactions_are_recognised(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    file = restoring.back_up(world)
    seal(world, approved(world, 2))
    suspend(world, 1)
    seal(world)
    restored = restoring.restore(world, file)
    sender = restored.office.keystore.sender_address("issuer")
    batch = approved(restored, 3)
    with pytest.raises(LaneFrozen, match=r"yinxin-issuer catch-up"):
        seal(restored, batch)
    assert catch_up(restored).unexplained == 0
    assert nonces.following(restored.office, sender) == world.registry.next_nonce(sender)
    seal(restored, batch)
    assert batch_of(restored, batch).state == State.ISSUED
    restored.office.store.close()


def test_stranger_with_the_sending_account_is_not_taken_for_us(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    file = restoring.back_up(world)
    seal(world, approved(world, 2))
    sender = world.office.keystore.sender_address("issuer")
    world.registry.spend_nonce(sender)
    restored = restoring.restore(world, file)
    assert catch_up(restored).unexplained == 1
    with pytest.raises(LaneFrozen):
        nonces.following(restored.office, sender)
    assert catch_up(restored, accept_foreign=True).unexplained == 0
    assert nonces.following(restored.office, sender) == world.registry.next_nonce(sender)
    restored.office.store.close()


def test_statuses_of_since_are_the_chain_s(world: World, restoring: Restoring) -> None:
    batch = approved(world, 1)
    seal(world, batch)
    file = restoring.back_up(world)
    suspend(world, 1)
    seal(world)
    held = statuses.held_now(world.office, certificate_of(world, permit_number(1)))
    assert held
    restored = restoring.restore(world, file)
    catch_up(restored)
    assert statuses.held_now(restored.office, certificate_of(restored, permit_number(1))) == held
    restored.office.store.close()


def test_change_of_status_under_way_in_the_backup_is_settled(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    suspend(world, 1)
    file = restoring.back_up(world)
    seal(world)
    world.registry.mine(2)
    restored = restoring.restore(world, file)
    assert catch_up(restored).settled == ("status change 1",)
    with restored.office.store.reading() as work:
        assert work.status_change(1).state == State.FINAL
    seal(restored)
    restored.office.store.close()


def test_block_that_is_not_final_yet_is_waited_for(world: World, restoring: Restoring) -> None:
    waiting = approved(world, 1)
    file = restoring.back_up(world)
    seal(world, waiting)
    restored = restoring.restore(world, file)
    patient = dataclasses.replace(restored.office, confirmations=50)
    restored.office = patient
    assert catch_up(restored).waiting == (f"batch {waiting}",)
    assert batch_of(restored, waiting).state == State.APPROVED
    restored.office.store.close()


def test_record_erased_since_comes_back_and_is_erased_again(world: World, restoring: Restoring) -> None:
    seal(world, approved(world, 1))
    file = restoring.back_up(world)
    two = world.officer("low-preparer"), world.officer("low-approver")
    erasing.erase(world.office, certificate_of(world, permit_number(1)), *two)
    restored = restoring.restore(world, file)
    back = certificate_of(restored, permit_number(1))
    assert back.record_key is not None
    erasing.erase(restored.office, back, *two)
    restored.office.store.close()


def test_backup_of_before_a_new_master_key_needs_the_old_one(world: World, restoring: Restoring) -> None:
    office = world.office
    rotation.master_key(office.store, office.keystore, secrets.token_bytes)
    drafting.draft(office, permits(1), PERMIT, agency=LOW)
    old_keystore = shutil.copytree(world.folder / "keystore", world.folder / "old-keystore")
    file = restoring.back_up(world)
    rotation.rotate_master_key(
        office.store,
        office.keystore,
        occasion=Occasion(datetime.now(UTC), "command line"),
        who="operator",
        entropy=secrets.token_bytes,
    )
    restored = restoring.restore(world, file)
    with pytest.raises(Locked, match="put the keystore folder back that belongs to it"):
        rotation.master_key(restored.office.store, restored.office.keystore, secrets.token_bytes)
    rotation.master_key(restored.office.store, make_keystore(old_keystore), secrets.token_bytes)
    restored.office.store.close()
