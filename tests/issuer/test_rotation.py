"""New keys: everything is under them afterwards, nothing under the old ones, whatever is killed whenever."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import secrets
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import LargeBinary

from chain.certificate_types import by_identifier
from issuer import audit_log, inventory, records, rotation, tables, tasks
from issuer.audit_log import Occasion
from issuer.draft import drafting
from issuer.errors import KeysChanged, Locked
from issuer.inventory import Under
from issuer.records import Records
from issuer.tables import account_rows
from issuer.tables.draft_models import RememberedColumns
from issuer.tables.models import Base, Certificate
from issuer.tables.store import Store
from issuer.vault import Place, new_key
from tests.issuer.offices import make_keystore, permit_number, permits
from tests.issuer.tampering import alter

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.office import Office
    from tests.issuer.offices import World
    from tests.issuer.staff import Staff

pytestmark = pytest.mark.databases
PERMIT = by_identifier("food-operation-permit")
LOW, TOP = 2, 1
ANOTHER = "another password"


def occasion(office: Office) -> Occasion:
    return Occasion(office.now(), "10.0.0.7")


def rotate(world: World, agency: int = LOW) -> int:
    return rotation.rotate_data_key(world.office, agency, occasion=occasion(world.office), who="operator")


def restarted(world: World) -> Office:
    """Return the office as a process has it that starts now."""
    world.office.store.close()
    store = Store(world.url or f"sqlite:///{world.folder}/issuer.db", locks=world.folder / "locks")
    keystore = make_keystore(world.folder / "keystore")
    master = rotation.master_key(store, keystore, secrets.token_bytes)
    return dataclasses.replace(
        world.office, store=store, keystore=keystore, records=Records(master, secrets.token_bytes)
    )


def test_every_column_of_bytes_is_in_the_inventory() -> None:
    for module in pkgutil.iter_modules(tables.__path__):
        if module.name.endswith("models"):
            importlib.import_module(f"{tables.__name__}.{module.name}")
    held = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    entered = [(column.table, column.name) for column in inventory.COLUMNS]
    assert set(entered) == held
    assert len(entered) == len(set(entered))


def test_every_agency_s_column_can_be_rotated() -> None:
    for column in inventory.columns(Under.AGENCY):
        assert len(Base.metadata.tables[column.table].primary_key.columns) == 1
        inventory.of_agency(column.model, LOW)


def test_data_key_is_another_one_and_everything_opens(world: World) -> None:
    office = world.office
    drafting.draft(office, permits(1, 2), PERMIT, agency=LOW)
    with office.store.writing() as work:
        task = tasks.submit(office, work, "import", agency=LOW, login="uyun", data=b"about a person")
    with office.store.reading() as work:
        old = office.records.data_key(work, LOW)
        (before, *_) = office.find_all(work, permit_number(1))
        claims = office.records.claims(work, before)
    assert rotate(world) >= 5
    office = restarted(world)
    with office.store.reading() as work:
        new = office.records.data_key(work, LOW)
        (after, *_) = office.find_all(work, permit_number(1))
        assert office.records.claims(work, after) == claims
        assert tasks.data_of(office, work, tasks.find(work, task, LOW)) == b"about a person"
        assert new.secret != old.secret
        assert before.number_index not in {each.number_index for each in work.all_certificates()}
        with pytest.raises(Locked):
            old.decrypt(after.record_key or b"", Place("certificate", "record_key", after.id))
        audit_log.verify(work)
    office.store.close()


def test_other_agencies_keep_their_key(world: World) -> None:
    office = world.office
    drafting.draft(office, permits(1), PERMIT, agency=LOW)
    drafting.draft(office, permits(2), PERMIT, agency=TOP)
    with office.store.reading() as work:
        kept = office.records.data_key(work, TOP)
    rotate(world)
    with office.store.reading() as work:
        assert office.records.data_key(work, TOP) == kept
        assert office.find_all(work, permit_number(2))


def test_what_does_not_open_stops_a_rotation_and_nothing_is_changed(world: World) -> None:
    office = world.office
    drafting.draft(office, permits(1, 2), PERMIT, agency=LOW)
    with office.store.reading() as work:
        victim = work.all_certificates()[1].id
        held = work.data_key(LOW).wrapped  # type: ignore[union-attr]
    alter(office.store, "UPDATE certificate SET record_key = :key WHERE id = :id", key=b"damaged", id=victim)
    with pytest.raises(Locked, match=victim):
        rotate(world)
    with office.store.reading() as work:
        assert work.data_key(LOW).wrapped == held  # type: ignore[union-attr]
        assert office.find_all(work, permit_number(1))


def test_index_that_cannot_be_made_anew_stops_a_rotation(world: World) -> None:
    drafting.draft(world.office, permits(1), PERMIT, agency=LOW)
    alter(world.office.store, "UPDATE certificate SET holder_index = :index", index=b"x" * 16)
    with pytest.raises(Locked, match="holder_index is not what its claims make"):
        rotate(world)


def test_what_clerks_said_of_columns_is_forgotten(world: World) -> None:
    office = world.office
    drafting.draft(office, permits(1), PERMIT, agency=LOW)
    with office.store.writing() as work:
        work.add(
            RememberedColumns(agency=LOW, certificate_type="x", headers=b"index", choices=b"", changed_at=office.now())
        )
    rotate(world)
    with office.store.reading() as work:
        assert work.session.get(RememberedColumns, 1) is None


def test_process_that_began_before_may_write_no_more(world: World) -> None:
    """What it encrypts would be under a key that is gone."""
    drafting.draft(world.office, permits(1), PERMIT, agency=LOW)
    other = Store(world.url or f"sqlite:///{world.folder}/issuer.db", locks=world.folder / "locks")
    theirs = Records(world.office.records.master, secrets.token_bytes)
    with other.reading() as work:
        theirs.data_key(work, LOW)
    rotate(world)
    with pytest.raises(KeysChanged, match="Start it again"), other.writing() as work:
        pytest.fail("it was let in")
    with pytest.raises(KeysChanged), other.reading() as work:
        theirs.claims(work, work.all_certificates()[0])
    with pytest.raises(KeysChanged):
        other.require_keys()
    other.close()
    world.office.store.require_keys()
    rotate(world)


# The master key.


class Killed(BaseException):
    """What a test raises where the process would be killed; nothing here catches it."""


def rotate_master(staff: Staff, *, at: str = "", password: str | None = None) -> None:
    def killed(point: str) -> None:
        if point == at:
            raise Killed

    rotation.rotate_master_key(
        staff.store,
        staff.keystore,
        occasion=staff.occasion,
        who="operator",
        entropy=secrets.token_bytes,
        password=password,
        at=killed,
    )


def master(staff: Staff) -> rotation.Key:
    return rotation.master_key(staff.store, staff.keystore, secrets.token_bytes)


def with_app(staff: Staff) -> int:
    staff.key = master(staff)
    return staff.manager()


def test_master_key_is_another_one_and_everything_opens(staff: Staff) -> None:
    with_app(staff)
    old = staff.key
    rotate_master(staff)
    staff.key = master(staff)
    assert staff.key != old
    app = staff.add_app(staff.preparer())
    token = staff.sign_in("uyun").token
    staff.show_code(token, app.at(staff.now))
    assert not (staff.keystore.folder / "master-next.json").exists()


@pytest.mark.parametrize("point", rotation.CRASH_POINTS)
def test_rotation_killed_anywhere_leaves_one_key_that_opens_everything(staff: Staff, point: str) -> None:
    person = with_app(staff)
    old = staff.key
    with pytest.raises(Killed):
        rotate_master(staff, at=point)
    store = Store(staff.store.database.url.render_as_string(hide_password=False), locks=staff.folder / "locks")
    keystore = make_keystore(staff.keystore.folder)
    key = rotation.master_key(store, keystore, secrets.token_bytes)
    assert (key == old) == (point == "after_next")
    with store.reading() as work:
        app = account_rows.totp(work, person)
        assert app is not None
        key.decrypt(app.secret, Place("totp", "secret", str(person)))
    assert rotation.master_key(store, keystore, secrets.token_bytes) == key
    rotation.rotate_master_key(store, keystore, occasion=staff.occasion, who="operator", entropy=secrets.token_bytes)
    assert rotation.master_key(store, keystore, secrets.token_bytes) != key
    store.close()


@pytest.mark.parametrize("point", ["after_commit", "after_take"])
def test_killed_between_passwords_the_same_command_finishes(staff: Staff, point: str) -> None:
    with_app(staff)
    staff.keystore.new_sender("issuer")
    with pytest.raises(Killed):
        rotate_master(staff, at=point, password=ANOTHER)
    with pytest.raises(Locked, match=r"rotation that was interrupted|does not open it"):
        master(staff)
    rotate_master(staff, password=ANOTHER)
    staff.keystore.change_password(ANOTHER)
    (staff.keystore.folder / "password").write_text(ANOTHER, encoding="utf-8")
    assert master(staff) != staff.key
    assert staff.keystore.sender("issuer")
    assert not (staff.keystore.folder / "master-next.json").exists()
    with staff.store.reading() as work:
        assert work.key_epoch().number == 1


def test_another_keystore_s_master_key_is_refused(staff: Staff, tmp_path: Path) -> None:
    master(staff)
    other = make_keystore(tmp_path / "other")
    with pytest.raises(Locked, match=r"has no master\.json"):
        rotation.master_key(staff.store, other, secrets.token_bytes)
    other.master_key(secrets.token_bytes)
    with pytest.raises(Locked, match="is not the one"):
        rotation.master_key(staff.store, other, secrets.token_bytes)


def test_database_of_before_marks_is_compared_by_what_is_in_it(world: World) -> None:
    drafting.draft(world.office, permits(1), PERMIT, agency=LOW)
    store, keystore = world.office.store, world.office.keystore
    alter(store, "UPDATE key_epoch SET master_mark = NULL")
    assert rotation.master_key(store, keystore, secrets.token_bytes) == world.office.records.master
    alter(store, "UPDATE key_epoch SET master_mark = NULL")
    keystore.write_next_master_key(new_key(secrets.token_bytes), secrets.token_bytes)
    keystore.take_next_master_key()
    with pytest.raises(Locked, match="is not the one"):
        rotation.master_key(store, keystore, secrets.token_bytes)


# The folder's password.


def test_folder_s_password_is_changed_for_every_key_but_people_s_own(staff: Staff) -> None:
    keystore = staff.keystore
    keystore.new_officer("shared", agency=3)
    keystore.new_officer("own", agency=3, password="of a person")  # noqa: S106 — a test's
    keystore.new_sender("issuer")
    document = keystore.new_document_key(3)
    (own,) = keystore.change_password(ANOTHER)
    assert own.endswith("own.json")
    assert keystore.change_password(ANOTHER) == (own,)
    (keystore.folder / "password").write_text(ANOTHER, encoding="utf-8")
    assert keystore.officer("shared").agency == 3
    assert keystore.officer("own", password="of a person").agency == 3  # noqa: S106 — as above
    assert keystore.sender("issuer")
    assert keystore.document_key(3, document.public.kid).public == document.public


def test_password_change_killed_in_the_middle_is_finished_by_repeating_it(staff: Staff) -> None:
    keystore = staff.keystore
    for name in ("first", "second"):
        keystore.new_officer(name, agency=3)
    keystore._reseal(  # noqa: SLF001 — as the one half that was done
        keystore.account("first").path, keystore.password(), ANOTHER
    )
    assert keystore.change_password(ANOTHER) == ()
    (keystore.folder / "password").write_text(ANOTHER, encoding="utf-8")
    assert {each.name for each in keystore.officers()} == {"first", "second"}
    assert all(keystore.officer(name) for name in ("first", "second"))


def test_certificate_erased_before_stays_erased(world: World) -> None:
    drafting.draft(world.office, permits(1, 2), PERMIT, agency=LOW)
    with world.office.store.writing() as work:
        erased = work.all_certificates()[0]
        records.erase(erased)
    rotate(world)
    with world.office.store.reading() as work:
        held = work.session.get(Certificate, erased.id)
        assert held is not None
        assert (held.record_key, held.number_index, held.holder_index) == (None, None, None)
