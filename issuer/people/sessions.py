"""Browsers in which somebody is signed in.

A session is a row here and a random token of 256 bits there. The database holds the token's digest alone, so a copy of
it lets nobody in. Two more things are made from the token and stored nowhere: the value against cross-site requests,
and the key that opens `sealed_secret`, so that an officer's key can sign as long as the browser asks, and not after.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chain import base64url
from issuer import vocabulary
from issuer.errors import FreshSignInWanted, NotAllowed, RoleMissing, SessionOver
from issuer.tables import account_rows
from issuer.tables.account_models import Role, SignInSession, Standing
from issuer.vault import Key, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.audit_log import Occasion
    from issuer.tables.account_models import Person
    from issuer.tables.store import Store, Work

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
UNFINISHED = timedelta(minutes=10)
"""How long a session waits for the second factor."""
FRESH = timedelta(minutes=5)
_TOUCHED_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, as far as a session shows."""

    token_digest: bytes
    person_id: int
    agency: int
    login: str
    display_name: str
    roles: frozenset[Role]
    complete: bool
    """Whether all factors were shown."""
    fresh_until: datetime | None
    """Until when approving and revoking need no new sign-in; None if it was never shown in this session."""
    csrf: str
    """What a form must bring along."""

    def require(self, *roles: Role) -> None:
        """Refuse somebody who has none of these roles."""
        if not self.roles & set(roles):
            raise RoleMissing(self.login, vocabulary.role_msgids(self.roles), vocabulary.role_msgids(roles))

    def require_fresh(self, now: datetime) -> None:
        """Refuse a session that has not shown lately who is there; raises `FreshSignInWanted`."""
        if self.fresh_until is None or now >= self.fresh_until:
            raise FreshSignInWanted(
                f"{self.login} last signed in too long ago for this; wanted within {FRESH.seconds // 60} minutes"
            )

    def require_csrf(self, presented: str) -> None:
        """Refuse a form that was not made for this session."""
        if not hmac.compare_digest(self.csrf.encode(), presented.encode(errors="replace")):
            raise NotAllowed("the form was not made for this session; open the page again")


def begin(
    work: Work,
    person: Person,
    *,
    complete: bool,
    secret: bytes | None,
    occasion: Occasion,
    entropy: Callable[[int], bytes],
    began: datetime | None = None,
) -> str:
    """Store a new session and return its token; `secret` opens the officer's key.

    `began` is when the one began that it goes on from: a new token must not prolong the day.
    """
    raw = entropy(_TOKEN_BYTES)
    row = SignInSession(
        token_digest=_digest(raw),
        person_id=account_rows.number(person),
        agency=person.agency,
        complete=complete,
        source=occasion.source,
        created_at=occasion.now if began is None else began,
        last_seen_at=occasion.now,
        fresh_at=occasion.now if complete else None,
    )
    if secret is not None:
        row.sealed_secret = _seal(raw, row, secret, entropy)
    work.add(row)
    work.flush()
    return base64url.encode(raw)


def resume(store: Store, token: str, occasion: Occasion) -> SignedIn:
    """Return who is asking, complete or not; raises `SessionOver`."""
    with store.reading() as work:
        row, person = find(work, token, occasion.now)
        found = _signed_in(row, person, token)
        stale = occasion.now - row.last_seen_at >= _TOUCHED_EVERY
    if stale:
        with store.writing() as work:
            row, person = find(work, token, occasion.now)
            row.last_seen_at = occasion.now
    return found


def require_complete(store: Store, token: str, occasion: Occasion) -> SignedIn:
    """Return who is asking; raises `SessionOver` for a session that still wants its second factor, too."""
    found = resume(store, token, occasion)
    if not found.complete:
        raise SessionOver("the second factor was not shown yet")
    return found


def find(work: Work, token: str, now: datetime) -> tuple[SignInSession, Person]:
    """Return a session that counts, and whose it is; raises `SessionOver`."""
    try:
        row = account_rows.session(work, _digest(base64url.decode(token)))
    except ValueError as exc:
        raise SessionOver("not signed in") from exc
    if row is None:
        raise SessionOver("not signed in, or signed out")
    longest = ABSOLUTE if row.complete else UNFINISHED
    if now >= row.created_at + longest or now >= row.last_seen_at + IDLE:
        raise SessionOver("signed in too long ago")
    person = account_rows.person(work, row.person_id)
    if person.standing != Standing.ACTIVE or person.agency != row.agency:
        raise SessionOver("the account is not active")
    return row, person


def put_secret(work: Work, token: str, secret: bytes, *, now: datetime, entropy: Callable[[int], bytes]) -> None:
    """Keep what opens the officer's key for this session."""
    row, _ = find(work, token, now)
    row.sealed_secret = _seal(base64url.decode(token), row, secret, entropy)


def secret(work: Work, token: str, now: datetime) -> bytes | None:
    """Return what opens the officer's key; None if this session never had the password."""
    row, _ = find(work, token, now)
    if row.sealed_secret is None:
        return None
    return _sealing_key(base64url.decode(token)).decrypt(row.sealed_secret, _place(row))


def end(work: Work, token_digest: bytes) -> None:
    """Sign out; nothing happens where it was done already."""
    row = account_rows.session(work, token_digest)
    if row is not None:
        account_rows.delete_row(work, row)


def end_all(work: Work, person_id: int, *, but: bytes | None = None) -> int:
    """Sign a person out everywhere, or everywhere but in one session; returns how many ended."""
    ending = [each for each in account_rows.sessions(work, person_id) if each.token_digest != but]
    for row in ending:
        account_rows.delete_row(work, row)
    return len(ending)


def digest(token: str) -> bytes:
    """Return under which a session is stored; raises `SessionOver` for what is no token."""
    try:
        return _digest(base64url.decode(token))
    except ValueError as exc:
        raise SessionOver("not signed in") from exc


def sweep(work: Work, now: datetime) -> None:
    """Take out sessions that are over; they would not be taken anyway."""
    account_rows.drop_sessions_before(work, created=now - ABSOLUTE, seen=now - IDLE)


def _signed_in(row: SignInSession, person: Person, token: str) -> SignedIn:
    return SignedIn(
        token_digest=row.token_digest,
        person_id=row.person_id,
        agency=row.agency,
        login=person.login,
        display_name=person.display_name,
        roles=account_rows.roles(person),
        complete=row.complete,
        fresh_until=None if row.fresh_at is None else row.fresh_at + FRESH,
        csrf=base64url.encode(_made_from(base64url.decode(token), b"yinxin cross-site value")),
    )


def _seal(raw: bytes, row: SignInSession, secret: bytes, entropy: Callable[[int], bytes]) -> bytes:
    return _sealing_key(raw).encrypt(secret, _place(row), entropy=entropy)


def _sealing_key(raw: bytes) -> Key:
    return Key(_made_from(raw, b"yinxin session key"))


def _made_from(raw: bytes, purpose: bytes) -> bytes:
    return hmac.digest(raw, purpose, hashlib.sha256)


def _digest(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _place(row: SignInSession) -> Place:
    return Place("sign_in_session", "sealed_secret", row.token_digest.hex())
