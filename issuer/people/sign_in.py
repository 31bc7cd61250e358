"""Signing in: the password, then the second factor, then whoever it is may act for as long as it is fresh.

Whatever is wrong, the answer is the same, and takes as long: a name that nobody has is checked against a decoy, and is
counted like one that somebody has. Every attempt is in the log of actions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from issuer import audit_log
from issuer.errors import FreshSignInWanted, SignInRefused
from issuer.people import attempts, own_keys, passkeys, second_factors, sessions
from issuer.tables import account_rows
from issuer.tables.account_models import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.audit_log import Occasion
    from issuer.keys import Keystore, Officer
    from issuer.people.passkeys import RelyingParty
    from issuer.people.passwords import Passwords
    from issuer.tables.account_models import Person
    from issuer.tables.store import Store, Work
    from issuer.vault import Key

NOBODY = "nobody"
"""Who is named in the log where no account has the name; what was typed may be a password, so it is not kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far somebody has come."""

    token: str
    """For the cookie. Each step gives a new one, and the one before counts no more."""
    complete: bool
    app: bool
    """Where it is not complete: whether a code of an app is taken; a recovery code always is."""
    passkey: bool


def with_password(
    store: Store,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> Step:
    """Take the first step; raises `SignInRefused` or `TooManyAttempts`."""
    login = login.strip().casefold().encode(errors="replace").decode()
    name, source = attempts.by_name(login), attempts.by_source(occasion.source)
    with store.writing() as work:
        attempts.count(work, name, source, now=occasion.now)
        person = account_rows.person_called(work, login)
        held = _hash_of(person)
    if not passwords.verify(password, held) or person is None:
        with store.writing() as work:
            _note_failure(work, person, "password", occasion, name, source)
        raise _refused()
    secret = own_keys.unwrap(person, passwords=passwords, password=password)
    renewed = passwords.hash(password) if held is not None and passwords.is_outdated(held) else None
    with store.writing() as work:
        person = account_rows.person(work, account_rows.number(person))
        # It may have been changed or locked while the hash was computed.
        if _hash_of(person) != held:
            raise _refused()
        if renewed is not None:
            person.password_hash = renewed
        attempts.not_failed(work, source)
        return _first_step(work, person, secret, occasion, entropy)


def by_identity_provider(store: Store, *, login: str, occasion: Occasion, entropy: Callable[[int], bytes]) -> Step:
    """Take the first step for somebody whom a trusted provider has named; raises `SignInRefused`.

    The provider does not open the officer's key: whoever is to sign types the password as well (`confirm_password`).
    """
    with store.writing() as work:
        person = account_rows.person_called(work, login.strip().casefold())
        if person is not None and person.standing == Standing.ACTIVE:
            return _first_step(work, person, None, occasion, entropy)
        _note_failure(work, person, "identity provider", occasion)
    raise _refused()


def with_code(
    store: Store, *, key: Key, token: str, code: str, occasion: Occasion, entropy: Callable[[int], bytes]
) -> Step:
    """Take the second step with an app's code or a recovery code; raises `SignInRefused` or `TooManyAttempts`."""

    def check(person_id: int) -> str:
        with store.writing() as work:
            person = account_rows.person(work, person_id)
            return second_factors.check_code(work, person, code, key=key, now=occasion.now)

    return _second_step(store, token, check, occasion, entropy)


