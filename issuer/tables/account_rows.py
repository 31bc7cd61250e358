"""What is asked of the tables about the issuer's own people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, delete, select

from issuer.errors import NotFound
from issuer.tables.account_models import (
    AuditLine,
    Challenge,
    FailedAttempts,
    Invitation,
    Passkey,
    Person,
    RecoveryCode,
    Role,
    SignInSession,
    Standing,
    Totp,
)
from issuer.tables.work import LARGEST_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from issuer.tables.store import Work

_CHUNK = 500


def roles(person: Person) -> frozenset[Role]:
    """Return a person's roles."""
    return frozenset(Role(each) for each in person.roles.split(",") if each)


def number(person: Person) -> int:
    """Return the number of a stored person."""
    if person.id is None:
        raise NotFound(f"person {person.login}: not stored yet")
    return person.id


# People.


def person(work: Work, person_id: int) -> Person:
    """Return a person; raises `NotFound`."""
    found = work.numbered(Person, person_id)
    if found is None:
        raise NotFound(f"person: got {person_id}, wanted the number of one who is listed here")
    return found


def person_of(work: Work, person_id: int, agency: int) -> Person:
    """Return a person of an agency; one of another agency is not found either."""
    found = person(work, person_id)
    if found.agency != agency:
        raise NotFound(f"person: got {person_id}, wanted the number of one who is listed here")
    return found


def person_called(work: Work, login: str) -> Person | None:
    """Return the person with a login name."""
    return work.session.exec(select(Person).where(Person.login == login)).first()


def key_holder(work: Work, key_name: str) -> Person | None:
    """Return whose key this is."""
    return work.session.exec(select(Person).where(Person.key_name == key_name)).first()


def signer_name(work: Work, key_name: str) -> str:
    """Return for people who signed with a key: name and login of its holder, its own name where it has none."""
    person = key_holder(work, key_name)
    return key_name if person is None else f"{person.display_name} ({person.login})"


def people(work: Work, agency: int | None = None) -> list[Person]:
    """Return an agency's people, or all, by login name."""
    query = select(Person).order_by(col(Person.login))
    if agency is not None:
        query = query.where(Person.agency == agency)
    return list(work.session.exec(query))


def active_with(work: Work, agency: int, role: Role) -> list[Person]:
    """Return the active people of an agency who have a role."""
    return [each for each in people(work, agency) if each.standing == Standing.ACTIVE and role in roles(each)]


def invitation(work: Work, token_digest: bytes) -> Invitation | None:
    """Return the invitation with a token."""
    return work.session.exec(select(Invitation).where(Invitation.token_digest == token_digest)).first()


def drop_invitations(work: Work, person_id: int) -> None:
    """Make a person's unused invitations void."""
    work.session.exec(
        delete(Invitation).where(col(Invitation.person_id) == person_id, col(Invitation.used_at).is_(None))
    )


# Second factors.


def totp(work: Work, person_id: int) -> Totp | None:
    """Return a person's authenticator app, confirmed or not."""
    return work.session.get(Totp, person_id)


def passkeys(work: Work, person_id: int) -> list[Passkey]:
    """Return a person's passkeys, oldest first, those under suspicion among them."""
    return list(work.session.exec(select(Passkey).where(Passkey.person_id == person_id).order_by(col(Passkey.id))))


def passkey(work: Work, credential_id: bytes) -> Passkey | None:
    """Return the passkey with a credential id, whosever it is."""
    return work.session.exec(select(Passkey).where(Passkey.credential_id == credential_id)).first()


def challenge(work: Work, person_id: int, purpose: str) -> Challenge | None:
    """Return the challenge that waits for an answer."""
    return work.session.get(Challenge, (person_id, purpose))


def recovery_codes(work: Work, person_id: int) -> list[RecoveryCode]:
    """Return a person's recovery codes, used ones among them."""
    return list(work.session.exec(select(RecoveryCode).where(RecoveryCode.person_id == person_id)))


def drop_recovery_codes(work: Work, person_id: int) -> None:
    """Forget a person's recovery codes."""
    work.session.exec(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))


def drop_second_factors(work: Work, person_id: int) -> None:
    """Forget all that a person has besides the password."""
    for table in (Totp, Passkey, Challenge, RecoveryCode):
        work.session.exec(delete(table).where(col(table.person_id) == person_id))


# Sessions and attempts.


def session(work: Work, token_digest: bytes) -> SignInSession | None:
    """Return the session with a token."""
    return work.session.get(SignInSession, token_digest)


def sessions(work: Work, person_id: int) -> list[SignInSession]:
    """Return a person's sessions, the one last used first."""
    return list(
        work.session.exec(
            select(SignInSession)
            .where(SignInSession.person_id == person_id)
            .order_by(col(SignInSession.last_seen_at).desc())
        )
    )


def drop_sessions_before(work: Work, *, created: datetime, seen: datetime) -> None:
    """Forget sessions that began, or were last used, before these moments."""
    work.session.exec(
        delete(SignInSession).where(
            (col(SignInSession.created_at) < created) | (col(SignInSession.last_seen_at) < seen)
        )
    )


def failed_attempts(work: Work, subject: bytes) -> FailedAttempts | None:
    """Return how often somebody failed in a row."""
    return work.session.get(FailedAttempts, subject)


def drop_failed_attempts_before(work: Work, last: datetime) -> None:
    """Forget those who failed last before a moment."""
    work.session.exec(delete(FailedAttempts).where(col(FailedAttempts.last_at) < last))


def delete_row(work: Work, row: SignInSession | Passkey | Totp | Challenge | FailedAttempts) -> None:
    """Take a row out, within the transaction."""
    work.session.delete(row)
    work.session.flush()


# The log of actions.


def last_line(work: Work) -> AuditLine | None:
    """Return the newest line."""
    return work.session.exec(select(AuditLine).order_by(col(AuditLine.id).desc()).limit(1)).first()


def lines(work: Work, *, agency: int | None = None, after: int = 0) -> Iterator[AuditLine]:
    """Yield the lines, or those of an agency, in their order; a few hundred at a time are in memory."""
    while True:
        query = select(AuditLine).where(AuditLine.id > after).order_by(col(AuditLine.id)).limit(_CHUNK)
        if agency is not None:
            query = query.where(AuditLine.agency == agency)
        chunk = list(work.session.exec(query))
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1].id
        # Otherwise the session would keep every line that was ever read.
        for line in chunk:
            work.session.expunge(line)


def newest_lines(
    work: Work,
    *,
    agency: int | None = None,
    before: int = LARGEST_ID,
    most: int = 100,
    who: str = "",
    what: str = "",
) -> list[AuditLine]:
    """Return the newest lines, or those of an agency, newest first, a page at a time.

    `who` asks for the lines of one person, whether they did it or it was done to them; `what` for one kind of action.
    """
    query = select(AuditLine).where(AuditLine.id < before).order_by(col(AuditLine.id).desc()).limit(most)
    if agency is not None:
        query = query.where(AuditLine.agency == agency)
    if who:
        query = query.where((col(AuditLine.who) == who) | (col(AuditLine.subject) == who))
    if what:
        query = query.where(AuditLine.what == what)
    return list(work.session.exec(query))


def kinds_of_actions(work: Work, agency: int) -> list[str]:
    """Return which kinds of actions an agency's lines tell of."""
    return sorted(work.session.exec(select(AuditLine.what).where(AuditLine.agency == agency).distinct()))
