"""Signing in and staying signed in, and what attackers try."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain import base64url
from issuer.errors import FreshSignInWanted, Locked, NotAllowed, SessionOver, SignInRefused, TooManyAttempts
from issuer.people import accounts, attempts, sessions, sign_in
from issuer.people.passwords import STRONG, Passwords
from issuer.tables import account_rows
from issuer.tables.account_models import Role, Standing
from tests.issuer.staff import BETTER, GOOD, OTHER, entropy
from tests.issuer.tampering import everything

if TYPE_CHECKING:
    from issuer.keys import Officer
    from tests.issuer.staff import Staff


def officer(staff: Staff, token: str) -> Officer:
    return sign_in.officer(staff.store, staff.keystore, token=token, occasion=staff.occasion)


pytestmark = pytest.mark.databases


def sign_out(staff: Staff, token: str, *, everywhere: bool = False) -> None:
    sign_in.out(staff.store, token=token, occasion=staff.occasion, everywhere=everywhere)


def confirm(staff: Staff, token: str, password: str = GOOD) -> None:
    sign_in.confirm_password(
        staff.store, staff.passwords, token=token, password=password, occasion=staff.occasion, entropy=entropy
    )


def fail(staff: Staff, login: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            staff.sign_in(login, BETTER)


# Sessions.


def test_session_says_who_is_asking(staff: Staff) -> None:
    staff.preparer()
    signed_in = staff.resume(staff.sign_in("uyun").token)
    assert (signed_in.login, signed_in.display_name, signed_in.agency) == ("uyun", "Uyun", 3)
    assert (signed_in.roles, signed_in.complete) == ({Role.PREPARER}, True)


def test_database_holds_no_token(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    held = everything(staff.store)
    assert token.encode() not in held
    assert base64url.decode(token) not in held
    assert sessions.digest(token) in held


@pytest.mark.parametrize("token", ["", "A", "A" * 43, "!", "A" * 5000, "é"])
def test_guessed_token_is_nobody(staff: Staff, token: str) -> None:
    staff.preparer()
    staff.sign_in("uyun")
    with pytest.raises(SessionOver):
        staff.resume(token)


def test_digest_from_the_database_is_no_token(staff: Staff) -> None:
    staff.preparer()
    digest = sessions.digest(staff.sign_in("uyun").token)
    with pytest.raises(SessionOver):
        staff.resume(base64url.encode(digest))
    with pytest.raises(SessionOver):
        sessions.digest("!")


def test_stolen_token_does_not_count_after_sign_out(staff: Staff) -> None:
    staff.preparer()
    token, other = staff.sign_in("uyun").token, staff.sign_in("uyun").token
    sign_out(staff, token)
    for use in (staff.resume, lambda token: officer(staff, token), lambda token: sign_out(staff, token)):
        with pytest.raises(SessionOver):
            use(token)
    assert staff.resume(other)
    assert staff.actions()[-1] == "uyun: signed out"


def test_sign_out_everywhere_ends_every_session_of_that_person_only(staff: Staff) -> None:
    staff.preparer()
    managers = staff.sign_in("manager").token
    tokens = [staff.sign_in("uyun").token for _ in range(3)]
    sign_out(staff, tokens[1], everywhere=True)
    for token in tokens:
        with pytest.raises(SessionOver):
            staff.resume(token)
    assert staff.resume(managers)
    assert staff.actions()[-1] == "uyun: signed out everywhere"


def test_idle_session_ends(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    for _ in range(4):
        staff.wait(minutes=29)
        staff.resume(token)
    staff.wait(minutes=30)
    with pytest.raises(SessionOver, match="too long ago"):
        staff.resume(token)


def test_session_ends_after_a_day_however_busy(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    for _ in range(47):
        staff.wait(minutes=15)
        staff.resume(token)
    staff.wait(minutes=15)
    with pytest.raises(SessionOver):
        staff.resume(token)


def test_showing_the_second_factor_again_does_not_prolong_the_day(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    token = staff.show_code(staff.sign_in("uyun").token, app.at(staff.now)).token
    for _ in range(47):
        staff.wait(minutes=15)
        token = staff.show_code(token, app.at(staff.now)).token
    staff.wait(minutes=15)
    with pytest.raises(SessionOver):
        staff.resume(token)


def test_session_that_waits_for_the_second_factor_is_good_for_nothing_else(staff: Staff) -> None:
    staff.add_app(staff.preparer())
    token = staff.sign_in("uyun").token
    assert not staff.resume(token).complete
    with pytest.raises(SessionOver):
        sessions.require_complete(staff.store, token, staff.occasion)
    with pytest.raises(SessionOver):
        staff.change_password(token, GOOD, BETTER)
    with pytest.raises(SessionOver):
        officer(staff, token)
    # Nor does the password again stand in for the factor.
    confirm(staff, token)
    assert not staff.resume(token).complete
    assert staff.resume(token).fresh_until is None
    staff.wait(minutes=10)
    with pytest.raises(SessionOver):
        staff.resume(token)


def test_each_step_gives_a_new_token(staff: Staff) -> None:
    """Whoever planted or saw the first one has nothing of the second."""
    app = staff.add_app(staff.preparer())
    before = staff.sign_in("uyun").token
    after = staff.show_code(before, app.at(staff.now)).token
    with pytest.raises(SessionOver):
        staff.resume(before)
    assert staff.resume(after).complete


def test_sessions_that_are_over_are_swept(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.sign_in("uyun")
    staff.wait(minutes=20)
    kept = staff.sign_in("uyun").token
    staff.wait(minutes=11)
    with staff.store.writing() as work:
        sessions.sweep(work, staff.now)
        assert [each.token_digest for each in account_rows.sessions(work, uyun)] == [sessions.digest(kept)]
        sessions.end(work, b"gone already")


def test_session_of_an_account_that_is_not_what_it_was_does_not_count(staff: Staff) -> None:
    """Changes of standing end the sessions; this holds even for a change that somebody makes in the database."""
    uyun = staff.preparer()
    token = staff.sign_in("uyun").token
    with staff.store.writing() as work:
        account_rows.person(work, uyun).agency = OTHER
    with pytest.raises(SessionOver, match="not active"):
        staff.resume(token)


# Forms of other sites.


def test_form_of_another_session_is_refused(staff: Staff) -> None:
    staff.preparer()
    mine, other = (staff.resume(staff.sign_in("uyun").token) for _ in range(2))
    mine.require_csrf(mine.csrf)
    for presented in (other.csrf, "", "é", "\ud800", mine.csrf[:-1]):
        with pytest.raises(NotAllowed, match="not made for this session"):
            mine.require_csrf(presented)


# Fresh.


def test_approving_wants_a_fresh_sign_in(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    staff.wait(minutes=4, seconds=59)
    officer(staff, token)
    staff.wait(seconds=1)
    with pytest.raises(FreshSignInWanted, match="within 5 minutes"):
        officer(staff, token)
    confirm(staff, token)
    assert officer(staff, token).name == "uyun"


def test_wrong_password_makes_nothing_fresh(staff: Staff) -> None:
    staff.preparer()
    token = staff.sign_in("uyun").token
    staff.wait(minutes=6)
    with pytest.raises(SignInRefused):
        confirm(staff, token, BETTER)
    with pytest.raises(FreshSignInWanted):
        officer(staff, token)
    for _ in range(4):
        with pytest.raises(SignInRefused):
            confirm(staff, token, BETTER)
    with pytest.raises(TooManyAttempts):
        confirm(staff, token)


def test_who_has_a_second_factor_shows_that_one_again(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    token = staff.show_code(staff.sign_in("uyun").token, app.at(staff.now)).token
    staff.wait(minutes=6)
    confirm(staff, token)
    with pytest.raises(FreshSignInWanted):
        officer(staff, token)
    token = staff.show_code(token, app.at(staff.now)).token
    assert officer(staff, token).name == "uyun"
    assert staff.actions()[-1] == "uyun: shown again who it is (with app)"


def test_identity_provider_signs_in_but_does_not_open_the_key(staff: Staff) -> None:
    staff.preparer()
    step = sign_in.by_identity_provider(staff.store, login="uyun", occasion=staff.occasion, entropy=entropy)
    assert step.complete
    with pytest.raises(FreshSignInWanted, match="has not typed the password"):
        officer(staff, step.token)
    confirm(staff, step.token)
    assert officer(staff, step.token).name == "uyun"


def test_identity_provider_names_nobody_new(staff: Staff) -> None:
    uyun = staff.preparer()
    accounts.set_standing(staff.store, by=1, person_id=uyun, standing=Standing.LOCKED, occasion=staff.occasion)
    for login in ("uyun", "stranger"):
        with pytest.raises(SignInRefused):
            sign_in.by_identity_provider(staff.store, login=login, occasion=staff.occasion, entropy=entropy)
    assert staff.actions()[-1] == "nobody: sign-in failed (identity provider)"


def test_sealed_key_does_not_open_without_the_token(staff: Staff) -> None:
    """Whoever has the whole database, the key file and the folder's password still lacks the cookie."""
    uyun = staff.preparer()
    mine, other = staff.sign_in("uyun").token, staff.sign_in("manager").token
    with staff.store.writing() as work:
        row, _ = sessions.find(work, mine, staff.now)
        others, _ = sessions.find(work, other, staff.now)
        assert row.sealed_secret is not None
        opened = sessions.secret(work, mine, staff.now)
        assert opened is not None
        assert opened not in row.sealed_secret
        others.person_id, others.sealed_secret = uyun, row.sealed_secret
        others.complete, others.fresh_at = True, staff.now
    with pytest.raises(Locked, match="does not open it"):
        officer(staff, other)


