"""People's accounts: invited, accepted, changed, locked, closed.

Nobody signs up. A manager invites people of the own agency; the command line, or a member of the council, invites an
agency's first manager, and again only while no manager is active. What a person may sign is not decided here but by
the registry, which lists the addresses of officers' keys.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import base64url
from chain.errors import InvalidInput
from issuer import audit_log
from issuer.errors import NotAllowed, NotReady, SignInRefused
from issuer.people import attempts, own_keys, second_factors, sessions
from issuer.people.passwords import require_acceptable
from issuer.tables import account_rows
from issuer.tables.account_models import Invitation, Person, Role, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from issuer.audit_log import Occasion
    from issuer.keys import Keystore
    from issuer.people.passwords import Passwords
    from issuer.tables.store import Store, Work

COUNCIL = 0
"""The agency of those who are of no agency."""
INVITATION_COUNTS_FOR = timedelta(days=7)
_TOKEN_BYTES = 32
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who can choose a password now."""

    person_id: int
    token: str
    """For the link; shown now and never again."""
    expires_at: datetime


def invite(
    store: Store,
    keystore: Keystore,
    *,
    by: int | None,
    agency: int,
    login: str,
    display_name: str,
    roles: Collection[Role],
    occasion: Occasion,
    entropy: Callable[[int], bytes],
    key: str | None = None,
    key_shared: bool = False,
) -> Invited:
    """Make an account that waits for its person; `by` is who invites, None on the command line.

    `key` names an officer's key that is here already and passes to the person, who alone opens it from then on;
    with `key_shared` the keystore folder's password still does, too. Both are for the command line only; an existing
    key may be handed over whether the agency has a manager or not. Raises
    `NotAllowed`, or `InvalidInput` where something is in no right form.
    """
    login = login.strip().casefold()
    _check_form(login, display_name, agency, roles)
    if (key is not None or key_shared) and by is not None:
        raise NotAllowed("a key that is here already is handed over on the command line only")
    with store.writing() as work:
        # Whoever hands over a key could sign with it before, so this slips nobody in.
        inviter = None if key is not None else _require_may_manage(work, by, agency, roles)
        if account_rows.person_called(work, login) is not None:
            raise InvalidInput(f"login name: got {login}, which somebody has; wanted another")
        person = Person(
            login=login,
            display_name=display_name.strip(),
            agency=agency,
            roles=_joined(roles),
            standing=Standing.INVITED,
            key_name=None if agency == COUNCIL else _key_name(work, keystore, agency, login, key),
            key_shared=key_shared,
            created_at=occasion.now,
        )
        work.add(person)
        work.flush()
        audit_log.add(work, occasion, "invited", who=_name(inviter), agency=agency, subject=login, detail=person.roles)
        return _new_invitation(work, person, inviter, occasion, entropy)