def with_passkey(
    store: Store,
    *,
    party: RelyingParty,
    token: str,
    response: str,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> Step:
    """Take the second step with a passkey; raises `SignInRefused` or `TooManyAttempts`."""

    def check(person_id: int) -> str:
        passkeys.check(store, person_id, party, response, occasion=occasion)
        return "passkey"

    return _second_step(store, token, check, occasion, entropy)


def confirm_password(
    store: Store,
    passwords: Passwords,
    *,
    token: str,
    password: str,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> None:
    """Show the password again within a session, which opens the officer's key for it.

    That makes the session fresh for a person who has no second factor; others show that one (`with_code`,
    `with_passkey`). Raises `SignInRefused` or `TooManyAttempts`.
    """
    with store.writing() as work:
        _, person = sessions.find(work, token, occasion.now)
        attempts.count(work, attempts.by_name(person.login), now=occasion.now)
        held = _hash_of(person)
    if not passwords.verify(password, held):
        with store.writing() as work:
            _note_failure(work, person, "password again", occasion, attempts.by_name(person.login))
        raise _refused()
    secret = own_keys.unwrap(person, passwords=passwords, password=password)
    with store.writing() as work:
        row, person = sessions.find(work, token, occasion.now)
        if _hash_of(person) != held:
            raise _refused()
        attempts.succeeded(work, attempts.by_name(person.login))
        if secret is not None:
            sessions.put_secret(work, token, secret, now=occasion.now, entropy=entropy)
        if row.complete and not second_factors.is_enrolled(work, person):
            row.fresh_at = occasion.now
        audit_log.add(work, occasion, "password confirmed", who=person, subject=person.login)


def out(store: Store, *, token: str, occasion: Occasion, everywhere: bool = False) -> None:
    """Sign out, here or everywhere; raises `SessionOver` if that is done already."""
    with store.writing() as work:
        row, person = sessions.find(work, token, occasion.now)
        if everywhere:
            sessions.end_all(work, row.person_id)
        else:
            sessions.end(work, row.token_digest)
        what = "signed out everywhere" if everywhere else "signed out"
        audit_log.add(work, occasion, what, who=person, subject=person.login)


def officer(store: Store, keystore: Keystore, *, token: str, occasion: Occasion) -> Officer:
    """Open the key of the officer who is signed in, to sign what is approved or revoked now.

    Raises `SessionOver`, `SecondFactorWanted`, `FreshSignInWanted`, or `NotAllowed` for people who have no key.
    """
    signed_in = sessions.require_complete(store, token, occasion)
    signed_in.require_fresh(occasion.now)
    with store.reading() as work:
        person = account_rows.person(work, signed_in.person_id)
        second_factors.require(work, person)
        secret = sessions.secret(work, token, occasion.now)
    own_keys.key_name(person)
    if secret is None:
        raise FreshSignInWanted(f"{person.login} has not typed the password in this session, which opens the key")
    opened = own_keys.opened(store, keystore, person, secret)
    return replace(opened, login=person.login, source=occasion.source)


def _first_step(
    work: Work, person: Person, secret: bytes | None, occasion: Occasion, entropy: Callable[[int], bytes]
) -> Step:
    app, passkey = second_factors.has_app(work, person), second_factors.has_passkey(work, person)
    # Whoever has a factor shows it, whether the roles demand one or not.
    complete = not second_factors.is_enrolled(work, person)
    token = sessions.begin(work, person, complete=complete, secret=secret, occasion=occasion, entropy=entropy)
    if complete:
        attempts.succeeded(work, attempts.by_name(person.login))
    what = "signed in" if complete else "password accepted"
    audit_log.add(work, occasion, what, who=person, subject=person.login)
    return Step(token, complete, app, passkey)


def _second_step(
    store: Store,
    token: str,
    check: Callable[[int], str],
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> Step:
    """Have a factor checked; a session that was complete already becomes fresh."""
    with store.writing() as work:
        row, person = sessions.find(work, token, occasion.now)
        attempts.count(work, attempts.by_second_factor(person.login), now=occasion.now)
    try:
        how = check(row.person_id)
    except SignInRefused:
        with store.writing() as work:
            _note_failure(work, person, "second factor", occasion, attempts.by_second_factor(person.login))
        raise
    with store.writing() as work:
        row, person = sessions.find(work, token, occasion.now)
        secret = sessions.secret(work, token, occasion.now)
        what = "shown again who it is" if row.complete else "signed in"
        began = row.created_at if row.complete else occasion.now
        sessions.end(work, row.token_digest)
        fresh = sessions.begin(
            work, person, complete=True, secret=secret, occasion=occasion, entropy=entropy, began=began
        )
        attempts.succeeded(work, attempts.by_name(person.login), attempts.by_second_factor(person.login))
        audit_log.add(work, occasion, what, who=person, subject=person.login, detail=f"with {how}")
    return Step(fresh, complete=True, app=False, passkey=False)


def _hash_of(person: Person | None) -> str | None:
    """Return what a password is checked against; nothing for people who may not sign in."""
    return person.password_hash if person is not None and person.standing == Standing.ACTIVE else None


def _note_failure(work: Work, person: Person | None, what: str, occasion: Occasion, *counted: attempts.Subject) -> None:
    """Note a failure, and the delay that it brings; attempts within the delay are not made and so not noted."""
    subject = person.login if person is not None else NOBODY
    agency = person.agency if person is not None else None
    until = attempts.locked_until(work, *counted, now=occasion.now)
    detail = what if until is None else f"{what}; the next attempt counts from {until.isoformat(timespec='seconds')}"
    audit_log.add(work, occasion, "sign-in failed", who=NOBODY, agency=agency, subject=subject, detail=detail)


def _refused() -> SignInRefused:
    return SignInRefused("name, password or code are not the ones")
