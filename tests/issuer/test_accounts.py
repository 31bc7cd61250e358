"""People's accounts: invited once, opened by one password, and with it the person's own signing key."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from chain.errors import InvalidInput
from issuer.errors import (
    Locked,
    NotAllowed,
    NotFound,
    NotReady,
    PasswordRefused,
    SecondFactorWanted,
    SessionOver,
    SignInRefused,
)
from issuer.people import accounts, own_keys, passwords, sign_in
from issuer.tables import account_rows
from issuer.tables.account_models import Person, Role, Standing
from tests.issuer.offices import PASSWORD
from tests.issuer.staff import AGENCY, BETTER, GOOD, OTHER, entropy

if TYPE_CHECKING:
    from issuer.keys import Officer
    from tests.issuer.staff import Staff

DIGEST = b"\x07" * 32


def officer(staff: Staff, token: str) -> Officer:
    return sign_in.officer(staff.store, staff.keystore, token=token, occasion=staff.occasion)


def set_standing(staff: Staff, person_id: int, standing: Standing, *, by: int | None = None) -> None:
    accounts.set_standing(staff.store, by=by, person_id=person_id, standing=standing, occasion=staff.occasion)


def set_roles(staff: Staff, person_id: int, *roles: Role, by: int | None = None) -> None:
    accounts.set_roles(staff.store, by=by, person_id=person_id, roles=roles, occasion=staff.occasion)


def invite_again(staff: Staff, person_id: int, *, by: int | None = None) -> accounts.Invited:
    return accounts.invite_again(
        staff.store, staff.keystore, by=by, person_id=person_id, occasion=staff.occasion, entropy=entropy
    )


# Invitations.


def test_invited_person_chooses_a_password_and_may_sign_in(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    with pytest.raises(SignInRefused):
        staff.sign_in("manager")
    assert accounts.invited(staff.store, invited.token, staff.now).display_name == "Manager"
    person = staff.accept(invited)
    assert person.standing == Standing.ACTIVE
    assert staff.resume(staff.sign_in("Manager ").token).roles == {Role.AGENCY_MANAGER}
    assert staff.actions() == [
        "operator: invited (AGENCY_MANAGER)",
        "nobody: sign-in failed (password)",
        "manager: invitation accepted",
        "manager: signed in",
    ]


def test_invitation_counts_once(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    staff.accept(invited)
    with pytest.raises(SignInRefused, match="does not count"):
        staff.accept(invited, BETTER)
    staff.sign_in("manager")


def test_of_two_who_accept_at_once_one_wins(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    hashing = staff.passwords.hash

    def slowly(password: str) -> str:
        # While this one's hash is computed, another one accepts.
        monkeypatch.undo()
        staff.accept(invited, BETTER)
        return hashing(password)

    monkeypatch.setattr(staff.passwords, "hash", slowly)
    with pytest.raises(SignInRefused, match="does not count"):
        staff.accept(invited, GOOD)
    assert officer_of(staff, "manager", BETTER).signer.address


def officer_of(staff: Staff, login: str, password: str) -> Officer:
    with staff.store.reading() as work:
        person = account_rows.person_called(work, login)
    assert person is not None
    secret = own_keys.unwrap(person, passwords=staff.passwords, password=password)
    assert secret is not None
    return own_keys.opened(staff.store, staff.keystore, person, secret)


def test_invitation_expires(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    staff.wait(days=7)
    with pytest.raises(SignInRefused, match="expired"):
        staff.accept(invited)


def test_newer_invitation_voids_the_older(staff: Staff) -> None:
    older = staff.invite("manager", Role.AGENCY_MANAGER)
    newer = invite_again(staff, older.person_id)
    with pytest.raises(SignInRefused):
        staff.accept(older)
    staff.accept(newer)


@pytest.mark.parametrize("token", ["", "x", "AAAA", "!" * 43, "A" * 43])
def test_guessed_invitation_does_not_count(staff: Staff, token: str) -> None:
    staff.invite("manager", Role.AGENCY_MANAGER)
    with pytest.raises(SignInRefused):
        accounts.invited(staff.store, token, staff.now)


def test_database_holds_no_invitation_that_could_be_used(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    assert invited.token.encode() not in (staff.folder / "issuer.db-wal").read_bytes()


# Who may invite and change whom.


def test_command_line_invites_the_first_manager_only(staff: Staff) -> None:
    with pytest.raises(NotAllowed, match="no manager yet"):
        staff.invite("uyun", Role.PREPARER)
    staff.manager()
    with pytest.raises(NotAllowed, match="has a manager"):
        staff.invite("second", Role.AGENCY_MANAGER)
    staff.manager("elsewhere", agency=OTHER)


def test_council_invites_the_first_manager_of_an_agency_only(staff: Staff) -> None:
    member = staff.hire("member", Role.COUNCIL_MEMBER, agency=accounts.COUNCIL)
    staff.add_app(member)
    with pytest.raises(NotAllowed, match="no manager yet"):
        staff.invite("uyun", Role.APPROVER, by=member)
    staff.hire("manager", Role.AGENCY_MANAGER, by=member)
    with pytest.raises(NotAllowed, match="has a manager"):
        staff.invite("uyun", Role.APPROVER, by=member)
    assert staff.hire("second", Role.COUNCIL_MEMBER, agency=accounts.COUNCIL, by=member)
    assert staff.person(member).key_name is None


def test_manager_must_have_a_second_factor_to_invite(staff: Staff) -> None:
    manager = staff.hire("manager", Role.AGENCY_MANAGER)
    with pytest.raises(SecondFactorWanted, match="passkey nor an authenticator app"):
        staff.invite("uyun", Role.PREPARER, by=manager)
    staff.add_app(manager)
    staff.invite("uyun", Role.PREPARER, by=manager)


@pytest.mark.parametrize("role", [Role.PREPARER, Role.APPROVER, Role.AUDITOR])
def test_others_invite_nobody(staff: Staff, role: Role) -> None:
    other = staff.hire("other", role, by=staff.manager())
    staff.add_app(other)
    with pytest.raises(NotAllowed, match="no manager of this agency"):
        staff.invite("friend", Role.APPROVER, by=other)


def test_manager_who_is_locked_invites_nobody(staff: Staff) -> None:
    manager = staff.manager()
    set_standing(staff, manager, Standing.LOCKED)
    with pytest.raises(NotAllowed, match="not active"):
        staff.invite("friend", Role.APPROVER, by=manager)


def test_other_agencies_people_are_not_found(staff: Staff) -> None:
    stranger = staff.manager("stranger", agency=OTHER)
    mine = staff.manager()
    with pytest.raises(NotAllowed, match="no manager of this agency"):
        staff.invite("friend", Role.APPROVER, by=mine, agency=OTHER)
    for change in (
        lambda: set_standing(staff, stranger, Standing.CLOSED, by=mine),
        lambda: set_roles(staff, stranger, Role.AUDITOR, by=mine),
        lambda: invite_again(staff, stranger, by=mine),
    ):
        with pytest.raises(NotFound) as hidden:
            change()
        with pytest.raises(NotFound) as missing:
            set_standing(staff, 99, Standing.CLOSED, by=mine)
        assert str(hidden.value).replace(str(stranger), "99") == str(missing.value)


def test_nobody_changes_the_own_roles_or_standing(staff: Staff) -> None:
    manager = staff.manager()
    with pytest.raises(NotAllowed, match="nobody changes the own"):
        set_roles(staff, manager, Role.AGENCY_MANAGER, Role.APPROVER, by=manager)
    with pytest.raises(NotAllowed, match="nobody changes the own"):
        set_standing(staff, manager, Standing.ACTIVE, by=manager)


def test_roles_change_at_once_and_are_noted(staff: Staff) -> None:
    manager = staff.manager()
    uyun = staff.hire("uyun", Role.PREPARER, by=manager)
    token = staff.sign_in("uyun").token
    set_roles(staff, uyun, Role.AUDITOR, by=manager)
    signed_in = staff.resume(token)
    signed_in.require(Role.AUDITOR, Role.APPROVER)
    with pytest.raises(NotAllowed, match="uyun is Auditor; wanted Preparer or Approver"):
        signed_in.require(Role.PREPARER, Role.APPROVER)
    assert staff.actions()[-1] == "manager: roles changed (PREPARER → AUDITOR)"


@pytest.mark.parametrize(
    ("login", "name", "roles", "agency", "said"),
    [
        ("名", "n", [Role.AGENCY_MANAGER], AGENCY, "login name"),
        ("../up", "n", [Role.AGENCY_MANAGER], AGENCY, "login name"),
        ("a" * 41, "n", [Role.AGENCY_MANAGER], AGENCY, "login name"),
        ("uyun", " ", [Role.AGENCY_MANAGER], AGENCY, "name: got 0"),
        ("uyun", "n", [], AGENCY, "got none"),
        ("uyun", "n", [Role.AUDITOR, Role.AGENCY_MANAGER], AGENCY, "only reads"),
        ("uyun", "n", [Role.COUNCIL_MEMBER], AGENCY, "an agency does not have"),
        ("uyun", "n", [Role.AGENCY_MANAGER], accounts.COUNCIL, "the council does not have"),
    ],
)
def test_invitation_in_no_right_form_is_refused(
    staff: Staff, *, login: str, name: str, roles: list[Role], agency: int, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        accounts.invite(
            staff.store,
            staff.keystore,
            by=None,
            agency=agency,
            login=login,
            display_name=name,
            roles=roles,
            occasion=staff.occasion,
            entropy=entropy,
        )


def test_login_name_is_given_once(staff: Staff) -> None:
    staff.manager()
    with pytest.raises(InvalidInput, match="which somebody has"):
        staff.invite("MANAGER", Role.AGENCY_MANAGER, agency=OTHER)


# Passwords.


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "got 11 characters, wanted at least 12"),
        ("x" * 257, "at most 256"),
        ("password1234", "tried first"),
        ("PassWord1234", "tried first"),
        ("１２３４５６７８９０１２", "tried first"),
        ("correct horse battery staple", "tried first"),
        ("hohhot-preparer", "login name"),
        ("Hohhot-Preparer2026", "login name"),
    ],
)
def test_password_that_is_guessed_soon_is_refused(password: str, said: str) -> None:
    with pytest.raises(PasswordRefused, match=said) as refused:
        passwords.require_acceptable(password, login="hohhot-preparer")
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", ["春眠不觉晓处处闻啼鸟夜来", "only lower case letters", "aaaaaaaaaaab", "x" * 256])
def test_password_needs_no_special_characters(password: str) -> None:
    passwords.require_acceptable(password, login="hohhot-preparer")


def test_invitation_with_a_bad_password_still_counts(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    with pytest.raises(PasswordRefused):
        staff.accept(invited, "manager-manager")
    staff.accept(invited)


def test_password_typed_on_another_keyboard_is_the_same(staff: Staff) -> None:
    staff.accept(staff.invite("manager", Role.AGENCY_MANAGER), "Ａｌｔａｎ café 2026")
    staff.sign_in("manager", "Altan café 2026")


def test_password_of_half_a_character_is_no_accident(staff: Staff) -> None:
    staff.preparer()
    with pytest.raises(SignInRefused):
        staff.sign_in("uyun", "\ud800" * 12)


def test_changed_password_counts_and_signs_out_everywhere_else(staff: Staff) -> None:
    staff.preparer()
    here, there = staff.sign_in("uyun").token, staff.sign_in("uyun").token
    address = officer(staff, here).signer.address
    staff.change_password(here, GOOD, BETTER)
    assert officer(staff, here).signer.address == address
    with pytest.raises(SessionOver):
        staff.resume(there)
    with pytest.raises(SignInRefused):
        staff.sign_in("uyun", GOOD)
    assert officer(staff, staff.sign_in("uyun", BETTER).token).signer.address == address


def test_password_changes_only_with_the_old_one(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    with pytest.raises(SignInRefused, match="old password"):
        staff.change_password(token, BETTER, "some other words here")
    with pytest.raises(PasswordRefused):
        staff.change_password(token, GOOD, "short")
    with pytest.raises(NotReady, match="is the old one"):
        staff.change_password(token, GOOD, GOOD)
    assert staff.actions()[-2:] == ["uyun: signed in", "uyun: password not changed"]
    staff.sign_in("uyun")


def test_of_two_changes_of_a_password_at_once_one_wins(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    staff.preparer()
    token, hashing = staff.sign_in("uyun").token, staff.passwords.hash

    def slowly(password: str) -> str:
        monkeypatch.undo()
        staff.change_password(token, GOOD, BETTER)
        return hashing(password)

    monkeypatch.setattr(staff.passwords, "hash", slowly)
    with pytest.raises(NotReady, match="changed elsewhere"):
        staff.change_password(token, GOOD, "some other words here")
    assert officer(staff, staff.sign_in("uyun", BETTER).token).agency == AGENCY


def test_password_change_that_is_not_stored_leaves_the_old_one(staff: Staff) -> None:
    """Hash and key change together: a row that fails to be written changes neither."""
    staff.preparer()
    token = staff.sign_in("uyun").token
    connection = sqlite3.connect(staff.folder / "issuer.db", isolation_level=None)
    connection.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON audit_log WHEN NEW.what = 'password changed' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(IntegrityError, match="disk full"):
        staff.change_password(token, GOOD, BETTER)
    connection.execute("DROP TRIGGER broken")
    connection.close()
    assert officer(staff, staff.sign_in("uyun", GOOD).token).agency == AGENCY


# The officer's own key.


def test_password_opens_the_persons_own_key_and_signs(staff: Staff) -> None:
    uyun = staff.preparer()
    opened = officer(staff, staff.sign_in("uyun").token)
    assert (opened.name, opened.agency) == ("uyun", AGENCY)
    assert opened.signer.address == staff.person(uyun).key_address
    assert len(opened.signer.sign_digest(DIGEST)) == 65


def test_neither_the_folders_password_nor_another_officers_opens_it(staff: Staff) -> None:
    uyun = staff.preparer()
    other = staff.person(staff.hire("altan", Role.APPROVER, by=1))
    with pytest.raises(Locked, match="wrong password"):
        staff.keystore.officer("uyun")
    person = staff.person(uyun)
    with pytest.raises(Locked):
        own_keys.unwrap(person, passwords=staff.passwords, password=BETTER)
    # Another officer's wrapped secret, put into this one's row by somebody with the database, does not decrypt there.
    moved = Person(**{**person.model_dump(), "key_derivation": other.key_derivation, "key_secret": other.key_secret})
    with pytest.raises(Locked, match="does not open it"):
        own_keys.unwrap(moved, passwords=staff.passwords, password=GOOD)


def test_stored_hash_is_not_the_key(staff: Staff) -> None:
    person = staff.person(staff.preparer())
    assert person.password_hash is not None
    assert person.key_derivation is not None
    assert person.password_hash.startswith("$argon2id$")
    assert person.key_derivation.startswith("argon2id,")
    with pytest.raises(Locked, match="wanted argon2id,MEMORY"):
        staff.passwords.key(GOOD, "scrypt,1,2,3")


def test_key_that_is_here_is_handed_over_on_the_command_line(staff: Staff) -> None:
    account = staff.keystore.new_officer("hohhot-manager", agency=AGENCY)
    manager = staff.accept(staff.invite("suren", Role.AGENCY_MANAGER, key="hohhot-manager"))
    assert manager.key_address == account.address
    assert officer_of(staff, "suren", GOOD).signer.address == account.address
    with pytest.raises(Locked):
        staff.keystore.officer("hohhot-manager")
    with pytest.raises(Locked, match="stays as it is"):
        staff.keystore.hand_over("hohhot-manager", password="guess")  # noqa: S106 — it is wrong on purpose


def test_manager_cannot_take_over_a_key_that_is_here(staff: Staff) -> None:
    manager = staff.manager()
    staff.keystore.new_officer("robot", agency=AGENCY)
    with pytest.raises(NotAllowed, match="on the command line only"):
        staff.invite("friend", Role.APPROVER, by=manager, key="robot")
    # Nor by a login name that is a key's.
    assert staff.person(staff.hire("robot", Role.PREPARER, by=manager)).key_name == "robot-2"
    staff.keystore.officer("robot")


def test_key_of_another_agency_or_person_is_not_handed_over(staff: Staff) -> None:
    staff.keystore.new_officer("theirs", agency=OTHER)
    staff.keystore.new_officer("mine", agency=AGENCY)
    with pytest.raises(NotAllowed, match="wanted a free one"):
        staff.invite("suren", Role.AGENCY_MANAGER, key="theirs")
    invited = staff.invite("suren", Role.AGENCY_MANAGER, key="mine")
    with pytest.raises(NotAllowed, match="wanted a free one"):
        staff.invite("other", Role.AGENCY_MANAGER, key="mine")
    staff.accept(invited)


def test_key_for_automation_stays_open_to_the_folders_password(staff: Staff) -> None:
    staff.keystore.new_officer("demo", agency=AGENCY)
    invited = accounts.invite(
        staff.store,
        staff.keystore,
        by=None,
        agency=AGENCY,
        login="demo",
        display_name="演示",
        roles=[Role.AGENCY_MANAGER],
        occasion=staff.occasion,
        entropy=entropy,
        key="demo",
        key_shared=True,
    )
    staff.accept(invited)
    assert officer_of(staff, "demo", GOOD).signer.address == staff.keystore.officer("demo").signer.address
    assert staff.keystore.officer("demo", password=PASSWORD).agency == AGENCY


def test_key_whose_making_was_interrupted_is_made_at_the_next_opening(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.keystore.new_officer("hohhot-manager", agency=AGENCY)
    invited = staff.invite("suren", Role.AGENCY_MANAGER, key="hohhot-manager")

    def killed(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(own_keys, "settle", killed)
    with pytest.raises(KeyboardInterrupt):
        staff.accept(invited)
    monkeypatch.undo()
    assert staff.person(invited.person_id).key_address is None
    address = officer_of(staff, "suren", GOOD).signer.address
    assert staff.person(invited.person_id).key_address == address


def test_key_file_put_in_the_place_of_a_persons_is_refused(staff: Staff) -> None:
    uyun = staff.preparer()
    person = staff.person(uyun)
    secret = own_keys.unwrap(person, passwords=staff.passwords, password=GOOD)
    assert secret is not None
    (staff.folder / "keys" / "officers" / "uyun.json").unlink()
    with pytest.raises(NotFound):
        own_keys.opened(staff.store, staff.keystore, person, secret)
    staff.keystore.new_officer("uyun", agency=AGENCY, password=secret.decode())
    with pytest.raises(Locked, match="wanted 0x"):
        own_keys.opened(staff.store, staff.keystore, person, secret)


# Lost, locked, closed.


def test_person_who_forgot_the_password_starts_anew_with_a_new_key(staff: Staff) -> None:
    manager = staff.manager()
    uyun = staff.hire("uyun", Role.APPROVER, by=manager)
    staff.add_app(uyun)
    before = staff.person(uyun)
    token = staff.sign_in("uyun").token
    invited = invite_again(staff, uyun, by=manager)
    with pytest.raises(SessionOver):
        staff.resume(token)
    with pytest.raises(SignInRefused):
        staff.sign_in("uyun")
    after = staff.accept(invited, BETTER)
    assert (before.key_name, after.key_name) == ("uyun", "uyun-2")
    assert before.key_address != after.key_address
    step = staff.sign_in("uyun", BETTER)
    assert step.complete
    with pytest.raises(SecondFactorWanted):
        officer(staff, step.token)


def test_command_line_helps_an_agency_whose_only_manager_is_helpless(staff: Staff) -> None:
    manager = staff.manager()
    staff.accept(invite_again(staff, manager), BETTER)
    staff.add_app(manager)
    second = staff.hire("second", Role.AGENCY_MANAGER, by=manager)
    with pytest.raises(NotAllowed, match="has a manager"):
        invite_again(staff, manager)
    staff.add_app(second)
    invite_again(staff, manager, by=second)


def test_locked_person_is_out_until_a_manager_lifts_it(staff: Staff) -> None:
    manager = staff.manager()
    uyun = staff.hire("uyun", Role.PREPARER, by=manager)
    token = staff.sign_in("uyun").token
    set_standing(staff, uyun, Standing.LOCKED, by=manager)
    with pytest.raises(SessionOver):
        staff.resume(token)
    with pytest.raises(SignInRefused) as locked:
        staff.sign_in("uyun")
    with pytest.raises(SignInRefused) as unknown:
        staff.sign_in("nobody-has-it")
    assert str(locked.value) == str(unknown.value)
    set_standing(staff, uyun, Standing.ACTIVE, by=manager)
    with pytest.raises(SessionOver):
        staff.resume(token)
    officer(staff, staff.sign_in("uyun").token)


def test_closed_account_stays_closed_and_its_key_cannot_be_opened(staff: Staff) -> None:
    manager = staff.manager()
    uyun = staff.hire("uyun", Role.PREPARER, by=manager)
    set_standing(staff, uyun, Standing.CLOSED, by=manager)
    assert staff.person(uyun).key_secret is None
    with pytest.raises(SignInRefused):
        staff.sign_in("uyun")
    for change in (
        lambda: set_standing(staff, uyun, Standing.ACTIVE, by=manager),
        lambda: set_roles(staff, uyun, Role.APPROVER, by=manager),
        lambda: invite_again(staff, uyun, by=manager),
    ):
        with pytest.raises(NotReady, match="closed for good"):
            change()


def test_account_that_was_not_accepted_can_only_be_closed(staff: Staff) -> None:
    manager = staff.manager()
    invited = staff.invite("uyun", Role.PREPARER, by=manager)
    for standing in (Standing.ACTIVE, Standing.LOCKED):
        with pytest.raises(NotReady, match="not accepted"):
            set_standing(staff, invited.person_id, standing, by=manager)
    with pytest.raises(InvalidInput, match="only an invitation"):
        set_standing(staff, invited.person_id, Standing.INVITED, by=manager)
    set_standing(staff, invited.person_id, Standing.CLOSED, by=manager)
    with pytest.raises(SignInRefused):
        staff.accept(invited)


def test_invitation_that_outlived_its_account_does_not_count(staff: Staff) -> None:
    invited = staff.invite("manager", Role.AGENCY_MANAGER)
    with staff.store.writing() as work:
        account_rows.person(work, invited.person_id).standing = Standing.CLOSED
    with pytest.raises(SignInRefused, match="does not count"):
        staff.accept(invited)


@pytest.mark.parametrize("person_id", [0, -1, 99, 2**70])
def test_person_who_is_not_here_is_not_found(staff: Staff, person_id: int) -> None:
    with pytest.raises(NotFound, match="person: got"):
        staff.person(person_id)


def test_council_member_has_no_key_here(staff: Staff) -> None:
    member = staff.hire("member", Role.COUNCIL_MEMBER, agency=accounts.COUNCIL)
    token = staff.sign_in("member").token
    staff.change_password(token, GOOD, BETTER)
    sign_in.confirm_password(
        staff.store, staff.passwords, token=token, password=BETTER, occasion=staff.occasion, entropy=entropy
    )
    staff.accept(invite_again(staff, member))
    with pytest.raises(NotAllowed, match="no signing key"):
        own_keys.key_name(staff.person(member))


def test_people_are_listed_by_agency(staff: Staff) -> None:
    staff.preparer()
    staff.manager("stranger", agency=OTHER)
    with staff.store.reading() as work:
        assert [each.login for each in account_rows.people(work, AGENCY)] == ["manager", "uyun"]
        assert len(account_rows.people(work)) == 3