def invite_again(
    store: Store,
    keystore: Keystore,
    *,
    by: int | None,
    person_id: int,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> Invited:
    """Start an account anew whose invitation has expired, or whose person has lost password or second factor.

    Password, second factors and sessions are gone. So is the key, since only the password opened it: the person gets
    a new one, which a manager must have listed by the registry. A key that was here before stays with the account only
    where the operator invites again, who handed it over: a manager, who holds the link, would sign with it alone.
    """
    with store.writing() as work:
        person, inviter = _managed(work, by, person_id)
        _require_not_closed(person)
        is_lost = person.key_secret is not None and not person.key_shared
        if is_lost or (by is not None and person.key_name in {each.name for each in keystore.officers()}):
            person.key_name = _key_name(work, keystore, person.agency, person.login, None)
            person.key_address, person.key_shared = None, False
        person.key_derivation = person.key_secret = person.password_hash = person.password_changed_at = None
        person.standing = Standing.INVITED
        account_rows.drop_second_factors(work, person_id)
        sessions.end_all(work, person_id)
        audit_log.add(work, occasion, "invited again", who=_name(inviter), agency=person.agency, subject=person.login)
        return _new_invitation(work, person, inviter, occasion, entropy)


def invited(store: Store, token: str, now: datetime) -> Person:
    """Return whom an invitation is for, to greet them; raises `SignInRefused` if it does not count."""
    with store.reading() as work:
        return _invited(work, token, now)[1]


def accept(
    store: Store,
    keystore: Keystore,
    passwords: Passwords,
    *,
    token: str,
    password: str,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
    display_name: str = "",
) -> Person:
    """Choose a password, once; the account is active then. Raises `SignInRefused` or `PasswordRefused`.

    `display_name`, if it is given, is how the person writes the own name.
    """
    person = invited(store, token, occasion.now)
    if display_name:
        _check_name(display_name)
    require_acceptable(password, login=person.login)
    hashed = passwords.hash(password)
    secret = wrapped = None
    if person.key_name is not None:
        secret = own_keys.new_secret(keystore, person, entropy)
        wrapped = own_keys.wrap(person, secret, passwords=passwords, password=password, entropy=entropy)
    with store.writing() as work:
        invitation, person = _invited(work, token, occasion.now)
        invitation.used_at = occasion.now
        person.standing = Standing.ACTIVE
        person.display_name = display_name.strip() or person.display_name
        person.password_hash = hashed
        person.password_changed_at = occasion.now
        if wrapped is not None:
            person.key_derivation, person.key_secret = wrapped
        audit_log.add(work, occasion, "invitation accepted", who=person, subject=person.login)
    if secret is not None:
        person.key_address = own_keys.settle(store, keystore, person, secret)
    return person


def change_password(
    store: Store,
    passwords: Passwords,
    *,
    token: str,
    old: str,
    new: str,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
) -> None:
    """Change the password of who is signed in, who is signed out everywhere else.

    What the password checks and what it opens change in one transaction. Raises `SignInRefused`, `TooManyAttempts`,
    `PasswordRefused` or `SessionOver`.
    """
    signed_in = sessions.require_complete(store, token, occasion)
    require_acceptable(new, login=signed_in.login)
    with store.writing() as work:
        attempts.count(work, attempts.by_name(signed_in.login), now=occasion.now)
        person = account_rows.person(work, signed_in.person_id)
    held = person.password_hash
    if not passwords.verify(old, held):
        with store.writing() as work:
            audit_log.add(work, occasion, "password not changed", who=person, subject=person.login)
        raise SignInRefused("the old password is not the one")
    if passwords.verify(new, held):
        raise NotReady("the new password is the old one; wanted another")
    hashed = passwords.hash(new)
    secret = own_keys.unwrap(person, passwords=passwords, password=old)
    wrapped = None
    if secret is not None:
        wrapped = own_keys.wrap(person, secret, passwords=passwords, password=new, entropy=entropy)
    with store.writing() as work:
        _, person = sessions.find(work, token, occasion.now)
        if person.password_hash != held:
            raise NotReady("the password was changed elsewhere meanwhile; sign in with the new one")
        person.password_hash = hashed
        person.password_changed_at = occasion.now
        if wrapped is not None:
            person.key_derivation, person.key_secret = wrapped
        attempts.succeeded(work, attempts.by_name(person.login))
        sessions.end_all(work, signed_in.person_id, but=signed_in.token_digest)
        audit_log.add(work, occasion, "password changed", who=person, subject=person.login)


def set_roles(store: Store, *, by: int | None, person_id: int, roles: Collection[Role], occasion: Occasion) -> None:
    """Change what a person's pages offer; raises `NotAllowed`, also for the own roles."""
    with store.writing() as work:
        person, manager = _managed(work, by, person_id, roles)
        _require_not_closed(person)
        _check_form(person.login, person.display_name, person.agency, roles)
        before, person.roles = person.roles, _joined(roles)
        audit_log.add(
            work,
            occasion,
            "roles changed",
            who=_name(manager),
            agency=person.agency,
            subject=person.login,
            detail=f"{before} → {person.roles}",
        )


def set_standing(store: Store, *, by: int | None, person_id: int, standing: Standing, occasion: Occasion) -> None:
    """Lock a person out, let them in again, or close the account for good; they are signed out everywhere.

    Raises `NotAllowed`, also for the own account, or `NotReady`.
    """
    with store.writing() as work:
        person, manager = _managed(work, by, person_id)
        _require_not_closed(person)
        match standing:
            case Standing.INVITED:
                raise InvalidInput("standing: got INVITED, which only an invitation makes")
            case Standing.ACTIVE | Standing.LOCKED if person.password_hash is None:
                raise NotReady(f"{person.login} has not accepted the invitation yet; invite again, or close")
            case Standing.CLOSED:
                # What opened the key goes, so that nobody can sign with it any more.
                person.key_derivation = person.key_secret = person.password_hash = None
                account_rows.drop_invitations(work, person_id)
                account_rows.drop_second_factors(work, person_id)
            case Standing.ACTIVE | Standing.LOCKED:
                pass
        person.standing = standing
        sessions.end_all(work, person_id)
        if standing == Standing.ACTIVE:
            attempts.succeeded(work, attempts.by_name(person.login), attempts.by_second_factor(person.login))
        what = f"account {standing.lower()}"
        audit_log.add(work, occasion, what, who=_name(manager), agency=person.agency, subject=person.login)


def _check_form(login: str, display_name: str, agency: int, roles: Collection[Role]) -> None:
    if not _LOGIN.fullmatch(login):
        raise InvalidInput(
            f"login name: got «{login[:60]}», wanted 2 to 40 of a–z, 0–9, dot, underline, hyphen, beginning with a "
            "letter or digit"
        )
    _check_name(display_name)
    if not roles:
        raise InvalidInput("roles: got none, wanted at least one")
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        raise InvalidInput(f"roles: got {_joined(roles)}; an auditor only reads, and has no other role")
    allowed = {Role.COUNCIL_MEMBER, Role.AUDITOR} if agency == COUNCIL else set(Role) - {Role.COUNCIL_MEMBER}
    if wrong := set(roles) - allowed:
        raise InvalidInput(
            f"roles: got {_joined(wrong)}, which {'the council' if agency == COUNCIL else 'an agency'} does not have"
        )


def _check_name(display_name: str) -> None:
    length = len(display_name.strip())
    if not 0 < length <= _LONGEST_NAME or not display_name.isprintable():
        raise InvalidInput(f"name: got {length} characters, wanted 1 to {_LONGEST_NAME} that can be printed")


def _require_may_manage(
    work: Work, by: int | None, agency: int, roles: Collection[Role] = (), *, person_id: int | None = None
) -> Person | None:
    """Refuse whoever may not invite or change people of an agency; returns who does it.

    `person_id` is who is changed, if that is somebody already: an agency whose only manager is helpless has none.
    """
    manager = None
    if by is not None:
        manager = account_rows.person(work, by)
        if manager.standing != Standing.ACTIVE:
            raise NotAllowed(f"{manager.login}'s account is not active")
        second_factors.require(work, manager)
        held = account_rows.roles(manager)
        leading = Role.COUNCIL_MEMBER if agency == COUNCIL else Role.AGENCY_MANAGER
        if manager.agency == agency and leading in held:
            return manager
        if Role.COUNCIL_MEMBER not in held:
            raise NotAllowed(f"{manager.login} is no manager of this agency")
    # The council and the operator help where nobody else can, and must not slip people into an agency otherwise.
    leading = Role.COUNCIL_MEMBER if agency == COUNCIL else Role.AGENCY_MANAGER
    if any(each.id != person_id for each in account_rows.active_with(work, agency, leading)):
        raise NotAllowed("the agency has a manager, who invites and changes its people")
    if roles and leading not in roles:
        raise NotAllowed(f"the agency has no manager yet; wanted is one first ({leading})")
    return manager


def _managed(work: Work, by: int | None, person_id: int, roles: Collection[Role] = ()) -> tuple[Person, Person | None]:
    """Return (who is changed, who changes); another agency's people are not found."""
    person = account_rows.person(work, person_id)
    if by == person_id:
        raise NotAllowed("nobody changes the own account's roles or standing; another manager does")
    if by is not None:
        manager = account_rows.person(work, by)
        if Role.COUNCIL_MEMBER not in account_rows.roles(manager):
            person = account_rows.person_of(work, person_id, manager.agency)
    return person, _require_may_manage(work, by, person.agency, roles, person_id=person_id)


def _new_invitation(
    work: Work, person: Person, inviter: Person | None, occasion: Occasion, entropy: Callable[[int], bytes]
) -> Invited:
    person_id = account_rows.number(person)
    account_rows.drop_invitations(work, person_id)
    raw = entropy(_TOKEN_BYTES)
    expires_at = occasion.now + INVITATION_COUNTS_FOR
    work.add(
        Invitation(
            person_id=person_id,
            token_digest=hashlib.sha256(raw).digest(),
            invited_by=_name(inviter),
            created_at=occasion.now,
            expires_at=expires_at,
        )
    )
    return Invited(person_id, base64url.encode(raw), expires_at)


def _invited(work: Work, token: str, now: datetime) -> tuple[Invitation, Person]:
    refused = SignInRefused("the invitation does not count: it was used, has expired, or never was; ask for another")
    try:
        held = account_rows.invitation(work, hashlib.sha256(base64url.decode(token)).digest())
    except ValueError as exc:
        raise refused from exc
    if held is None or held.used_at is not None or now >= held.expires_at:
        raise refused
    person = account_rows.person(work, held.person_id)
    if person.standing != Standing.INVITED:
        raise refused
    return held, person


def _key_name(work: Work, keystore: Keystore, agency: int, login: str, key: str | None) -> str:
    """Return the name of a key that is to be handed over, or one that no key has yet."""
    if key is not None:
        account = keystore.account(key)
        if account.agency != agency or account_rows.key_holder(work, key) is not None:
            raise NotAllowed(f"key {key}: it is of agency {account.agency}, or somebody has it; wanted a free one")
        return key
    taken = {account.name for account in keystore.officers()}
    names = (login if count == 1 else f"{login}-{count}" for count in range(1, len(taken) + 3))
    return next(name for name in names if name not in taken and account_rows.key_holder(work, name) is None)


def _require_not_closed(person: Person) -> None:
    if person.standing == Standing.CLOSED:
        raise NotReady(f"{person.login}'s account is closed for good; invite the person under another login name")


def _joined(roles: Collection[Role]) -> str:
    return ",".join(sorted(set(roles)))


def _name(person: Person | None) -> str:
    return person.login if person is not None else audit_log.OPERATOR
