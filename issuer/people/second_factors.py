"""What shows who somebody is besides the password: codes of an authenticator app, and recovery codes on paper.

Passkeys are the third kind (people/passkeys.py). Approvers, managers and members of the council must have an app or a
passkey before they may act; recovery codes do not count for that, since they run out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC
from typing import TYPE_CHECKING

import pyotp

from issuer import audit_log
from issuer.errors import NotReady, SecondFactorWanted, SignInRefused
from issuer.tables import account_rows
from issuer.tables.account_models import RecoveryCode, Role, Totp
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from issuer.audit_log import Occasion
    from issuer.tables.account_models import Person
    from issuer.tables.store import Work
    from issuer.vault import Key

DEMANDED_OF = frozenset({Role.APPROVER, Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER})
STEP_S = 30
RECOVERY_CODES = 10
_SECRET_BYTES = 20
_CODE_BYTES = 10
_EITHER_SIDE = 1
"""A clock may be off by so many steps."""
_DIGITS = 6


def is_demanded(person: Person) -> bool:
    """Whether a person's roles demand a second factor."""
    return bool(account_rows.roles(person) & DEMANDED_OF)


def has_one(work: Work, person: Person) -> bool:
    """Whether a person has a second factor that counts."""
    return has_app(work, person) or has_passkey(work, person)


def is_enrolled(work: Work, person: Person) -> bool:
    """Whether a person must show more than the password when signing in.

    A passkey under suspicion asks for that as well: otherwise a copy of it would open what it was to protect.
    """
    return has_app(work, person) or bool(account_rows.passkeys(work, account_rows.number(person)))


def has_app(work: Work, person: Person) -> bool:
    """Whether a person has an authenticator app that has shown a code."""
    app = account_rows.totp(work, account_rows.number(person))
    return app is not None and app.confirmed_at is not None


def has_passkey(work: Work, person: Person) -> bool:
    """Whether a person has a passkey that is not under suspicion."""
    return any(each.suspected_at is None for each in account_rows.passkeys(work, account_rows.number(person)))


def require(work: Work, person: Person) -> None:
    """Refuse to let somebody act whose roles demand a second factor, and who has none; raises `SecondFactorWanted`."""
    if is_demanded(person) and not has_one(work, person):
        raise SecondFactorWanted(
            f"{person.login} approves or manages, and has neither a passkey nor an authenticator app; wanted is one"
        )


def require_left(work: Work, person: Person) -> None:
    """Refuse to take the last factor from somebody who must have one; to be asked after the row is gone."""
    if is_demanded(person) and not has_one(work, person):
        raise SecondFactorWanted(f"{person.login} must keep one second factor; add another one first")


# Authenticator apps (RFC 6238).


def begin_app(work: Work, person: Person, *, key: Key, now: datetime, entropy: Callable[[int], bytes]) -> str:
    """Store a new secret, which counts once a code has confirmed it; returns the `otpauth:` URL for the app.

    `key` encrypts the secret: the database's master key. Raises `NotReady` if there is an app that counts.
    """
    person_id = account_rows.number(person)
    held = account_rows.totp(work, person_id)
    if held is not None and held.confirmed_at is not None:
        raise NotReady(f"{person.login} has an authenticator app; take it out before another one is put in")
    if held is not None:
        account_rows.delete_row(work, held)
    secret = entropy(_SECRET_BYTES)
    encrypted = key.encrypt(secret, _place(person_id), entropy=entropy)
    work.add(Totp(person_id=person_id, secret=encrypted, created_at=now))
    work.flush()
    return _app(secret).provisioning_uri(name=person.login, issuer_name="Yinxin")


def waiting_app(work: Work, person: Person, *, key: Key) -> str | None:
    """Return the `otpauth:` URL of an app that waits for its first code; None if none does."""
    app = account_rows.totp(work, account_rows.number(person))
    if app is None or app.confirmed_at is not None:
        return None
    return _app(key.decrypt(app.secret, _place(app.person_id))).provisioning_uri(
        name=person.login, issuer_name="Yinxin"
    )


