"""What somebody shows besides the password: each code once, each passkey's answer once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chain import base64url
from issuer.errors import Locked, NotFound, NotReady, SecondFactorWanted, SessionOver, SignInRefused, TooManyAttempts
from issuer.people import passkeys, second_factors, sign_in
from issuer.tables import account_rows
from issuer.tables.account_models import Role, Totp
from issuer.vault import new_key
from tests.issuer.authenticator import Authenticator
from tests.issuer.staff import PARTY, entropy

if TYPE_CHECKING:
    from issuer.people.sign_in import Step
    from tests.issuer.staff import Staff


def recovery_codes(staff: Staff, person_id: int) -> tuple[str, ...]:
    with staff.store.writing() as work:
        person = account_rows.person(work, person_id)
        return second_factors.new_recovery_codes(work, person, occasion=staff.occasion, entropy=entropy)


def asked_to_register(staff: Staff, person_id: int) -> str:
    with staff.store.writing() as work:
        person = account_rows.person(work, person_id)
        return passkeys.registration_options(work, person, PARTY, now=staff.now, entropy=entropy)


def asked_to_show(staff: Staff, person_id: int) -> str:
    with staff.store.writing() as work:
        person = account_rows.person(work, person_id)
        return passkeys.authentication_options(work, person, PARTY, now=staff.now, entropy=entropy)


def register(staff: Staff, person_id: int, answer: str, name: str = "phone") -> None:
    passkeys.register(staff.store, person_id, PARTY, answer, name=name, occasion=staff.occasion)


def add_passkey(staff: Staff, person_id: int, device: Authenticator | None = None) -> Authenticator:
    device = device or Authenticator()
    register(staff, person_id, device.create(asked_to_register(staff, person_id)))
    return device


def show(staff: Staff, token: str, answer: str) -> Step:
    return sign_in.with_passkey(
        staff.store, party=PARTY, token=token, response=answer, occasion=staff.occasion, entropy=entropy
    )


def show_device(staff: Staff, token: str, device: Authenticator) -> Step:
    return show(staff, token, device.get(asked_to_show(staff, staff.resume(token).person_id)))


# Authenticator apps.


def test_code_of_the_app_completes_the_sign_in(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    step = staff.sign_in("uyun")
    assert (step.complete, step.app, step.passkey) == (False, True, False)
    done = staff.show_code(step.token, app.at(staff.now))
    assert staff.resume(done.token).complete
    assert staff.actions()[-2:] == ["uyun: password accepted", "uyun: signed in (with app)"]


def test_code_counts_once(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    code = app.at(staff.now)
    staff.show_code(staff.sign_in("uyun").token, code)
    for seconds in (0, 20, 20):
        staff.wait(seconds=seconds)
        with pytest.raises(SignInRefused):
            staff.show_code(staff.sign_in("uyun").token, code)


def test_older_code_does_not_count_after_a_newer_one(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    older = app.at(staff.now)
    staff.wait(seconds=30)
    staff.show_code(staff.sign_in("uyun").token, app.at(staff.now))
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, older)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_clock_may_be_off_by_one_step(staff: Staff, steps: int) -> None:
    app = staff.add_app(staff.preparer())
    staff.wait(minutes=5)
    staff.show_code(staff.sign_in("uyun").token, app.at(staff.now, counter_offset=steps))


@pytest.mark.parametrize("steps", [-2, 2])
def test_clock_that_is_off_by_two_steps_is_refused(staff: Staff, steps: int) -> None:
    app = staff.add_app(staff.preparer())
    staff.wait(minutes=5)
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, app.at(staff.now, counter_offset=steps))


def test_code_may_be_typed_in_groups(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    code = app.at(staff.now)
    staff.show_code(staff.sign_in("uyun").token, f" {code[:3]} {code[3:]} ")


def test_app_counts_only_after_its_first_code(staff: Staff) -> None:
    uyun = staff.preparer()
    with staff.store.writing() as work:
        person = account_rows.person(work, uyun)
        second_factors.begin_app(work, person, key=staff.key, now=staff.now, entropy=entropy)
        # Somebody who closed the page before the code was typed begins again.
        second_factors.begin_app(work, person, key=staff.key, now=staff.now, entropy=entropy)
        assert not second_factors.has_one(work, person)
        with pytest.raises(SignInRefused):
            second_factors.confirm_app(work, person, "000000", key=staff.key, occasion=staff.occasion)
        with pytest.raises(SignInRefused):
            second_factors.check_code(work, person, "000000", key=staff.key, now=staff.now)
    assert staff.sign_in("uyun").complete


def test_there_is_one_app_at_a_time(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.add_app(uyun)
    with staff.store.writing() as work:
        person = account_rows.person(work, uyun)
        with pytest.raises(NotReady, match="take it out"):
            second_factors.begin_app(work, person, key=staff.key, now=staff.now, entropy=entropy)
        with pytest.raises(NotReady, match="no authenticator app that waits"):
            second_factors.confirm_app(work, person, "000000", key=staff.key, occasion=staff.occasion)
        second_factors.remove_app(work, person, occasion=staff.occasion)
        second_factors.remove_app(work, person, occasion=staff.occasion)
        second_factors.begin_app(work, person, key=staff.key, now=staff.now, entropy=entropy)


def test_secret_of_the_app_is_encrypted_and_bound_to_its_person(staff: Staff) -> None:
    uyun = staff.preparer()
    app = staff.add_app(uyun)
    with staff.store.reading() as work:
        mine, managers = account_rows.totp(work, uyun), account_rows.totp(work, 1)
        person = account_rows.person(work, uyun)
        assert mine is not None
        assert managers is not None
        assert app.byte_secret() not in mine.secret
        with pytest.raises(Locked):
            second_factors.check_code(work, person, "123456", key=new_key(entropy), now=staff.now)
        mine.secret = managers.secret
        with pytest.raises(Locked):
            second_factors.check_code(work, person, "123456", key=staff.key, now=staff.now)


def test_guessing_codes_is_slowed_down_and_the_password_pays_for_no_more(staff: Staff) -> None:
    app = staff.add_app(staff.preparer())
    wrong = "000000" if app.at(staff.now) != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(SignInRefused):
            staff.show_code(staff.sign_in("uyun").token, wrong)
        staff.wait(minutes=20)
    staff.wait(hours=-1)
    with pytest.raises(TooManyAttempts):
        staff.show_code(staff.sign_in("uyun").token, app.at(staff.now))


# Recovery codes.


def test_recovery_code_stands_in_once(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.add_app(uyun)
    codes = recovery_codes(staff, uyun)
    assert len(set(codes)) == 10
    assert staff.resume(staff.show_code(staff.sign_in("uyun").token, codes[3].upper()).token).complete
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, codes[3])
    staff.show_code(staff.sign_in("uyun").token, codes[4].replace("-", " "))
    with staff.store.reading() as work:
        assert second_factors.recovery_codes_left(work, account_rows.person(work, uyun)) == 8
    assert "uyun: signed in (with recovery code)" in staff.actions()


def test_new_recovery_codes_void_the_old_ones(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.add_app(uyun)
    old = recovery_codes(staff, uyun)
    recovery_codes(staff, uyun)
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, old[0])


def test_recovery_code_of_another_person_does_not_count(staff: Staff) -> None:
    uyun = staff.preparer()
    staff.add_app(uyun)
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, recovery_codes(staff, 1)[0])


def test_recovery_codes_alone_are_no_second_factor(staff: Staff) -> None:
    altan = staff.hire("altan", Role.APPROVER, by=staff.manager())
    recovery_codes(staff, altan)
    with staff.store.reading() as work, pytest.raises(SecondFactorWanted):
        second_factors.require(work, account_rows.person(work, altan))
    assert staff.sign_in("altan").complete


# Passkeys.


def test_passkey_completes_the_sign_in(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    step = staff.sign_in("uyun")
    assert (step.complete, step.app, step.passkey) == (False, False, True)
    assert staff.resume(show_device(staff, step.token, device).token).complete
    show_device(staff, staff.sign_in("uyun").token, device)
    with staff.store.reading() as work:
        (held,) = account_rows.passkeys(work, uyun)
    assert (held.name, held.sign_count, held.last_used_at) == ("phone", 2, staff.now)
    assert base64url.encode(held.credential_id) == json.loads(device.get(asked_to_show(staff, uyun)))["id"]


def test_passkey_that_keeps_no_counter_is_taken(staff: Staff) -> None:
    device = add_passkey(staff, staff.preparer(), Authenticator(step=0))
    for _ in range(2):
        show_device(staff, staff.sign_in("uyun").token, device)


def test_options_ask_for_user_verification(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    made = json.loads(asked_to_register(staff, uyun))
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert [each["id"] for each in made["excludeCredentials"]] == [json.loads(device.create(json.dumps(made)))["id"]]
    shown = json.loads(asked_to_show(staff, uyun))
    assert shown["userVerification"] == "required"
    assert len(shown["challenge"]) == 43


def test_cloned_passkey_is_found_out_by_its_counter(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    clone = device.cloned()
    show_device(staff, staff.sign_in("uyun").token, device)
    with pytest.raises(SignInRefused, match="there may be a copy"):
        show_device(staff, staff.sign_in("uyun").token, clone)
    assert "uyun: passkey suspected (counter 1 after 1)" in staff.actions()
    # Nobody knows which of the two is the copy, so neither is taken any more.
    with pytest.raises(SignInRefused):
        show_device(staff, staff.sign_in("uyun").token, device)


def test_suspected_passkey_does_not_leave_the_password_alone(staff: Staff) -> None:
    uyun = staff.preparer()
    codes = recovery_codes(staff, uyun)
    device = add_passkey(staff, uyun, Authenticator(counter=5))
    device.counter = 0
    with pytest.raises(SignInRefused, match="copy"):
        show_device(staff, staff.sign_in("uyun").token, device)
    step = staff.sign_in("uyun")
    assert (step.complete, step.passkey) == (False, False)
    assert staff.resume(staff.show_code(step.token, codes[0]).token).complete


def test_strangers_guess_does_not_bring_a_passkey_under_suspicion(staff: Staff) -> None:
    device = add_passkey(staff, staff.preparer(), Authenticator(counter=5))
    with pytest.raises(SignInRefused, match="not the one"):
        show_device(staff, staff.sign_in("uyun").token, Authenticator(credential_id=device.credential_id))
    show_device(staff, staff.sign_in("uyun").token, device)


def test_answer_counts_once(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    answer = device.get(asked_to_show(staff, uyun))
    show(staff, staff.sign_in("uyun").token, answer)
    with pytest.raises(SignInRefused, match="no challenge waits"):
        show(staff, staff.sign_in("uyun").token, answer)
    asked_to_show(staff, uyun)
    with pytest.raises(SignInRefused, match="not the one"):
        show(staff, staff.sign_in("uyun").token, answer)


def test_wrong_answer_uses_up_the_challenge(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    asked = asked_to_show(staff, uyun)
    token = staff.sign_in("uyun").token
    with pytest.raises(SignInRefused):
        show(staff, token, Authenticator().get(asked))
    with pytest.raises(SignInRefused, match="no challenge waits"):
        show(staff, token, device.get(asked))


def test_challenge_expires_and_a_newer_one_voids_it(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    older = asked_to_show(staff, uyun)
    asked_to_show(staff, uyun)
    with pytest.raises(SignInRefused):
        show(staff, staff.sign_in("uyun").token, device.get(older))
    asked = asked_to_show(staff, uyun)
    staff.wait(minutes=5)
    with pytest.raises(SignInRefused, match="no challenge waits"):
        show(staff, staff.sign_in("uyun").token, device.get(asked))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"origin": "https://issuer.example.gov.cn.evil.example"},
        {"origin": "http://issuer.example.gov.cn"},
        {"verified": False},
    ],
    ids=str,
)
def test_passkey_of_another_site_or_without_finger_is_refused(staff: Staff, spoilt: dict[str, Any]) -> None:
    uyun = staff.preparer()
    with pytest.raises(SignInRefused):
        add_passkey(staff, uyun, Authenticator(**spoilt))
    device = replace(add_passkey(staff, uyun), **spoilt)
    with pytest.raises(SignInRefused):
        show_device(staff, staff.sign_in("uyun").token, device)


def test_answer_for_another_host_is_refused(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    asked = {**json.loads(asked_to_show(staff, uyun)), "rpId": "evil.example"}
    with pytest.raises(SignInRefused):
        show(staff, staff.sign_in("uyun").token, device.get(json.dumps(asked)))


def test_passkey_of_another_person_is_refused(staff: Staff) -> None:
    uyun = staff.preparer()
    add_passkey(staff, uyun)
    managers = add_passkey(staff, 1)
    with pytest.raises(SignInRefused, match="not the one"):
        show(staff, staff.sign_in("uyun").token, managers.get(asked_to_show(staff, uyun)))
    with pytest.raises(SignInRefused, match="registered already"):
        add_passkey(staff, uyun, managers)


def test_challenge_for_registering_is_not_one_for_signing_in(staff: Staff) -> None:
    uyun = staff.preparer()
    device = add_passkey(staff, uyun)
    asked = {"rpId": PARTY.id, "challenge": json.loads(asked_to_register(staff, uyun))["challenge"]}
    with pytest.raises(SignInRefused, match="no challenge waits"):
        show(staff, staff.sign_in("uyun").token, device.get(json.dumps(asked)))


def malformed(credential_id: str, data: str) -> str:
    parts = dict.fromkeys(("authenticatorData", "attestationObject", "signature"), data)
    response = {"clientDataJSON": "e30", **parts}
    return json.dumps({"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response})


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 5000,
        "x" * 40_000,
        json.dumps({"id": 1, "rawId": 1, "type": "public-key", "response": {}}),
        malformed("AA", "oA"),
        malformed("A", "A"),
    ],
    ids=["nothing", "list", "empty", "null", "deep", "long", "numbers", "cbor", "base64url"],
)
def test_malformed_answer_is_refused(staff: Staff, answer: str) -> None:
    uyun = staff.preparer()
    asked_to_register(staff, uyun)
    with pytest.raises(SignInRefused, match="does not fit"):
        register(staff, uyun, answer)
    add_passkey(staff, uyun)
    asked_to_show(staff, uyun)
    with pytest.raises(SignInRefused, match="not the one"):
        show(staff, staff.sign_in("uyun").token, answer)


def test_there_are_ten_passkeys_at_most(staff: Staff) -> None:
    uyun = staff.preparer()
    for _ in range(10):
        add_passkey(staff, uyun)
    with pytest.raises(NotReady, match="has 10 passkeys"):
        asked_to_register(staff, uyun)


# Who must have one.


def test_last_factor_of_an_approver_cannot_be_taken_out(staff: Staff) -> None:
    altan = staff.hire("altan", Role.APPROVER, by=staff.manager())
    staff.add_app(altan)
    with pytest.raises(SecondFactorWanted, match="must keep one"), staff.store.writing() as work:
        second_factors.remove_app(work, account_rows.person(work, altan), occasion=staff.occasion)
    add_passkey(staff, altan)
    with staff.store.writing() as work:
        assert work.session.get(Totp, altan) is not None
        second_factors.remove_app(work, account_rows.person(work, altan), occasion=staff.occasion)
        (held,) = account_rows.passkeys(work, altan)
    with pytest.raises(SecondFactorWanted):
        passkeys.remove(staff.store, altan, held.id or 0, occasion=staff.occasion)
    with pytest.raises(NotFound):
        passkeys.remove(staff.store, 1, held.id or 0, occasion=staff.occasion)


def test_preparer_may_take_out_the_last_factor(staff: Staff) -> None:
    uyun = staff.preparer()
    add_passkey(staff, uyun)
    with staff.store.reading() as work:
        (held,) = account_rows.passkeys(work, uyun)
    passkeys.remove(staff.store, uyun, held.id or 0, occasion=staff.occasion)
    assert staff.sign_in("uyun").complete
    assert staff.actions()[-2:] == ["uyun: passkey removed", "uyun: signed in"]


def test_approver_acts_only_with_a_second_factor(staff: Staff) -> None:
    altan = staff.hire("altan", Role.APPROVER, by=staff.manager())
    token = staff.sign_in("altan").token
    with pytest.raises(SecondFactorWanted):
        sign_in.officer(staff.store, staff.keystore, token=token, occasion=staff.occasion)
    app = staff.add_app(altan)
    with pytest.raises(SessionOver, match="second factor was not shown"):
        sign_in.officer(staff.store, staff.keystore, token=staff.sign_in("altan").token, occasion=staff.occasion)
    token = staff.show_code(staff.sign_in("altan").token, app.at(staff.now)).token
    assert sign_in.officer(staff.store, staff.keystore, token=token, occasion=staff.occasion).name == "altan"


@pytest.mark.parametrize("code", ["", "\ud800", "١٢٣٤٥٦", "x" * 5000, "12345"])
def test_what_is_no_code_is_refused(staff: Staff, code: str) -> None:
    uyun = staff.preparer()
    staff.add_app(uyun)
    recovery_codes(staff, uyun)
    with pytest.raises(SignInRefused):
        staff.show_code(staff.sign_in("uyun").token, code)
