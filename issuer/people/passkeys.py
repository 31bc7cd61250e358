"""Passkeys (WebAuthn): a key in a person's device that answers only to our own site, with finger, face or PIN.

A challenge is stored here, is answered once, right or wrong, and lives for five minutes. A counter that does not go up
means that there may be a copy of the key: from then on the passkey is not taken, until its owner takes it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import webauthn
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from issuer import audit_log
from issuer.errors import NotFound, NotReady, SignInRefused
from issuer.people import second_factors
from issuer.tables import account_rows
from issuer.tables.account_models import Challenge, Passkey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from issuer.audit_log import Occasion
    from issuer.tables.account_models import Person
    from issuer.tables.store import Store, Work

ANSWERED_WITHIN = timedelta(minutes=5)
MOST = 10
_CHALLENGE_BYTES = 32
_LONGEST_RESPONSE = 32_768
_LONGEST_NAME = 60
_REGISTER, _AUTHENTICATE = "register", "authenticate"
# What the library lets through, besides its own errors, when a stranger's bytes are of other kinds than it expects.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey answers to."""

    id: str
    """The host name, without scheme and port."""
    name: str
    origins: tuple[str, ...]
    """As browsers write them: `https://issuer.example.gov.cn`."""


def registration_options(
    work: Work, person: Person, party: RelyingParty, *, now: datetime, entropy: Callable[[int], bytes]
) -> str:
    """Return what the page gives to `navigator.credentials.create`, as JSON; raises `NotReady` for too many."""
    held = account_rows.passkeys(work, account_rows.number(person))
    if len(held) >= MOST:
        raise NotReady(f"{person.login} has {len(held)} passkeys; take one out before another one is put in")
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_name=person.login,
        user_display_name=person.display_name,
        # It must not be personal, since devices show it to others; it must be the same for a person's passkeys.
        user_id=f"person-{person.id}".encode(),
        challenge=_new_challenge(work, person, _REGISTER, now=now, entropy=entropy),
        timeout=int(ANSWERED_WITHIN.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in held],
    )
    return webauthn.options_to_json(options)


def register(
    store: Store, person_id: int, party: RelyingParty, response: str, *, name: str, occasion: Occasion
) -> None:
    """Store a new passkey as the browser answered; raises `SignInRefused`."""
    challenge = _take_challenge(store, person_id, _REGISTER, occasion.now)
    try:
        verified = webauthn.verify_registration_response(
            credential=_bounded(response),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except _MALFORMED as exc:
        raise SignInRefused(f"passkey: the browser's answer does not fit ({type(exc).__name__})") from exc
    with store.writing() as work:
        person = account_rows.person(work, person_id)
        if account_rows.passkey(work, verified.credential_id) is not None:
            raise SignInRefused("passkey: it is registered already")
        work.add(
            Passkey(
                person_id=person_id,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                name=name.strip()[:_LONGEST_NAME],
                created_at=occasion.now,
            )
        )
        audit_log.add(work, occasion, "passkey added", who=person, subject=person.login)


def authentication_options(
    work: Work, person: Person, party: RelyingParty, *, now: datetime, entropy: Callable[[int], bytes]
) -> str:
    """Return what the page gives to `navigator.credentials.get`, as JSON."""
    held = account_rows.passkeys(work, account_rows.number(person))
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=_new_challenge(work, person, _AUTHENTICATE, now=now, entropy=entropy),
        timeout=int(ANSWERED_WITHIN.total_seconds() * 1000),
        allow_credentials=[
            PublicKeyCredentialDescriptor(id=each.credential_id) for each in held if each.suspected_at is None
        ],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def check(store: Store, person_id: int, party: RelyingParty, response: str, *, occasion: Occasion) -> None:
    """Take a passkey's answer, once; raises `SignInRefused`."""
    challenge = _take_challenge(store, person_id, _AUTHENTICATE, occasion.now)
    with store.writing() as work:
        copied = _check(work, person_id, party, response, challenge=challenge, occasion=occasion)
    if copied:
        raise SignInRefused("passkey: its counter went back, so there may be a copy of it; it is not taken any more")


def remove(store: Store, person_id: int, passkey_id: int, *, occasion: Occasion) -> None:
    """Take out a person's passkey; raises `SecondFactorWanted` if it is the last factor of one who must have one."""
    with store.writing() as work:
        person = account_rows.person(work, person_id)
        for each in account_rows.passkeys(work, person_id):
            if each.id == passkey_id:
                account_rows.delete_row(work, each)
                second_factors.require_left(work, person)
                audit_log.add(work, occasion, "passkey removed", who=person, subject=person.login)
                return
    raise NotFound(f"passkey: got {passkey_id}, wanted one of {person.login}'s")


def _check(
    work: Work, person_id: int, party: RelyingParty, response: str, *, challenge: bytes, occasion: Occasion
) -> bool:
    """Return whether the passkey turned out to be copied; otherwise its answer is taken."""
    refused = SignInRefused("passkey: it is not the one")
    try:
        credential = parse_authentication_credential_json(_bounded(response))
        held = account_rows.passkey(work, credential.raw_id)
        if held is None or held.person_id != person_id or held.suspected_at is not None:
            raise refused
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=held.public_key,
            # The library would refuse a counter that went back before it looks at the signature, and so without
            # telling a copy from a stranger's guess. So the counter is compared below, once the signature is right.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _MALFORMED as exc:
        raise refused from exc
    if max(held.sign_count, verified.new_sign_count) > 0 and verified.new_sign_count <= held.sign_count:
        held.suspected_at = occasion.now
        person = account_rows.person(work, person_id)
        detail = f"counter {verified.new_sign_count} after {held.sign_count}"
        audit_log.add(work, occasion, "passkey suspected", who=person, subject=person.login, detail=detail)
        return True
    held.sign_count = verified.new_sign_count
    held.last_used_at = occasion.now
    return False


def _new_challenge(
    work: Work, person: Person, purpose: str, *, now: datetime, entropy: Callable[[int], bytes]
) -> bytes:
    person_id = account_rows.number(person)
    held = account_rows.challenge(work, person_id, purpose)
    if held is not None:
        account_rows.delete_row(work, held)
    made = entropy(_CHALLENGE_BYTES)
    work.add(Challenge(person_id=person_id, purpose=purpose, challenge=made, expires_at=now + ANSWERED_WITHIN))
    work.flush()
    return made


def _take_challenge(store: Store, person_id: int, purpose: str, now: datetime) -> bytes:
    """Return the challenge that waits, which is gone for good before its answer is looked at."""
    with store.writing() as work:
        held = account_rows.challenge(work, person_id, purpose)
        if held is not None:
            account_rows.delete_row(work, held)
    if held is None or now >= held.expires_at:
        raise SignInRefused("passkey: no challenge waits for this answer; open the page again")
    return held.challenge


def _bounded(response: str) -> str:
    if len(response) > _LONGEST_RESPONSE:
        raise ValueError(f"got {len(response)} characters, wanted at most {_LONGEST_RESPONSE}")
    return response