def confirm_app(work: Work, person: Person, code: str, *, key: Key, occasion: Occasion) -> None:
    """Have a new app counted; raises `SignInRefused` unless the code is right."""
    app = account_rows.totp(work, account_rows.number(person))
    if app is None or app.confirmed_at is not None:
        raise NotReady(f"{person.login} has no authenticator app that waits for its first code")
    _take_step(app, "".join(code.split()), key=key, now=occasion.now)
    app.confirmed_at = occasion.now
    audit_log.add(work, occasion, "authenticator app added", who=person, subject=person.login)


def remove_app(work: Work, person: Person, *, occasion: Occasion) -> None:
    """Forget a person's app; raises `SecondFactorWanted` if it is the last factor of one who must have one."""
    app = account_rows.totp(work, account_rows.number(person))
    if app is not None:
        account_rows.delete_row(work, app)
        audit_log.add(work, occasion, "authenticator app removed", who=person, subject=person.login)
    require_left(work, person)


def check_code(work: Work, person: Person, code: str, *, key: Key, now: datetime) -> str:
    """Take an app's code or a recovery code, each once; returns which it was. Raises `SignInRefused`."""
    plain = "".join(code.split()).replace("-", "").lower()
    if len(plain) == _DIGITS and plain.isdecimal():
        app = account_rows.totp(work, account_rows.number(person))
        if app is None or app.confirmed_at is None:
            raise SignInRefused("the code is not the one")
        _take_step(app, plain, key=key, now=now)
        return "app"
    _take_recovery_code(work, person, plain, now)
    return "recovery code"


def _take_step(app: Totp, code: str, *, key: Key, now: datetime) -> None:
    otp = _app(key.decrypt(app.secret, _place(app.person_id)))
    today = int(now.astimezone(UTC).timestamp()) // STEP_S
    for step in range(today - _EITHER_SIDE, today + _EITHER_SIDE + 1):
        # A code that was taken once is known to whoever looked over the shoulder, so older ones do not count either.
        if step > app.last_step and hmac.compare_digest(otp.at(step * STEP_S).encode(), code.encode()):
            app.last_step = step
            return
    raise SignInRefused("the code is not the one")


def _app(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), digits=_DIGITS, interval=STEP_S)


# Recovery codes.


def new_recovery_codes(
    work: Work, person: Person, *, occasion: Occasion, entropy: Callable[[int], bytes]
) -> tuple[str, ...]:
    """Make ten codes and void those there were; shown now and never again, since only their digests are kept."""
    person_id = account_rows.number(person)
    account_rows.drop_recovery_codes(work, person_id)
    codes = [base64.b32encode(entropy(_CODE_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    for code in codes:
        work.add(RecoveryCode(person_id=person_id, digest=_recovery_digest(person_id, code)))
    audit_log.add(work, occasion, "recovery codes made", who=person, subject=person.login)
    return tuple("-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes)


def recovery_codes_left(work: Work, person: Person) -> int:
    """Return how many codes were not used yet."""
    return sum(each.used_at is None for each in account_rows.recovery_codes(work, account_rows.number(person)))


def _take_recovery_code(work: Work, person: Person, code: str, now: datetime) -> None:
    person_id = account_rows.number(person)
    wanted = _recovery_digest(person_id, code)
    for each in account_rows.recovery_codes(work, person_id):
        if each.digest == wanted and each.used_at is None:
            each.used_at = now
            return
    raise SignInRefused("the code is not the one")


def _recovery_digest(person_id: int, code: str) -> bytes:
    # 80 random bits need no stretching.
    return hashlib.sha256(f"yinxin recovery code\n{person_id}\n{code}".encode(errors="replace")).digest()


def _place(person_id: int) -> Place:
    return Place("totp", "secret", str(person_id))