# Guessing.


def test_unknown_name_takes_as_many_hashes_as_a_wrong_password(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.invite("invited", Role.PREPARER, by=1)
    locked = staff.hire("locked", Role.PREPARER, by=1)
    accounts.set_standing(staff.store, by=1, person_id=locked, standing=Standing.LOCKED, occasion=staff.occasion)
    taken, said = set(), set()
    for login in ("uyun", "nobody-has-it", "invited", "locked", "é", "", "\ud800"):
        before = staff.passwords.checks
        with pytest.raises(SignInRefused) as refused:
            staff.sign_in(login, BETTER)
        taken.add(staff.passwords.checks - before)
        said.add(str(refused.value))
    assert taken == {1}
    assert len(said) == 1
    assert staff.person(uyun).login == "uyun"


def test_decoy_costs_what_a_real_hash_costs() -> None:
    hashing = Passwords(entropy, cost=STRONG)
    held = hashing.hash(GOOD)
    assert held.split("$")[:4] == hashing._decoy.split("$")[:4] == ["", "argon2id", "v=19", "m=65536,t=3,p=4"]  # noqa: SLF001 — there is no other way to see it
    assert hashing.verify(GOOD, held)
    assert not hashing.verify(GOOD, None)
    assert not hashing.verify(GOOD + "x" * 5000, held)


def test_hash_of_another_cost_is_renewed_at_sign_in(staff: Staff) -> None:
    uyun = staff.preparer()
    before = staff.person(uyun).password_hash
    staff.passwords._hasher = Passwords(entropy, cost=STRONG)._hasher  # noqa: SLF001 — as after an upgrade
    staff.sign_in("uyun")
    after = staff.person(uyun).password_hash
    assert before is not None
    assert after is not None
    assert ("m=8," in before, "m=65536," in after) == (True, True)
    assert officer(staff, staff.sign_in("uyun").token).name == "uyun"


@pytest.mark.parametrize("login", ["uyun", "nobody-has-it"])
def test_after_five_failures_the_name_waits_whether_anybody_has_it(staff: Staff, login: str) -> None:
    staff.preparer()
    fail(staff, login, 5)
    before = staff.passwords.checks
    with pytest.raises(TooManyAttempts) as waiting:
        staff.sign_in(login, GOOD)
    assert waiting.value.until == staff.now + timedelta(seconds=30)
    assert login not in str(waiting.value)
    assert staff.passwords.checks == before
    assert staff.actions()[-1].endswith(
        f"(password; the next attempt counts from {waiting.value.until.isoformat(timespec='seconds')})"
    )


def test_delays_grow_and_end(staff: Staff) -> None:
    staff.preparer()
    fail(staff, "uyun", 5)
    waited = []
    for _ in range(9):
        with pytest.raises(TooManyAttempts) as waiting:
            staff.sign_in("uyun")
        waited.append((waiting.value.until - staff.now).total_seconds())
        staff.now = waiting.value.until
        fail(staff, "uyun")
    assert waited == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    staff.wait(hours=1)
    staff.sign_in("uyun")
    fail(staff, "uyun", 5)


def test_locked_out_name_locks_out_no_other(staff: Staff) -> None:
    staff.preparer()
    fail(staff, "uyun", 5)
    staff.sign_in("manager")


def test_guessing_many_names_from_one_place_is_slowed_down(staff: Staff) -> None:
    staff.preparer()
    for number in range(50):
        fail(staff, f"name{number}")
    with pytest.raises(TooManyAttempts):
        staff.sign_in("uyun")
    staff.source = "10.9.9.9"
    staff.sign_in("uyun")


def test_own_account_does_not_excuse_guessing_at_others(staff: Staff) -> None:
    staff.preparer()
    for number in range(50):
        fail(staff, f"name{number}")
        if number % 10 == 5:
            staff.sign_in("uyun")
    with pytest.raises(TooManyAttempts):
        staff.sign_in("uyun")


def test_place_is_a_whole_network_of_version_6() -> None:
    def same(one: str, other: str) -> bool:
        return attempts.by_source(one).digest == attempts.by_source(other).digest

    assert same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    assert not same("2001:db8:1:2::1", "2001:db8:1:3::1")
    assert not same("10.0.0.1", "10.0.0.2")
    assert same("command line", "command line")


def test_a_hundred_guesses_at_once_do_not_slip_through(staff: Staff) -> None:
    """An attempt counts before its hash is computed, so those that overlap are counted, too."""
    staff.preparer()
    made = []
    for _ in range(100):
        try:
            with staff.store.writing() as work:
                attempts.count(work, attempts.by_name("uyun"), now=staff.now)
        except TooManyAttempts:
            continue
        made.append("hash")
    assert len(made) == 5


def test_failures_are_forgotten_after_a_day(staff: Staff) -> None:
    staff.preparer()
    fail(staff, "uyun", 5)
    staff.wait(hours=24, seconds=1)
    fail(staff, "uyun", 5)
    staff.wait(hours=25)
    with staff.store.writing() as work:
        attempts.sweep(work, staff.now)
        assert account_rows.failed_attempts(work, attempts.by_name("uyun").digest) is None
        attempts.not_failed(work, attempts.by_name("uyun"))


def test_manager_who_lets_somebody_in_again_ends_the_delay(staff: Staff) -> None:
    uyun = staff.preparer()
    fail(staff, "uyun", 5)
    accounts.set_standing(staff.store, by=1, person_id=uyun, standing=Standing.ACTIVE, occasion=staff.occasion)
    staff.sign_in("uyun")


def test_password_changed_while_it_is_being_checked_does_not_let_the_old_one_in(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.preparer()
    token, verify = staff.sign_in("uyun").token, staff.passwords.verify

    def slowly(password: str, held: str | None) -> bool:
        fits = verify(password, held)
        monkeypatch.undo()
        staff.change_password(token, GOOD, BETTER)
        return fits

    monkeypatch.setattr(staff.passwords, "verify", slowly)
    with pytest.raises(SignInRefused):
        staff.sign_in("uyun", GOOD)
    staff.sign_in("uyun", BETTER)


def test_password_changed_while_it_is_being_confirmed_makes_nothing_fresh(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff.preparer()
    token, verify = staff.sign_in("uyun").token, staff.passwords.verify

    def slowly(password: str, held: str | None) -> bool:
        monkeypatch.undo()
        staff.change_password(token, GOOD, BETTER)
        return verify(password, held)

    monkeypatch.setattr(staff.passwords, "verify", slowly)
    with pytest.raises(SignInRefused):
        confirm(staff, token)


# The log.


def test_every_attempt_is_in_the_log_and_no_password_is(staff: Staff) -> None:
    staff.preparer()
    fail(staff, GOOD)
    fail(staff, "uyun")
    staff.sign_in("uyun")
    assert staff.actions()[-3:] == [
        "nobody: sign-in failed (password)",
        "nobody: sign-in failed (password)",
        "uyun: signed in",
    ]
    with staff.store.reading() as work:
        unknown, known, good = account_rows.newest_lines(work, most=3)[::-1]
        assert [each.subject for each in (unknown, known, good)] == ["nobody", "uyun", "uyun"]
        assert {each.source for each in (unknown, known, good)} == {"10.1.2.3"}
    held = everything(staff.store)
    assert GOOD.encode() not in held
    assert BETTER.encode() not in held
